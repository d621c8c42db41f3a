/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages. Every one is a datagram that says all there is to say by then, so one that is lost
 * is made good by the next. It is sent without waiting and without a connection: no daemon, or one
 * that does not read, costs pppd nothing but the message, and another one soon.
 */
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 2048,
	ABSENT_MS = 5000, /* between attempts, while nobody listens */
	BUSY_MS = 50      /* while somebody does, and has not read all there is yet */
};

struct message {
	char text[MESSAGE_MAX];
	size_t size;
};

static char default_socket[] = UPLINKD_PPP_SOCKET;
static char *socket_path = default_socket;
static int sender = -1;
static int complained;

option_t tell_options[] = {
	{ "uplinkd-socket", o_string, &socket_path, "Socket of uplinkd", OPT_PRIV },
	{ NULL },
};

/* --- writing ---------------------------------------------------------------------------------- */

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

static void add_negotiated(struct message *message, const struct session *session)
{
	if (session->carries4) {
		add_address4(message, "local", ipcp_gotoptions[0].ouraddr);
		add_address4(message, "remote", ipcp_hisoptions[0].hisaddr);
		add_address4(message, "dns1", ipcp_gotoptions[0].dnsaddr[0]);
		add_address4(message, "dns2", ipcp_gotoptions[0].dnsaddr[1]);
	}
	if (session->carries6) {
		add_address6(message, "local6", &ipv6cp_gotoptions[0].ourid);
		add_address6(message, "remote6", &ipv6cp_hisoptions[0].hisid);
	}
	if (session->carries4 || session->carries6) {
		add(message, "mtu", "%d", ppp_get_mtu(0));
		add(message, "mru", "%d", lcp_gotoptions[0].mru);
	}
}

static const char *up_text(const struct session *session)
{
	if (session->carries4)
		return session->carries6 ? "46" : "4";
	return session->carries6 ? "6" : "none";
}

/* --- sending ---------------------------------------------------------------------------------- */

/* pppd may be setuid root, and what the kernel would tell is who has called it. */
static void add_credentials(struct msghdr *header)
{
	const struct ucred we = { .pid = getpid(), .uid = geteuid(), .gid = getegid() };
	struct cmsghdr *control = CMSG_FIRSTHDR(header);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_CREDENTIALS;
	control->cmsg_len = CMSG_LEN(sizeof(we));
	memcpy(CMSG_DATA(control), &we, sizeof(we));
}

/* 0 or -1. */
static int deliver(struct message *message)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct iovec part = { message->text, message->size };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control = { .bytes = { 0 } };
	struct msghdr header = { .msg_name = &address,
				 .msg_namelen = sizeof(address),
				 .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.bytes) };

	if (strlen(socket_path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, socket_path);
	if (sender < 0)
		sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sender < 0)
		return -1;
	add_credentials(&header);
	return sendmsg(sender, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* Once is enough: a daemon that is not there may be meant not to be. */
static void complain(int error)
{
	if (complained)
		return;
	complained = 1;
	dbglog("uplinkd: cannot tell %s: %s, trying on", socket_path, strerror(error));
}

static void on_retry(void *session)
{
	tell(session, "phase", "");
}

void tell(struct session *session, const char *event, const char *phase_text)
{
	struct message message = { .size = 0 };
	const char *parameter = ppp_ipparam(), *name = ppp_ifname();
	int error;

	add(&message, "event", "%s", event);
	add(&message, "interface", "%s", name ? name : "");
	add(&message, "phase", "%s", phase_text);
	add(&message, "pid", "%d", (int)getpid());
	add(&message, "persist", "%d", ppp_persist() ? 1 : 0);
	add(&message, "device", "%s", pppd_device());
	add(&message, "ipparam", "%s", parameter ? parameter : "");
	add(&message, "linkname", "%s", pppd_linkname());
	add(&message, "up", "%s", up_text(session));
	add_negotiated(&message, session);
	add(&message, "echo-lost", "%d", session->echo_told);
	add(&message, "end", "%s", session->end);
	pppd_untimeout(on_retry, session);
	if (deliver(&message) == 0) {
		complained = 0;
		return;
	}
	error = errno;
	complain(error);
	pppd_timeout(on_retry, session, error == EAGAIN ? BUSY_MS : ABSENT_MS);
}
