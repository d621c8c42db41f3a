/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"
#include "intent/world.h"
#include "sched/slots.h"

/*
 * The one function from what is known to what should be: every kernel object that should exist,
 * sealed. `slots` is carried from call to call so that rings keep their places; nothing else is
 * remembered. With world->flushed nothing should exist. 0 or -ENOMEM; *ret is to be done either
 * way.
 */
int intent_make(const struct world *world, struct slots *slots, struct objects *ret);
