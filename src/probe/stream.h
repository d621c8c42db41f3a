/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/socket.h"

enum {
	STREAM_MAX = 4096
};

/* What was received of a conversation and is not used up yet. */
struct stream {
	char data[STREAM_MAX];
	size_t size;
	bool ended; /* the other side has nothing more to say */
};

/* Sends a short message over the probe's connection; on failure the check has ended. */
bool stream_send(struct probe *probe, const void *data, size_t size);
/*
 * Reads what is there. False when that is nothing yet, or when the check has ended in an error or
 * with more data than the stream holds.
 */
bool stream_receive(struct probe *probe, struct stream *stream);
void stream_use_up(struct stream *stream, size_t size);
