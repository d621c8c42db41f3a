/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Misspelt keys. The distance is that of optimal string alignment: letters that are missing, too
 * many, wrong, or in each other's place, one for each. A word may be wrong in a third of its
 * letters, in two at most.
 */
#include "config/nearest.h"

#include <stddef.h>
#include <string.h>

enum {
	LENGTH_MAX = 24, /* no key is longer */
	WRONG_MAX = 2,
	PART_LEAST = 4 /* letters that a part of a key must have to stand for it */
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[LENGTH_MAX + 1][LENGTH_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

bool is_near(const char *word, const char *key)
{
	size_t n = strlen(word), m = strlen(key), shorter = least(n, m);

	if (n > LENGTH_MAX || m > LENGTH_MAX)
		return false;
	if (shorter >= PART_LEAST && strncmp(word, key, shorter) == 0)
		return true;
	return distance(word, n, key, m) <= least(n / 3, WRONG_MAX);
}
