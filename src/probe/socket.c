/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of checks. What fails before anything was sent (no route, no such device, no more
 * descriptors) is told from what the network answers: the one is returned as an error, which means
 * that the check cannot be sent, the other ends the check.
 */
#include "probe/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

static socklen_t socket_address(const struct ip_address *ip, uint16_t port,
				union socket_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = ip->family;
	if (ip->family == AF_INET6) {
		ret->v6.sin6_port = htons(port);
		memcpy(&ret->v6.sin6_addr, ip->bytes, sizeof(ret->v6.sin6_addr));
		return sizeof(ret->v6);
	}
	ret->v4.sin_port = htons(port);
	memcpy(&ret->v4.sin_addr, ip->bytes, sizeof(ret->v4.sin_addr));
	return sizeof(ret->v4);
}

/* The port is chosen as late as without a source: when the other side is known. */
static int bind_source(const struct probe_spec *spec, int fd)
{
	const int on = 1;
	union socket_address address;
	socklen_t size = socket_address(&spec->source, 0, &address);

	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, &address.any, size) < 0 ? -errno : 0;
}

int socket_open(const struct probe_spec *spec, int type, int protocol)
{
	_cleanup_close_ int fd =
		socket(spec->target.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0)
		return -errno;
	if (spec->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec->device,
				       (socklen_t)strlen(spec->device)) < 0)
		return -errno;
	if (spec->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &spec->mark, sizeof(spec->mark)) < 0)
		return -errno;
	if (ip_is_set(&spec->source)) {
		int r = bind_source(spec, fd);

		if (r < 0)
			return r;
	}
	return TAKE_FD(fd);
}

int socket_connect(const struct probe_spec *spec, int type, int protocol)
{
	_cleanup_close_ int fd = socket_open(spec, type, protocol);
	union socket_address address;
	socklen_t size = socket_address(&spec->target, spec->port, &address);

	if (fd < 0)
		return fd;
	if (connect(fd, &address.any, size) < 0 && errno != EINPROGRESS)
		return -errno;
	return TAKE_FD(fd);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct probe *probe = userdata;

	probe->ready(probe, events);
	return 0;
}

int socket_watch(struct probe *probe, int fd, uint32_t events,
		 void (*ready)(struct probe *probe, uint32_t events))
{
	int r;

	probe->fd = fd;
	probe->ready = ready;
	if (probe->io)
		return sd_event_source_set_io_events(probe->io, events);
	r = sd_event_add_io(probe->probes->event, &probe->io, fd, events, on_io, probe);
	return r < 0 ? r : sd_event_source_set_priority(probe->io, PROBE_PRIORITY);
}

int socket_take(struct probe *probe)
{
	probe->io = sd_event_source_disable_unref(probe->io);
	return TAKE_FD(probe->fd);
}

void socket_close(struct probe *probe)
{
	int fd = socket_take(probe);

	closep(&fd);
}

/* Writable for the first time: connected, or not to be. */
static void dial_ready(struct probe *probe, uint32_t events)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error)
		probe_end_error(probe, error);
	else
		probe->connected(probe);
}

int socket_dial(struct probe *probe, void (*connected)(struct probe *probe))
{
	int fd = socket_connect(&probe->spec, SOCK_STREAM, 0);

	/* A closed port of this very box answers within connect(2). */
	if (fd == -ECONNREFUSED) {
		probe_end_error(probe, fd);
		return 0;
	}
	if (fd < 0)
		return fd;
	probe->connected = connected;
	return socket_watch(probe, fd, EPOLLOUT, dial_ready);
}
