/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A datagram is answered by one that begins as it should.
 */
#include "probe/datagram.h"
#include "probe/parse.h"

#include <errno.h>
#include <string.h>

enum {
	PAYLOAD_MAX = 512
};

struct udp_state {
	uint8_t payload[PAYLOAD_MAX], expect[PAYLOAD_MAX];
	size_t payload_size, expect_size;
};

static const char *udp_error(const struct probe_spec *spec)
{
	struct udp_state state;

	if (!spec->payload)
		return "no payload to send";
	if (escapes_decode(spec->payload, state.payload, PAYLOAD_MAX, &state.payload_size) < 0)
		return "the payload is longer than 512 bytes or has an unknown escape";
	if (spec->expect &&
	    escapes_decode(spec->expect, state.expect, PAYLOAD_MAX, &state.expect_size) < 0)
		return "the expected answer is longer than 512 bytes or has an unknown escape";
	return NULL;
}

static int udp_init(struct probe *probe)
{
	struct udp_state *udp = probe->state;
	int r = escapes_decode(probe->spec.payload, udp->payload, PAYLOAD_MAX, &udp->payload_size);

	if (r < 0 || !probe->spec.expect)
		return r;
	return escapes_decode(probe->spec.expect, udp->expect, PAYLOAD_MAX, &udp->expect_size);
}

static void answered(struct probe *probe, uint32_t events)
{
	const struct udp_state *udp = probe->state;
	uint8_t data[PAYLOAD_MAX];
	size_t size;

	if (!datagram_receive(probe, data, sizeof(data), &size))
		return;
	if (size < udp->expect_size || memcmp(data, udp->expect, udp->expect_size) != 0)
		probe_end(probe, EVIDENCE_BAD, "unexpected answer");
	else
		probe_end(probe, EVIDENCE_GOOD, "answered");
}

static int udp_start(struct probe *probe)
{
	const struct udp_state *udp = probe->state;

	return datagram_send(probe, socket_connect(&probe->spec, SOCK_DGRAM, 0), udp->payload,
			     udp->payload_size, answered);
}

const struct probe_method probe_udp = {
	.name = "udp",
	.state_size = sizeof(struct udp_state),
	.error = udp_error,
	.init = udp_init,
	.start = udp_start,
};
