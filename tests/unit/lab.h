/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/overrides.h"
#include "intent/world.h"
#include "sched/slots.h"
#include "uplink/numbers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/*
 * A world made from two texts: a configuration (uplinkd.conf(5)), and the facts with what the
 * operator has said, in the language that lab.c describes. Whatever is wrong with either fails the
 * test. The world points into the lab, which must stay where it is.
 */
struct lab {
	struct config *config;
	struct facts facts;
	struct world world;
	struct overrides overrides;
	struct line_numbers numbers;
	struct slots slots;
};

void lab_open(struct lab *lab, const char *config, const char *facts);
/* The same with services made by command, as config_load() takes them. */
void lab_open_more(struct lab *lab, const char *config, const char *more, const char *facts);
void lab_close(struct lab *lab);
/* Learns and judges every line, and every real server, as after a change of the facts. */
void lab_judge(struct lab *lab);
/* What should exist now; objects_done(). */
struct objects lab_intent(struct lab *lab);

static inline struct ip_address address(const char *text)
{
	struct ip_address ret;

	assert_int_equal(ip_parse(text, &ret), 0);
	return ret;
}

static inline struct ip_prefix prefix(const char *text)
{
	struct ip_prefix ret;

	assert_int_equal(ip_prefix_parse(text, &ret), 0);
	return ret;
}
