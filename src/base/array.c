/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growth of the arrays of array.h, doubling, so that n pushes cost O(n); and their order.
 */
#include "base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

size_t array_sort_bytes(void *v, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	unsigned char *bytes = v;
	size_t left = 0;

	if (n == 0)
		return 0;
	qsort(v, n, size, compare);
	for (size_t i = 1; i < n; i++)
		if (compare(bytes + left * size, bytes + i * size) != 0 && ++left != i)
			memcpy(bytes + left * size, bytes + i * size, size);
	return left + 1;
}
