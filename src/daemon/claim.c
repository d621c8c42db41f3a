/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The claim is an abstract socket: the kernel keeps their names by network namespace and drops
 * them with their holder. Anybody may take such a name, so whoever has it is asked for. A program
 * that a daemon was about to start when it was killed holds it for a moment longer.
 */
#include "daemon/claim.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0org.uplinkd1" };

enum {
	NAME_SIZE = offsetof(struct sockaddr_un, sun_path) + sizeof("\0org.uplinkd1") - 1,
	LEAVING_MS = 2000
};

/* Who has the name, and a connection to it; a negative errno when that cannot be known. */
static int find_holder(struct ucred *ret)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(*ret);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&name, NAME_SIZE) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Its process is gone, and the connection ends before long. */
static bool is_leaving(int fd, const struct ucred *holder)
{
	struct pollfd connection = { .fd = fd };

	return holder->pid > 0 && kill(holder->pid, 0) < 0 && errno == ESRCH &&
	       poll(&connection, 1, LEAVING_MS) > 0;
}

/* -EAGAIN: the name is free now. */
static int judge_holder(void)
{
	struct ucred holder = { 0 };
	_cleanup_close_ int fd = find_holder(&holder);

	if (fd < 0 || (holder.uid != 0 && holder.uid != geteuid())) {
		log_warning(
			"somebody else holds uplinkd's claim to this network namespace, ignoring");
		return 0;
	}
	if (is_leaving(fd, &holder))
		return -EAGAIN;
	log_error("another uplinkd (process %d) is at work in this network namespace", holder.pid);
	return -EADDRINUSE;
}

int claim_namespace(int *ret)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return log_errno(LOG_ERR, errno, "cannot claim the network namespace");
	while (bind(fd, (const struct sockaddr *)&name, NAME_SIZE) < 0) {
		if (errno != EADDRINUSE)
			return log_errno(LOG_ERR, errno, "cannot claim the network namespace");
		r = judge_holder();
		if (r == -EAGAIN)
			continue;
		*ret = -1;
		return r;
	}
	/* Nobody is ever accepted; who asks only looks whose it is, and waits in the backlog for
	 * ever. */
	if (listen(fd, SOMAXCONN) < 0)
		return log_errno(LOG_ERR, errno, "cannot claim the network namespace");
	*ret = TAKE_FD(fd);
	return 0;
}
