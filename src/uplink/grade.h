/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * Gives every line its grade, after all of them were judged: a line that is silent is still the
 * best choice when all are, and then it is the one that answered last. Sets family[].usable.
 */
void grade_lines(struct world *world);
