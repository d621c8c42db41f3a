/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* A growable array of `type`: v[0] to v[n - 1]. Zero-initialised is empty; array_done() frees. */
#define ARRAY(type)             \
	struct {                \
		type *v;        \
		size_t n, room; \
	}

/* Makes room for one more element of `size` bytes. 0 or -ENOMEM, and then nothing has changed. */
int array_reserve(void **v, size_t n, size_t *room, size_t size);

/* Appends a copy of `item`. 0 or -ENOMEM. */
#define array_push(array, item)                                                               \
	({                                                                                    \
		int _pushed = array_reserve((void **)&(array)->v, (array)->n, &(array)->room, \
					    sizeof(*(array)->v));                             \
		if (_pushed == 0)                                                             \
			(array)->v[(array)->n++] = (item);                                    \
		_pushed;                                                                      \
	})

#define array_done(array)                       \
	do {                                    \
		free((array)->v);               \
		(array)->v = NULL;              \
		(array)->n = (array)->room = 0; \
	} while (0)

#define array_foreach(array, item)                       \
	for (__typeof__(*(array)->v) *item = (array)->v; \
	     (array)->n && item < (array)->v + (array)->n; item++)

/* Sorts and keeps one of equal elements. Returns how many are left. */
size_t array_sort_bytes(void *v, size_t n, size_t size, int (*compare)(const void *, const void *));

#define array_sort(array, compare) \
	((array)->n = array_sort_bytes((array)->v, (array)->n, sizeof(*(array)->v), compare))

#define ELEMENTS_OF(x) (sizeof(x) / sizeof((x)[0]))
