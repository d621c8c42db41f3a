/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/world.h"

/*
 * Gives every line its grade, after all of them were judged, and sets family[].carries and
 * family[].usable. In a family that would be left without any line by probes alone, the one that
 * answered last is still used (GRADE_LAST); which of those that never did is by tier, weight and
 * order.
 */
void grade_lines(struct world *world);

/*
 * Which lines are held back for the operator to say, by what became of their states since `before`
 * (same order): one whose failback is manual is, when it is back from an outage, for as long as
 * another line is as good as can be. Before grade_lines().
 */
void hold_lines(struct world *world, const struct line *before);
