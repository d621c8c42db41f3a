/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>

/*
 * Puts behind the reason for each line's state, for people, why it gets less new connections than
 * that state would say, or more, and what about it wants to be looked at. 0 or -ENOMEM.
 */
int remarks_add(json_object *uplinks);
