/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/* The largest packet that a line takes: what the file, PPP and the interface agree on; 0: unknown.
 */
unsigned line_mtu(const struct world *world, const struct line *line);
