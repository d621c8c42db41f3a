/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number is the place of a range of slots that is otherwise not used: so it is stable and stored
 * like the places of rings.
 */
#include "service/numbers.h"

#include <errno.h>

int number_take(const struct pool *pool, size_t server, uint32_t *ret)
{
	uint32_t first;
	int r = slots_take(pool->slots, pool_server(pool, "number", server).text, 1, &first);

	if (r < 0)
		return r;
	*ret = first / SLOTS_LEAST + 1;
	return *ret >> DIRECT_LINE_SHIFT ? -EOVERFLOW : 0;
}

uint32_t number_find(const struct pool *pool, size_t server)
{
	uint32_t first;

	if (slots_find(pool->slots, pool_server(pool, "number", server).text, &first) < 0)
		return 0;
	return first / SLOTS_LEAST + 1;
}
