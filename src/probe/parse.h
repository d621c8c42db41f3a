/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What targets answer, and what people write in checks. Pure functions on outside data. */

/*
 * "200-299,404": 1 when the status is in it, 0 when not, -EINVAL when that is no list of numbers
 * and ranges from 100 to 599.
 */
int status_matches(const char *list, unsigned status);

/*
 * Decodes the escapes of C (\n \r \t \0 \a \b \f \v \e \\ \" \' \xHH \OOO). -EINVAL for any other,
 * -ENOSPC when the result does not fit.
 */
int escapes_decode(const char *text, uint8_t *out, size_t room, size_t *ret_size);

/*
 * A whole reply of SMTP at the start of the data, of one line or more (RFC 5321, section 4.2).
 * Returns its size, 0 when its end is not there yet, -EBADMSG when it is none.
 */
int smtp_reply(const char *data, size_t size, unsigned *ret_code);

enum agent_health {
	AGENT_SILENT, /* the line says nothing of it */
	AGENT_UP,
	AGENT_DOWN
};

enum agent_admin {
	AGENT_UNCHANGED,
	AGENT_READY,
	AGENT_DRAIN,
	AGENT_MAINT
};

/* A line of HAProxy's agent-check protocol (its manual, section 5.2, "agent-check"). */
struct agent_line {
	enum agent_health health;
	enum agent_admin admin;
	int weight;      /* percent, -1: not told */
	int maxconn;     /* -1: not told */
	char reason[64]; /* after the '#', printable; "" when there is none */
};

/* The data up to a line's end or the data's. -EBADMSG when a word is unknown or there is none. */
int agent_parse(const char *data, size_t size, struct agent_line *ret);

/* Copies what is printable ASCII; anything else becomes '?'. Always ends in NUL. */
void text_copy(char *to, size_t room, const char *from, size_t size);
