/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pppd is listened to: its plugin sends datagrams to RUNTIME_DIR/ppp, its hooks come by the
 * bus. Both are messages of the same kind, and end up in the same sessions, see sessions.c.
 */
#include "daemon/sessions.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	MESSAGE_MAX = 4096,
	BURST_MAX = 64 /* messages at once; the loop has others to serve */
};

/* --- the socket ------------------------------------------------------------------------------- */

/* Only root, or who we are, can be pppd; the socket's mode says the same. */
static bool sender_of(struct msghdr *header, struct ucred *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			memcpy(ret, CMSG_DATA(c), sizeof(*ret));
			return ret->uid == 0 || ret->uid == geteuid();
		}
	return false;
}

static void hear(struct daemon *d, const char *text, size_t size, const struct ucred *sender)
{
	struct ppp_message message;

	if (ppp_message_parse(text, size, &message) < 0) {
		log_debug("a message about PPP is malformed, ignoring");
		return;
	}
	message.pid = sender->pid;
	message.link = 0;
	sessions_take(d, &message, TELLER_PLUGIN);
}

/* False when there is nothing more. */
static bool receive(struct daemon *d)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[MESSAGE_MAX];
	struct iovec part = { text, sizeof(text) };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	struct ucred sender;
	ssize_t size = recvmsg(d->ppp->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (size < 0)
		return errno == EINTR;
	if (!(header.msg_flags & MSG_TRUNC) && sender_of(&header, &sender))
		hear(d, text, (size_t)size, &sender);
	return true;
}

static int on_message(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	for (int i = 0; i < BURST_MAX && receive(userdata); i++)
		;
	return 0;
}

static int open_socket(struct daemon *d)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ppp *ppp = d->ppp;
	const int yes = 1;

	if (strlen(ppp->path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, ppp->path);
	ppp->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ppp->fd < 0 || fchmod(ppp->fd, 0600) < 0 ||
	    setsockopt(ppp->fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
		return -errno;
	/* Whoever left it behind is gone: the runtime directory is ours. */
	if ((unlink(ppp->path) < 0 && errno != ENOENT) ||
	    bind(ppp->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return sd_event_add_io(d->event, &ppp->source, ppp->fd, EPOLLIN, on_message, d);
}

/* --- for the rest of the daemon --------------------------------------------------------------- */

int ppp_new(struct daemon *d, const char *runtime_dir)
{
	int r;

	d->ppp = calloc(1, sizeof(*d->ppp));
	if (!d->ppp)
		return log_oom();
	d->ppp->fd = -1;
	if (asprintf(&d->ppp->path, "%s/ppp", runtime_dir) < 0) {
		d->ppp->path = NULL;
		return log_oom();
	}
	if (asprintf(&d->ppp->kept_path, "%s/sessions", runtime_dir) < 0) {
		d->ppp->kept_path = NULL;
		return log_oom();
	}
	r = open_socket(d);
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot listen on %s", d->ppp->path);
	sessions_recall(d);
	return 0;
}

void ppp_free(struct ppp *ppp)
{
	if (!ppp)
		return;
	sessions_free(ppp);
	sd_event_source_unref(ppp->source);
	if (ppp->fd >= 0)
		unlink(ppp->path);
	closep(&ppp->fd);
	free(ppp->path);
	free(ppp->kept_path);
	free(ppp->kept);
	free(ppp);
}

int ppp_hook(struct daemon *d, const char *event, const char *interface, char *const *details)
{
	_cleanup_free_ char *text = NULL;
	struct ppp_message message;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	for (; details && *details; details++)
		fprintf(out, "%.*s\n", (int)strcspn(*details, "\n"), *details);
	fprintf(out, "event=%s\ninterface=%s\n", event, interface);
	if (fclose(out) != 0)
		return -ENOMEM;
	r = ppp_message_parse(text, size, &message);
	if (r < 0)
		return r;
	message.up = -1;
	message.link = 0;
	sessions_take(d, &message, TELLER_HOOK);
	return 0;
}
