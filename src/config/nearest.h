/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* Whether somebody who wrote `word` may well have meant `key`: a slip of the fingers, or a part. */
bool is_near(const char *word, const char *key);
