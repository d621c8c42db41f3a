/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a server says of itself, in HAProxy's agent-check protocol: we connect, send a string if
 * told to, and get one line. What it does not mention stays as it was. An agent that cannot be
 * reached or talks nonsense is no evidence against its server.
 */
#include "probe/parse.h"
#include "probe/stream.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

enum {
	SEND_MAX = 512
};

static int decode(const struct probe_spec *spec, uint8_t out[SEND_MAX], size_t *ret_size)
{
	*ret_size = 0;
	return spec->payload ? escapes_decode(spec->payload, out, SEND_MAX, ret_size) : 0;
}

static const char *agent_error(const struct probe_spec *spec)
{
	uint8_t data[SEND_MAX];
	size_t size;

	if (decode(spec, data, &size) < 0)
		return "the string to send is longer than 512 bytes or has an unknown escape";
	return NULL;
}

static void apply(struct probe_result *result, const struct agent_line *line)
{
	if (line->weight >= 0)
		result->agent_weight = line->weight;
	if (line->maxconn >= 0)
		result->agent_maxconn = line->maxconn;
	if (line->admin == AGENT_UNCHANGED)
		return;
	result->agent_drain = line->admin == AGENT_DRAIN;
	result->agent_maint = line->admin == AGENT_MAINT;
}

static enum evidence evidence_of(enum agent_health health)
{
	switch (health) {
	case AGENT_UP:
		return EVIDENCE_UP;
	case AGENT_DOWN:
		return EVIDENCE_DOWN;
	case AGENT_SILENT:
		break;
	}
	return EVIDENCE_OTHER;
}

/* The reason is the agent's whole line, which is what an administrator wants to see. */
static void read_line(struct probe *probe, const struct stream *stream)
{
	struct probe_result result = probe->result;
	struct agent_line line;
	size_t length;

	if (agent_parse(stream->data, stream->size, &line) < 0) {
		probe_end(probe, EVIDENCE_BAD, "agent is not understood");
		return;
	}
	apply(&result, &line);
	for (length = 0; length < stream->size; length++)
		if (stream->data[length] == '\r' || stream->data[length] == '\n')
			break;
	snprintf(result.reason, sizeof(result.reason), "agent: ");
	text_copy(result.reason + 7, sizeof(result.reason) - 7, stream->data, length);
	probe_conclude(probe, evidence_of(line.health), result);
}

static void ready(struct probe *probe, uint32_t events)
{
	struct stream *stream = probe->state;

	if (!stream_receive(probe, stream))
		return;
	if (stream->ended || memchr(stream->data, '\n', stream->size))
		read_line(probe, stream);
}

static void connected(struct probe *probe)
{
	uint8_t data[SEND_MAX];
	size_t size = 0;
	int r = decode(&probe->spec, data, &size);

	r = r < 0 ? r : socket_watch(probe, probe->fd, EPOLLIN, ready);
	if (r < 0)
		probe_end_error(probe, r);
	else if (size)
		stream_send(probe, data, size);
}

static int agent_start(struct probe *probe)
{
	memset(probe->state, 0, sizeof(struct stream));
	return socket_dial(probe, connected);
}

const struct probe_method probe_agent = {
	.name = "agent",
	.state_size = sizeof(struct stream),
	.forgiving = true,
	.error = agent_error,
	.start = agent_start,
};
