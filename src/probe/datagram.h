/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/socket.h"

/*
 * Sends one datagram over a connected socket, which is watched from then on, and calls `ready` when
 * something can be read. Returns what a method's start() returns.
 */
int datagram_send(struct probe *probe, int fd, const void *data, size_t size,
		  void (*ready)(struct probe *probe, uint32_t events));

/*
 * Reads a datagram. True when there is one; otherwise there is nothing to read yet, or an error,
 * of which an ICMP message is one, has ended the check.
 */
bool datagram_receive(struct probe *probe, void *data, size_t room, size_t *ret_size);
