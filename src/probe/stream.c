/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conversations over TCP. What is sent is far smaller than an empty socket buffer, so a message
 * that does not go out at once is an error.
 */
#include "probe/stream.h"

#include <errno.h>
#include <string.h>

bool stream_send(struct probe *probe, const void *data, size_t size)
{
	ssize_t sent = send(probe->fd, data, size, MSG_NOSIGNAL);

	if (sent >= 0 && (size_t)sent == size)
		return true;
	probe_end_error(probe, sent < 0 ? errno : EMSGSIZE);
	return false;
}

bool stream_receive(struct probe *probe, struct stream *stream)
{
	ssize_t size = recv(probe->fd, stream->data + stream->size, STREAM_MAX - stream->size, 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size < 0) {
		probe_end_error(probe, errno);
		return false;
	}
	stream->size += (size_t)size;
	stream->ended = size == 0;
	if (stream->size < STREAM_MAX)
		return true;
	probe_end(probe, EVIDENCE_BAD, "answer is too long");
	return false;
}

void stream_use_up(struct stream *stream, size_t size)
{
	stream->size -= size;
	memmove(stream->data, stream->data + size, stream->size);
}
