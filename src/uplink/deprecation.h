/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/array.h"
#include "intent/advertisement.h"
#include "intent/world.h"

/*
 * Whom to tell that a prefix has become useless, or useful again (RFC 4862, section 5.5.3;
 * RFC 9096): hosts inside that made addresses of it. A value with pure functions; the daemon sends.
 */

/* A /64 on an inside interface that is part of a line's prefix, or was. */
struct inside_prefix {
	int link;
	struct ip_prefix net;
	bool dead; /* its line is, or it is the line's no more */
	unsigned sent;
	uint64_t due_us;               /* monotonic; 0: nothing to say */
	uint64_t gone_us;              /* since when it is on no inside interface; 0: it is there */
	uint32_t preferred_s, valid_s; /* what is left to our own address in it */
};

struct deprecation {
	ARRAY(struct inside_prefix) v;
};

void deprecation_done(struct deprecation *deprecation);

/* Looks at the world anew. 0 or -ENOMEM. */
int deprecation_look(struct deprecation *deprecation, const struct world *world, uint64_t now_us);

/*
 * What is due now, for one link; false when nothing is. To be called until then: what it returns
 * counts as sent.
 */
bool deprecation_next(struct deprecation *deprecation, const struct world *world, uint64_t now_us,
		      struct advertisement *ret);

/* A host inside may have that address. */
bool deprecation_covers(const struct deprecation *deprecation, const struct ip_address *address);

/* When the next one is due, monotonic; 0: never. */
uint64_t deprecation_due(const struct deprecation *deprecation);
