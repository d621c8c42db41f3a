/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The spec of a probe as a value that can be compared, and that outlives whoever wrote it. All of
 * its strings are listed here, and nowhere else.
 */
#include "probe/probe.h"

#include "base/array.h"
#include "base/hash.h"

#include <errno.h>
#include <string.h>

#define STRINGS(spec)                                                                           \
	{                                                                                       \
		&(spec)->device, &(spec)->host, &(spec)->path, &(spec)->status, &(spec)->body,  \
			&(spec)->regex, &(spec)->dns_name, &(spec)->dns_type, &(spec)->payload, \
			&(spec)->expect, &(spec)->script                                        \
	}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return text ? hash_bytes(hash, text, strlen(text) + 1) : hash_bytes(hash, "", 1);
}

uint64_t probe_spec_hash(uint64_t hash, const struct probe_spec *spec)
{
	const uint64_t values[] = { spec->kind,        spec->port,       spec->mark,
				    spec->interval_us, spec->timeout_us, spec->fail,
				    spec->pass,        spec->initial_up, spec->unsent_fails,
				    spec->redirects,   spec->verify,     spec->dns_rcode,
				    spec->dns_any };
	const char *const *const texts[] = STRINGS(spec);

	for (size_t i = 0; i < ELEMENTS_OF(values); i++)
		hash = hash_number(hash, values[i]);
	hash = hash_bytes(hash, &spec->target, sizeof(spec->target));
	hash = hash_bytes(hash, &spec->source, sizeof(spec->source));
	for (size_t i = 0; i < ELEMENTS_OF(texts); i++)
		hash = hash_text(hash, *texts[i]);
	return hash;
}

int probe_spec_own(struct arena *arena, struct probe_spec *spec)
{
	const char **const texts[] = STRINGS(spec);

	for (size_t i = 0; i < ELEMENTS_OF(texts); i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_strdup(arena, *texts[i]);
		if (!*texts[i])
			return -ENOMEM;
	}
	return 0;
}
