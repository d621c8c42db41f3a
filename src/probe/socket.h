/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/engine.h"

#include <netinet/in.h>
#include <sys/socket.h>

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* A non-blocking socket of the target's family, with the spec's device, mark and source, or -errno.
 */
int socket_open(const struct probe_spec *spec, int type, int protocol);
/* The same, connected to the target or on the way: a datagram socket hears its target alone. */
int socket_connect(const struct probe_spec *spec, int type, int protocol);

/*
 * Takes the socket over and calls `ready` on these events. The engine closes it at the check's end.
 * 0 or negative errno; the socket is the probe's in either case.
 */
int socket_watch(struct probe *probe, int fd, uint32_t events,
		 void (*ready)(struct probe *probe, uint32_t events));
/* Gives the socket up: no longer watched, and the caller's. */
int socket_take(struct probe *probe);
void socket_close(struct probe *probe);

/*
 * Opens a TCP connection and calls `connected` once there is one; a connection refused ends the
 * check. Returns what a method's start() returns.
 */
int socket_dial(struct probe *probe, void (*connected)(struct probe *probe));
