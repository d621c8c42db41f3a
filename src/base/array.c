/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growth of the arrays of array.h: doubling, so that n pushes cost O(n).
 */
#include "base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

int array_reserve(void **v, size_t n, size_t *room, size_t size)
{
	size_t wanted;
	void *grown;

	if (n < *room)
		return 0;
	wanted = *room ? *room * 2 : 8;
	if (wanted > SIZE_MAX / size)
		return -ENOMEM;
	grown = realloc(*v, wanted * size);
	if (!grown)
		return -ENOMEM;
	*v = grown;
	*room = wanted;
	return 0;
}
