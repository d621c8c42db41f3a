/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The plugin for pppd: tells uplinkd what pppd knows and the kernel does not, see uplinkd-pppd(8).
 * Here is what pppd notifies of, and what is heard of LCP besides; the messages are in tell.c, and
 * the reasons of an end in end.c.
 *
 * pppd loads plugins into its own space of names, so only what it looks for is visible.
 */
#include "session.h"

#include <string.h>

enum {
	ECHO_PATIENCE_MS = 1000, /* an answer to an LCP echo request is missed after this long */
	PROTOCOL_LCP = 0xc021,
	PACKET_HEADER = 4 /* address, control, protocol */
};

#define VISIBLE __attribute__((visibility("default")))

VISIBLE char pppd_version[] = PPPD_VERSION;

static struct session session;

static void (*send_hook)(unsigned char *packet, int size);
static void (*receive_hook)(unsigned char *packet, int size);

/* --- LCP -------------------------------------------------------------------------------------- */

static void tell_echo(int lost)
{
	if (session.echo_told == lost)
		return;
	session.echo_told = lost;
	tell(&session, "echo", "");
}

static void on_patience(void *unused)
{
	tell_echo(session.unanswered);
}

static void forget_echo(void)
{
	pppd_untimeout(on_patience, NULL);
	session.unanswered = session.echo_told = 0;
}

/* The LCP packet behind the header of a frame, or NULL. */
static const unsigned char *lcp_packet(const unsigned char *packet, int size)
{
	if (size < PACKET_HEADER + LCP_HEADER || (packet[2] << 8 | packet[3]) != PROTOCOL_LCP)
		return NULL;
	return packet + PACKET_HEADER;
}

static void on_sent(unsigned char *packet, int size)
{
	const unsigned char *lcp = lcp_packet(packet, size);

	if (lcp && lcp[0] == ECHOREQ) {
		session.unanswered++;
		pppd_untimeout(on_patience, NULL);
		pppd_timeout(on_patience, NULL, ECHO_PATIENCE_MS);
	}
	if (send_hook)
		send_hook(packet, size);
}

static void on_received(unsigned char *packet, int size)
{
	const unsigned char *lcp = lcp_packet(packet, size);

	if (lcp && lcp[0] == ECHOREP) {
		pppd_untimeout(on_patience, NULL);
		session.unanswered = 0;
		tell_echo(0);
	} else if (lcp && lcp[0] == TERMREQ && lcp_fsm[0].state == OPENED) {
		note_words(&session, lcp, size - PACKET_HEADER);
	}
	if (receive_hook)
		receive_hook(packet, size);
}

/* --- what pppd notifies of -------------------------------------------------------------------- */

/* When LCP goes, so does everything above it, one after the other: the first has it all to tell. */
static void end_session(void)
{
	if (!*session.end)
		note_end(&session);
	session.begun = session.carries4 = session.carries6 = 0;
	forget_echo();
}

static void on_ip_up(void *unused, int value)
{
	session.carries4 = 1;
	session.end[0] = '\0';
	tell(&session, "ip-up", "");
}

static void on_ip_down(void *unused, int value)
{
	session.carries4 = 0;
	if (is_closing(&session))
		end_session();
	tell(&session, "ip-down", "");
}

static void on_ipv6_up(void *unused, int value)
{
	session.carries6 = 1;
	session.end[0] = '\0';
	tell(&session, "ipv6-up", "");
}

static void on_ipv6_down(void *unused, int value)
{
	session.carries6 = 0;
	if (is_closing(&session))
		end_session();
	tell(&session, "ipv6-down", "");
}

/* Only of links whose peer had to authenticate itself. */
static void on_link_down(void *unused, int value)
{
	end_session();
	tell(&session, "link-down", "");
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
		tell(&session, "start", phase_text(phase_now));
		return;
	}
	if (phase_now == PHASE_TERMINATE)
		session.closing = 1;
	if (phase_now == PHASE_DEAD && session.begun)
		end_session();
	tell(&session, "phase", phase_text(phase_now));
}

static void on_exit_of_pppd(void *unused, int value)
{
	end_session();
	tell(&session, "exit", "");
}

VISIBLE void plugin_init(void);

void plugin_init(void)
{
	ppp_add_options(tell_options);
	send_hook = snoop_send_hook;
	receive_hook = snoop_recv_hook;
	snoop_send_hook = on_sent;
	snoop_recv_hook = on_received;
	ppp_add_notify(NF_PHASE_CHANGE, on_phase, NULL);
	ppp_add_notify(NF_IP_UP, on_ip_up, NULL);
	ppp_add_notify(NF_IP_DOWN, on_ip_down, NULL);
	ppp_add_notify(NF_IPV6_UP, on_ipv6_up, NULL);
	ppp_add_notify(NF_IPV6_DOWN, on_ipv6_down, NULL);
	ppp_add_notify(NF_LINK_DOWN, on_link_down, NULL);
	ppp_add_notify(NF_EXIT, on_exit_of_pppd, NULL);
}
