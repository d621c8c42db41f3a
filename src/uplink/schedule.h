/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/config.h"

/*
 * Whether the time of the week, local time, is one at which the line takes new connections; a line
 * without a schedule always does.
 */
bool schedule_is_time(const struct config_uplink *uplink, int64_t realtime_s);

/* When that changes next (realtime, seconds); 0: never. */
int64_t schedule_next_s(const struct config_uplink *uplink, int64_t realtime_s);
