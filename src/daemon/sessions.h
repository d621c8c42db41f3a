/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "daemon/state.h"
#include "uplink/ppp.h"

#include <sys/queue.h>

/* What ppp.c and sessions.c share. */

struct session;

struct ppp {
	char *path; /* of the socket */
	int fd;
	sd_event_source *source;
	LIST_HEAD(session_list, session) sessions;
	size_t n;
	char *kept_path; /* of the file of those that are up */
	char *kept;      /* what it holds */
	int refused;     /* why it could not be written, which was logged; or 0 */
};

/*
 * A message of the plugin, or of a hook. The session is that of its interface, or, while pppd does
 * not know that, of its process.
 */
enum ppp_teller {
	TELLER_PLUGIN,
	TELLER_HOOK
};

void sessions_take(struct daemon *d, const struct ppp_message *message, enum ppp_teller teller);
/* What a daemon before us knew. */
void sessions_recall(struct daemon *d);
void sessions_free(struct ppp *ppp);
