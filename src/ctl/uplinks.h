/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <json-c/json.h>

/* The lines as `status` shows them, a list out of ctl_read(). 0 or -ENOMEM. */
int uplinks_print_status(json_object *uplinks);
