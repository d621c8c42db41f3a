/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/facts.h"

/* Control groups by name: which exist now, and news of those that come and go. */

struct cgroups {
	int inotify;
	ARRAY(char *) names;
};

/* inotify is -1 where others have taken all there are. After a failure cgroups_done() too. */
int cgroups_init(struct cgroups *cgroups);
void cgroups_done(struct cgroups *cgroups);
/* As kernel_ops.watch_cgroups. */
int cgroups_watch(struct cgroups *cgroups, const char *const *names, size_t n);
/* Replaces facts->cgroups. Notifications cover what was looked through; if not, that is an error,
 * but what there is was found. */
int cgroups_observe(struct cgroups *cgroups, struct facts *facts);
/* Reads the notifications that have arrived; whether they are about a name that is looked for. */
int cgroups_read_events(struct cgroups *cgroups, bool *ret_changed);
