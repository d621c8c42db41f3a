/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/objects.h"

/* Kernel parameters below /proc/sys, of the network namespace the process is in. */

/* As kernel_ops.observe_sysctls. */
int sysctl_observe(const struct objects *wanted, struct objects *found);
int sysctl_apply(const struct sysctl_object *sysctl);
/* The number that `path` holds; 0 when it cannot be read. */
long sysctl_number(const char *path);
