/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection can be made. It is closed by a reset, as load balancers do: hundreds of checks a
 * second would otherwise leave a minute's worth of connections in TIME_WAIT here.
 */
#include "probe/socket.h"

static void connected(struct probe *probe)
{
	const struct linger reset = { .l_onoff = 1 };

	setsockopt(probe->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	probe_end(probe, EVIDENCE_GOOD, "connected");
}

static int tcp_start(struct probe *probe)
{
	return socket_dial(probe, connected);
}

const struct probe_method probe_tcp = {
	.name = "tcp",
	.start = tcp_start,
};
