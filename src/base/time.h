/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/* Microseconds of CLOCK_MONOTONIC and CLOCK_REALTIME. */
uint64_t monotonic_us(void);
uint64_t realtime_us(void);
/*
 * Hearing of the clock on the wall being set, which no timer that waits for a time of it does: a
 * descriptor that becomes readable then. Or a negative errno.
 */
int clock_watch_open(void);
/* Reads it and waits for the next time. Whether the clock was set, or a negative errno. */
int clock_watch_read(int fd);
/* "250ms", "10s", "5m", "2h", "1d" -> milliseconds. 0 or -EINVAL (no unit, no number, overflow). */
int duration_parse(const char *text, uint64_t *ret_ms);

struct duration_text {
	char text[24];
};
/* The shortest text that duration_parse() reads back as the same value. */
struct duration_text duration_text(uint64_t ms);
