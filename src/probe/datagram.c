/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that send one datagram and wait for another. What ICMP says of the one that was sent is
 * asked for (IP_RECVERR), as it is an answer: nothing will come, so why wait.
 */
#include "probe/datagram.h"

#include <errno.h>
#include <sys/epoll.h>

static int want_errors(const struct probe_spec *spec, int fd)
{
	const int on = 1;
	int r = spec->target.family == AF_INET6
			? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
			: setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));

	return r < 0 ? -errno : 0;
}

int datagram_send(struct probe *probe, int fd, const void *data, size_t size,
		  void (*ready)(struct probe *probe, uint32_t events))
{
	int r;

	if (fd < 0)
		return fd;
	r = socket_watch(probe, fd, EPOLLIN, ready);
	r = r < 0 ? r : want_errors(&probe->spec, fd);
	if (r < 0)
		return r;
	return send(fd, data, size, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

bool datagram_receive(struct probe *probe, void *data, size_t room, size_t *ret_size)
{
	ssize_t size = recv(probe->fd, data, room, 0);

	if (size < 0 && errno != EAGAIN && errno != EINTR)
		probe_end_error(probe, errno);
	if (size < 0)
		return false;
	*ret_size = (size_t)size;
	return true;
}
