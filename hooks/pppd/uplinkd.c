/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plugin for pppd: tells uplinkd what pppd knows and the kernel does not, see uplinkd-pppd(8).
 * Every message is one datagram that says all there is to say by then, so one that is lost is made
 * good by the next. It is sent without waiting and without a connection: no daemon, or one that
 * does not read, costs pppd nothing but the message, and another one every few seconds.
 *
 * Why a session ended has to be put together: what the peer said when it ended it, what we said
 * when we did (LCP's reason, known before the packet is sent), else pppd's exit status, which is
 * set before in most cases only.
 */
#include "compat.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 2048,
	RETRY_S = 5,         /* while a session lasts that the daemon does not know of */
	ECHO_PATIENCE_S = 1, /* an answer to an LCP echo request is missed after this long */
	PROTOCOL_LCP = 0xc021,
	LCP_HEADER = 4,    /* code, id, length */
	PACKET_HEADER = 4, /* address, control, protocol */
	WORDS_MAX = 64     /* of what LCP says */
};

struct message {
	char text[MESSAGE_MAX];
	size_t size;
};

char pppd_version[] = PPPD_VERSION;

static char default_socket[] = UPLINKD_PPP_SOCKET;
static char *socket_path = default_socket;
static int sender = -1;
static int complained;

static struct {
	int carries4, carries6;
	int begun;      /* from when it is dialled until its end */
	int closing;    /* we end it */
	int unanswered; /* LCP echo requests in a row */
	int echo_told;  /* and how many of them were told of */
	char end[96];   /* why the last session ended; "" */
	char words[64]; /* the peer's, when it ended it */
} session;

static void (*send_hook)(unsigned char *packet, int size);
static void (*receive_hook)(unsigned char *packet, int size);

static option_t plugin_options[] = {
	{ "uplinkd-socket", o_string, &socket_path, "Socket of uplinkd", OPT_PRIV },
	{ NULL },
};

/* --- messages --------------------------------------------------------------------------------- */

static void add(struct message *message, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line; values of which nothing is known are left out, and what would end a line is not let in.
 */
static void add(struct message *message, const char *key, const char *format, ...)
{
	char value[512];
	size_t room = sizeof(message->text) - message->size;
	va_list args;
	int n;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (!*value)
		return;
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 0x7f)
			*p = '?';
	n = snprintf(message->text + message->size, room, "%s=%s\n", key, value);
	if (n > 0 && (size_t)n < room)
		message->size += (size_t)n;
}

static void add_address4(struct message *message, const char *key, uint32_t address)
{
	char text[INET_ADDRSTRLEN];

	if (address)
		add(message, key, "%s", inet_ntop(AF_INET, &address, text, sizeof(text)));
}

static void add_address6(struct message *message, const char *key, const eui64_t *id)
{
	struct in6_addr address = { .s6_addr = { 0xfe, 0x80 } };
	char text[INET6_ADDRSTRLEN];

	memcpy(address.s6_addr + 8, id, 8);
	add(message, key, "%s", inet_ntop(AF_INET6, &address, text, sizeof(text)));
}

static void add_negotiated(struct message *message)
{
	if (session.carries4) {
		add_address4(message, "local", ipcp_gotoptions[0].ouraddr);
		add_address4(message, "remote", ipcp_hisoptions[0].hisaddr);
		add_address4(message, "dns1", ipcp_gotoptions[0].dnsaddr[0]);
		add_address4(message, "dns2", ipcp_gotoptions[0].dnsaddr[1]);
	}
	if (session.carries6) {
		add_address6(message, "local6", &ipv6cp_gotoptions[0].ourid);
		add_address6(message, "remote6", &ipv6cp_hisoptions[0].hisid);
	}
	if (session.carries4 || session.carries6) {
		add(message, "mtu", "%d", ppp_get_mtu(0));
		add(message, "mru", "%d", lcp_gotoptions[0].mru);
	}
}

static void tell(const char *event, const char *phase);

static void on_retry(void *unused)
{
	tell("phase", "");
}

/* Once is enough: a daemon that is not there may be meant not to be. */
static void complain(void)
{
	if (complained)
		return;
	complained = 1;
	dbglog("uplinkd: cannot tell %s: %s, trying on", socket_path, strerror(errno));
}

/* 0 or -1. */
static int deliver(const struct message *message)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(socket_path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, socket_path);
	if (sender < 0)
		sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sender < 0)
		return -1;
	return sendto(sender, message->text, message->size, MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, sizeof(address)) < 0
		       ? -1
		       : 0;
}

static const char *up_text(void)
{
	if (session.carries4)
		return session.carries6 ? "46" : "4";
	return session.carries6 ? "6" : "none";
}

