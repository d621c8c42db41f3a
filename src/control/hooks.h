/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "control/event.h"

#include <stdint.h>
#include <systemd/sd-event.h>

/* The user's programs that are told of events, see uplinkd(8). */
struct hooks;

struct hooks_options {
	const char *directory;
	uint64_t limit_us; /* of each program */
};

int hooks_new(sd_event *event, const struct hooks_options *options, struct hooks **ret);
/* Kills those that run. Takes NULL. */
void hooks_free(struct hooks *hooks);
DEFINE_CLEANUP(struct hooks *, hooks_free)

/* Runs them for an event, when everything else is done; takes over what is in it. Failures are
 * logged. */
void hooks_run(struct hooks *hooks, struct event *event);
