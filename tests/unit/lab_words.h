/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "lab.h"

enum {
	WORDS_MAX = 16
};

/* A statement, less what has been understood of it. */
struct words {
	char *v[WORDS_MAX];
	size_t n;
};

char *take(struct words *words);
uint32_t take_number(struct words *words);
/* Whether the word is there. */
bool take_flag(struct words *words, const char *name);
/* The word behind `name`, or NULL; the number behind it, or 0. */
const char *take_option(struct words *words, const char *name);
uint64_t take_amount(struct words *words, const char *name);

/* lab_lines.c: statements of what is known of lines. */
void lab_read_quality(struct lab *lab, struct words *words);
void lab_read_known(struct lab *lab, struct words *words);
void lab_read_ppp(struct lab *lab, struct words *words);
void lab_read_rate(struct lab *lab, struct words *words);
void lab_read_month(struct lab *lab, struct words *words);
void lab_read_held(struct lab *lab, struct words *words);
void lab_read_delegated(struct lab *lab, struct words *words);
