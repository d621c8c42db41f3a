/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Associations of an IPsec service that may outlive their idle time: config_service.ipsec. */

enum association_turn {
	ASSOCIATION_STAYS,   /* by itself, for now */
	ASSOCIATION_RENEWED, /* is to be given the full time again, else it ends soon */
	ASSOCIATION_LEAVES
};

struct association {
	uint64_t idle_ms; /* since its last packet */
	uint64_t left_ms; /* until the kernel forgets it */
	size_t index;     /* the caller's */
	enum association_turn turn;
};

/*
 * Whose turn it is among all associations of a service, which are sorted by that: those in use
 * first. At most `reserve` stay of those idle for full_ms and more, and the longest idle leave.
 */
void reserve_choose(struct association *associations, size_t n, uint64_t full_ms, uint32_t reserve);