static void tell(const char *event, const char *phase_text)
{
	struct message message = { .size = 0 };
	const char *parameter = ppp_ipparam(), *name = ppp_ifname();

	add(&message, "event", "%s", event);
	add(&message, "interface", "%s", name ? name : "");
	add(&message, "phase", "%s", phase_text);
	add(&message, "pid", "%d", (int)getpid());
	add(&message, "persist", "%d", ppp_persist() ? 1 : 0);
	add(&message, "device", "%s", pppd_device());
	add(&message, "ipparam", "%s", parameter ? parameter : "");
	add(&message, "linkname", "%s", pppd_linkname());
	add(&message, "up", "%s", up_text());
	add_negotiated(&message);
	add(&message, "echo-lost", "%d", session.echo_told);
	add(&message, "end", "%s", session.end);
	pppd_untimeout(on_retry);
	if (deliver(&message) == 0) {
		complained = 0;
		return;
	}
	complain();
	if (session.begun)
		pppd_timeout(on_retry, RETRY_S);
}

/* --- why it ended ----------------------------------------------------------------------------- */

static const char *status_text(void)
{
	switch (pppd_status()) {
	case EXIT_OK:
		return "";
	case EXIT_USER_REQUEST:
		return "user request";
	case EXIT_OPEN_FAILED:
	case EXIT_CONNECT_FAILED:
		return "cannot connect";
	case EXIT_PTYCMD_FAILED:
		return "the pty command failed";
	case EXIT_NEGOTIATION_FAILED:
		return "negotiation failed";
	case EXIT_PEER_AUTH_FAILED:
		return "the peer failed to authenticate";
	case EXIT_IDLE_TIMEOUT:
		return "idle";
	case EXIT_CONNECT_TIME:
		return "connect time expired";
	case EXIT_PEER_DEAD:
		return "no echo replies";
	case EXIT_HANGUP:
		return "carrier lost";
	case EXIT_LOOPBACK:
		return "looped back";
	case EXIT_INIT_FAILED:
		return "the init script failed";
	case EXIT_AUTH_TOPEER_FAILED:
		return "authentication failed";
	default:
		return NULL;
	}
}

