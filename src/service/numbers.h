/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "service/pool.h"

/*
 * The numbers of servers that get packets by the ingress hook, under which the maps of direct.c
 * hold their connections. They are kept for the server's name as long as `slots` is.
 */

/* A map's value: the number of a line above that of a server. */
enum {
	DIRECT_LINE_SHIFT = 24,
	DIRECT_SERVER_MASK = (1 << DIRECT_LINE_SHIFT) - 1
};

/* 0, -ENOMEM, or -EOVERFLOW as slots_take(). */
int number_take(const struct pool *pool, size_t server, uint32_t *ret);
/* The number that was given before; 0: none. */
uint32_t number_find(const struct pool *pool, size_t server);
