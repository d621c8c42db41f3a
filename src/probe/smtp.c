/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail server greets (220) and answers EHLO (250). Then it is told QUIT, as it would log a
 * connection that just ends, and its farewell is not waited for. Without a name to give, we
 * introduce ourselves by our address, as RFC 5321, section 4.1.4, has it.
 */
#include "probe/parse.h"
#include "probe/stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

struct smtp_state {
	struct stream stream;
	bool greeted;
};

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": our end of the connection. */
static int own_name(int fd, char *name, size_t room)
{
	union socket_address self = { 0 };
	socklen_t size = sizeof(self);
	struct ip_address ip;

	if (getsockname(fd, &self.any, &size) < 0)
		return -errno;
	ip = self.any.sa_family == AF_INET6 ? ip_make(AF_INET6, &self.v6.sin6_addr)
					    : ip_make(AF_INET, &self.v4.sin_addr);
	snprintf(name, room, ip.family == AF_INET6 ? "[IPv6:%s]" : "[%s]", ip_text(&ip).text);
	return 0;
}

static void introduce(struct probe *probe)
{
	struct smtp_state *smtp = probe->state;
	char name[IP_TEXT_MAX + 16], line[300];
	int r = 0, size;

	if (!probe->spec.host)
		r = own_name(probe->fd, name, sizeof(name));
	if (r < 0) {
		probe_end_error(probe, r);
		return;
	}
	smtp->greeted = true;
	size = snprintf(line, sizeof(line), "EHLO %s\r\n",
			probe->spec.host ? probe->spec.host : name);
	stream_send(probe, line, (size_t)size);
}

static void take_leave(struct probe *probe)
{
	static const char quit[] = "QUIT\r\n";

	if (stream_send(probe, quit, strlen(quit)))
		probe_end(probe, EVIDENCE_GOOD, "smtp 250");
}

static void read_reply(struct probe *probe)
{
	struct smtp_state *smtp = probe->state;
	unsigned code = 0;
	int size = smtp_reply(smtp->stream.data, smtp->stream.size, &code);

	if (size < 0)
		probe_end(probe, EVIDENCE_BAD, "answer is not smtp");
	else if (size == 0 && smtp->stream.ended)
		probe_end(probe, EVIDENCE_BAD, "connection closed");
	if (size <= 0)
		return;
	stream_use_up(&smtp->stream, (size_t)size);
	if (code != (smtp->greeted ? 250 : 220))
		probe_end(probe, EVIDENCE_BAD, "smtp %s %u", smtp->greeted ? "answer" : "greeting",
			  code);
	else if (smtp->greeted)
		take_leave(probe);
	else
		introduce(probe);
}

static void ready(struct probe *probe, uint32_t events)
{
	struct smtp_state *smtp = probe->state;

	if (stream_receive(probe, &smtp->stream))
		read_reply(probe);
}

static void connected(struct probe *probe)
{
	int r = socket_watch(probe, probe->fd, EPOLLIN, ready);

	if (r < 0)
		probe_end_error(probe, r);
}

static int smtp_start(struct probe *probe)
{
	memset(probe->state, 0, sizeof(struct smtp_state));
	return socket_dial(probe, connected);
}

static const char *smtp_error(const struct probe_spec *spec)
{
	if (spec->host && (strlen(spec->host) > 255 || strpbrk(spec->host, "\r\n ")))
		return "not a name for EHLO";
	return NULL;
}

const struct probe_method probe_smtp = {
	.name = "smtp",
	.state_size = sizeof(struct smtp_state),
	.error = smtp_error,
	.start = smtp_start,
};
