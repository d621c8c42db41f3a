/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the user's decides: 0 is up, anything else is not. It gets the target as arguments
 * and in its environment, and is killed with its process group when time is over, or when nobody
 * wants to know any more.
 */
#include "probe/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct script_state {
	struct program *program;
};

static void on_ended(const struct program_end *end, void *userdata)
{
	struct probe *probe = userdata;
	struct script_state *script = probe->state;

	script->program = NULL;
	if (end->error < 0)
		probe_end_error(probe, end->error);
	else
		probe_end(probe, end->status == 0 ? EVIDENCE_GOOD : EVIDENCE_BAD, "%s",
			  program_end_text(end).text);
}

static int make_environment(const struct probe *probe, struct environment *environment)
{
	const struct probe_spec *spec = &probe->spec;
	int r = environment_begin(environment);

	if (ip_is_set(&spec->target))
		r = r ? r
		      : environment_add(environment, "UPLINKD_ADDRESS", "%s",
					ip_text(&spec->target).text);
	r = r ? r : environment_add(environment, "UPLINKD_PORT", "%u", spec->port);
	r = r ? r : environment_add(environment, "UPLINKD_STATE", probe->result.up ? "up" : "down");
	r = r ? r
	      : environment_add(environment, "UPLINKD_TIMEOUT_MS", "%" PRIu64,
				spec->timeout_us / 1000);
	if (spec->device)
		r = r ? r : environment_add(environment, "UPLINKD_INTERFACE", "%s", spec->device);
	if (ip_is_set(&spec->source))
		r = r ? r
		      : environment_add(environment, "UPLINKD_SOURCE", "%s",
					ip_text(&spec->source).text);
	if (spec->mark)
		r = r ? r : environment_add(environment, "UPLINKD_MARK", "0x%x", spec->mark);
	return r;
}

static int script_start(struct probe *probe)
{
	_cleanup_(environment_done) struct environment environment = { 0 };
	_cleanup_free_ char *path = strdup(probe->spec.script);
	struct script_state *script = probe->state;
	bool has_target = ip_is_set(&probe->spec.target);
	struct ip_text address = ip_text(&probe->spec.target);
	char port[8];
	char *arguments[] = { path, has_target ? address.text : NULL, port, NULL };
	struct program_spec spec = { .arguments = arguments, .ended = on_ended, .userdata = probe };
	int r = path ? make_environment(probe, &environment) : -ENOMEM;

	if (r < 0)
		return r;
	snprintf(port, sizeof(port), "%u", probe->spec.port);
	spec.environment = environment.v.v;
	return program_start(&probe->probes->programs, &spec, &script->program);
}

static void script_stop(struct probe *probe)
{
	struct script_state *script = probe->state;

	if (script->program)
		program_kill(TAKE_PTR(script->program));
}

static const char *script_error(const struct probe_spec *spec)
{
	return spec->script && spec->script[0] == '/' ? NULL : "the script needs an absolute path";
}

const struct probe_method probe_script = {
	.name = "script",
	.state_size = sizeof(struct script_state),
	.no_port = true,
	.error = script_error,
	.start = script_start,
	.stop = script_stop,
};