/* LCP's own words for what is known by others. */
static const char *translate(const char *words)
{
	static const struct {
		const char *lcp, *ours;
	} table[] = {
		{ "Peer not responding", "no echo replies" },
		{ "User request", "user request" },
		{ "Failed to authenticate ourselves to peer", "authentication failed" },
		{ "Authentication failed", "the peer failed to authenticate" },
		{ "Link inactive", "idle" },
		{ "Connect time expired", "connect time expired" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(words, table[i].lcp) == 0)
			return table[i].ours;
	return words;
}

static void note_status(void)
{
	const char *text = status_text();

	if (text)
		snprintf(session.end, sizeof(session.end), "%s", text);
	else
		snprintf(session.end, sizeof(session.end), "exit status %d", pppd_status());
}

/* Closed by us, LCP is still "opened" when those above it are told; else it is no more. */
static int is_closing(void)
{
	return session.closing || lcp_fsm[0].state != OPENED;
}

/* Only when we close LCP are its words about this session. */
static void note_end(void)
{
	const fsm *lcp = &lcp_fsm[0];
	char words[WORDS_MAX];

	if (*session.words) {
		snprintf(session.end, sizeof(session.end), "%s", session.words);
	} else if (session.closing && lcp->term_reason_len > 0) {
		snprintf(words, sizeof(words), "%.*s", lcp->term_reason_len, lcp->term_reason);
		snprintf(session.end, sizeof(session.end), "%s", translate(words));
	} else {
		note_status();
	}
}

/* --- LCP echo --------------------------------------------------------------------------------- */

static void tell_echo(int lost)
{
	if (session.echo_told == lost)
		return;
	session.echo_told = lost;
	tell("echo", "");
}

static void on_patience(void *unused)
{
	tell_echo(session.unanswered);
}

static void forget_echo(void)
{
	pppd_untimeout(on_patience);
	session.unanswered = session.echo_told = 0;
}

/* The LCP packet behind the header of a frame, or NULL. */
static const unsigned char *lcp_packet(const unsigned char *packet, int size)
{
	if (size < PACKET_HEADER + LCP_HEADER || (packet[2] << 8 | packet[3]) != PROTOCOL_LCP)
		return NULL;
	return packet + PACKET_HEADER;
}

static void note_words(const unsigned char *lcp, int size)
{
	int length = lcp[2] << 8 | lcp[3], words;

	if (length > size)
		length = size;
	words = length - LCP_HEADER;
	if (words > 0)
		snprintf(session.words, sizeof(session.words), "peer terminated: %.*s", words,
			 (const char *)lcp + LCP_HEADER);
	else
		snprintf(session.words, sizeof(session.words), "peer terminated");
}

static void on_sent(unsigned char *packet, int size)
{
	const unsigned char *lcp = lcp_packet(packet, size);

	if (lcp && lcp[0] == ECHOREQ) {
		session.unanswered++;
		pppd_untimeout(on_patience);
		pppd_timeout(on_patience, ECHO_PATIENCE_S);
	}
	if (send_hook)
		send_hook(packet, size);
}

static void on_received(unsigned char *packet, int size)
{
	const unsigned char *lcp = lcp_packet(packet, size);

	if (lcp && lcp[0] == ECHOREP) {
		pppd_untimeout(on_patience);
		session.unanswered = 0;
		tell_echo(0);
	} else if (lcp && lcp[0] == TERMREQ && lcp_fsm[0].state == OPENED) {
		note_words(lcp, size - PACKET_HEADER);
	}
	if (receive_hook)
		receive_hook(packet, size);
}

/* --- what pppd notifies of -------------------------------------------------------------------- */

/* When LCP goes, so does everything above it, one after the other: the first has it all to tell. */
static void end_session(void)
{
	if (!*session.end)
		note_end();
	session.begun = session.carries4 = session.carries6 = 0;
	forget_echo();
}

static void on_ip_up(void *unused, int value)
{
	session.carries4 = 1;
	session.end[0] = '\0';
	tell("ip-up", "");
}

static void on_ip_down(void *unused, int value)
{
	session.carries4 = 0;
	if (is_closing())
		end_session();
	tell("ip-down", "");
}

static void on_ipv6_up(void *unused, int value)
{
	session.carries6 = 1;
	session.end[0] = '\0';
	tell("ipv6-up", "");
}

static void on_ipv6_down(void *unused, int value)
{
	session.carries6 = 0;
	if (is_closing())
		end_session();
	tell("ipv6-down", "");
}

/* Only of links whose peer had to authenticate itself. */
static void on_link_down(void *unused, int value)
{
	end_session();
	tell("link-down", "");
}

static const char *phase_text(int phase_now)
{
	static const char *const texts[] = {
		[PHASE_DEAD] = "dead",
		[PHASE_INITIALIZE] = "initialize",
		[PHASE_SERIALCONN] = "serialconn",
		[PHASE_DORMANT] = "dormant",
		[PHASE_ESTABLISH] = "establish",
		[PHASE_AUTHENTICATE] = "authenticate",
		[PHASE_CALLBACK] = "callback",
		[PHASE_NETWORK] = "network",
		[PHASE_RUNNING] = "running",
		[PHASE_TERMINATE] = "terminate",
		[PHASE_DISCONNECT] = "disconnect",
		[PHASE_HOLDOFF] = "holdoff",
		[PHASE_MASTER] = "master",
	};

	if (phase_now < 0 || (size_t)phase_now >= sizeof(texts) / sizeof(texts[0]))
		return "";
	return texts[phase_now] ? texts[phase_now] : "";
}

/* A session that never came to be has an end that no other notification tells. */
static void on_phase(void *unused, int phase_now)
{
	if (phase_now == PHASE_SERIALCONN) {
		memset(&session, 0, sizeof(session));
		session.begun = 1;
		tell("start", phase_text(phase_now));
		return;
	}
	if (phase_now == PHASE_TERMINATE)
		session.closing = 1;
	if (phase_now == PHASE_DEAD && session.begun)
		end_session();
	tell("phase", phase_text(phase_now));
}

static void on_exit_of_pppd(void *unused, int value)
{
	end_session();
	tell("exit", "");
}

/* It has gone into the background. */
static void on_pid(void *unused, int value)
{
	tell("phase", "");
}

void plugin_init(void);

void plugin_init(void)
{
	ppp_add_options(plugin_options);
	send_hook = snoop_send_hook;
	receive_hook = snoop_recv_hook;
	snoop_send_hook = on_sent;
	snoop_recv_hook = on_received;
	ppp_add_notify(NF_PHASE_CHANGE, on_phase, NULL);
	ppp_add_notify(NF_PID_CHANGE, on_pid, NULL);
	ppp_add_notify(NF_IP_UP, on_ip_up, NULL);
	ppp_add_notify(NF_IP_DOWN, on_ip_down, NULL);
	ppp_add_notify(NF_IPV6_UP, on_ipv6_up, NULL);
	ppp_add_notify(NF_IPV6_DOWN, on_ipv6_down, NULL);
	ppp_add_notify(NF_LINK_DOWN, on_link_down, NULL);
	ppp_add_notify(NF_EXIT, on_exit_of_pppd, NULL);
}
