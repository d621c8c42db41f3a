/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dials lines again that are down, as their `reconnect` says: by restarting a unit of systemd's, or
 * by a command. Neither is waited for, and neither is begun while the last one goes on. A line that
 * its pppd dials by itself is left alone for as long as that process lives.
 *
 * A line that cannot be dialled is told of once, and again only when the reason is another.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "base/program.h"
#include "base/time.h"
#include "daemon/unit_job.h"
#include "uplink/redial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	COMMAND_MAX_US = 60 * 1000 * 1000, /* of a command */
	ACCURACY_US = 100 * 1000
};

#define NOT_RESTARTED "the unit is not restarted"

/* Of one line, by its name: it outlives reloads. */
struct dialler {
	LIST_ENTRY(dialler) entry;
	struct daemon *daemon;
	struct redial redial;
	struct unit_job *job;    /* the unit is being restarted */
	struct program *program; /* the command runs */
	char trouble[160];       /* told of last; "" */
	bool wanted;
	char name[];
};

struct redials {
	LIST_HEAD(dialler_list, dialler) list;
	struct programs programs;
	sd_event_source *timer;
};

static struct dialler *find_dialler(struct redials *redials, const char *name)
{
	struct dialler *dialler;

	for (dialler = LIST_FIRST(&redials->list); dialler; dialler = LIST_NEXT(dialler, entry))
		if (strcmp(dialler->name, name) == 0)
			return dialler;
	return NULL;
}

static struct dialler *add_dialler(struct daemon *d, const char *name)
{
	struct dialler *dialler = calloc(1, sizeof(*dialler) + strlen(name) + 1);

	if (!dialler) {
		log_oom();
		return NULL;
	}
	dialler->daemon = d;
	strcpy(dialler->name, name);
	LIST_INSERT_HEAD(&d->redials->list, dialler, entry);
	return dialler;
}

static void forget_job(struct dialler *dialler)
{
	unit_job_free(dialler->job);
	dialler->job = NULL;
}

static void dialler_free(struct dialler *dialler)
{
	LIST_REMOVE(dialler, entry);
	forget_job(dialler);
	if (dialler->program)
		program_kill(dialler->program);
	free(dialler);
}

static struct line *line_of(const struct dialler *dialler)
{
	struct daemon *d = dialler->daemon;
	int i = config_find_uplink(d->config, dialler->name);

	return i < 0 ? NULL : &d->world.lines[i];
}

static void set_timer(struct redials *redials, uint64_t at_us)
{
	sd_event_source_set_time(redials->timer, at_us);
	sd_event_source_set_enabled(redials->timer, at_us ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/* What came of it, if that is not what came of it the last time. NULL: all is well. */
static void tell_trouble(struct dialler *dialler, const char *what, const char *trouble)
{
	const struct line *line = line_of(dialler);

	if (!trouble) {
		dialler->trouble[0] = '\0';
		return;
	}
	if (strncmp(dialler->trouble, trouble, sizeof(dialler->trouble) - 1) == 0)
		return;
	snprintf(dialler->trouble, sizeof(dialler->trouble), "%s", trouble);
	if (line)
		tell_line(dialler->daemon, EVENT_UPLINK_REDIAL, line, "%s: %s", what, trouble);
}

/* It is over, and the wait for the next time begins. */
static void conclude(struct dialler *dialler, const char *what, const char *trouble)
{
	uint64_t now_us = monotonic_us();

	tell_trouble(dialler, what, trouble);
	redial_over(&dialler->redial, now_us);
	set_timer(dialler->daemon->redials, now_us);
}

static void on_unit_over(const char *trouble, void *userdata)
{
	struct dialler *dialler = userdata;

	conclude(dialler, NOT_RESTARTED, trouble);
	forget_job(dialler);
}

static void on_command_said(const char *text, void *userdata)
{
	struct dialler *dialler = userdata;

	log_info("uplink %s: redial: %s", dialler->name, text);
}

static void on_command_ended(const struct program_end *end, void *userdata)
{
	struct dialler *dialler = userdata;

	dialler->program = NULL;
	conclude(dialler, "the command failed",
		 end->status == 0 && !end->too_long ? NULL : program_end_text(end).text);
}

static int make_environment(struct environment *environment, const struct line *line)
{
	int r = environment_begin(environment);

	r = r < 0 ? r : environment_add(environment, "UPLINKD_UPLINK", "%s", line->config->name);
	r = r < 0 ? r
		  : environment_add(environment, "UPLINKD_INTERFACE", "%s",
				    line->config->interface);
	r = r < 0 ? r
		  : environment_add(environment, "UPLINKD_STATE", "%s",
				    uplink_state_text(line->state));
	return r < 0 ? r : environment_add(environment, "UPLINKD_REASON", "%s", line->reason);
}

static int add_words(struct arena *arena, const struct names *words, char ***ret)
{
	char **arguments = arena_alloc(arena, (words->n + 1) * sizeof(*arguments));

	if (!arguments)
		return -ENOMEM;
	for (size_t i = 0; i < words->n; i++) {
		arguments[i] = arena_strdup(arena, words->v[i]);
		if (!arguments[i])
			return -ENOMEM;
	}
	*ret = arguments;
	return 0;
}

static int run_command(struct dialler *dialler, const struct line *line)
{
	struct environment environment = { 0 };
	struct program_spec spec = { .limit_us = COMMAND_MAX_US,
				     .said = on_command_said,
				     .ended = on_command_ended,
				     .userdata = dialler };
	char **arguments = NULL;
	int r = make_environment(&environment, line);

	r = r < 0 ? r : add_words(&environment.arena, &line->config->reconnect.command, &arguments);
	if (r == 0) {
		spec.arguments = arguments;
		spec.environment = environment.v.v;
		r = program_start(&dialler->daemon->redials->programs, &spec, &dialler->program);
	}
	environment_done(&environment);
	return r;
}

static void dial(struct dialler *dialler, const struct line *line)
{
	const char *unit = line->config->reconnect.unit;
	int r;

	if (!*dialler->trouble)
		tell_line(dialler->daemon, EVENT_UPLINK_REDIAL, line, "dialled again by %s",
			  unit ? unit : line->config->reconnect.command.v[0]);
	r = unit ? unit_job_start(control_system(dialler->daemon->control), unit, on_unit_over,
				  dialler, &dialler->job)
		 : run_command(dialler, line);
	if (r < 0)
		tell_trouble(dialler, unit ? NOT_RESTARTED : "the command cannot be run",
			     strerror(-r));
}

static enum redial_need need_of(const struct dialler *dialler, const struct line *line)
{
	switch (line->state) {
	case UPLINK_UP:
	case UPLINK_DEGRADED:
		return REDIAL_UP;
	case UPLINK_DISABLED:
	case UPLINK_PROBING:
	case UPLINK_STATE_MAX:
		return REDIAL_NOT;
	case UPLINK_ABSENT:
	case UPLINK_DOWN:
		break;
	}
	if (line->ppp.pid && line->ppp.persists)
		return REDIAL_NOT;
	return dialler->job || dialler->program ? REDIAL_DIALLING : REDIAL_DOWN;
}

/* Returns when to look again, 0: with the next change. */
static uint64_t look_at(struct daemon *d, const struct line *line, uint64_t now_us)
{
	const struct config_uplink *uplink = line->config;
	struct dialler *dialler = find_dialler(d->redials, uplink->name);
	uint64_t next_us;

	if (!dialler)
		dialler = add_dialler(d, uplink->name);
	if (!dialler)
		return 0;
	dialler->wanted = true;
	if (dialler->job && unit_job_look(dialler->job, control_system(d->control), now_us) < 0) {
		forget_job(dialler);
		redial_over(&dialler->redial, now_us);
	}
	if (redial_due(&dialler->redial, need_of(dialler, line), uplink->reconnect.after_ms * 1000,
		       now_us, &next_us))
		dial(dialler, line);
	return dialler->job ? unit_job_due_us(dialler->job) : next_us;
}

void redials_look(struct daemon *d)
{
	uint64_t now_us = monotonic_us(), first_us = 0;
	struct dialler *dialler, *next;

	for (dialler = LIST_FIRST(&d->redials->list); dialler; dialler = LIST_NEXT(dialler, entry))
		dialler->wanted = false;
	for (size_t i = 0; !d->world.flushed && i < d->config->uplinks.n; i++) {
		const struct config_uplink *uplink = &d->config->uplinks.v[i];
		uint64_t at_us;

		if (!uplink->reconnect.unit && !uplink->reconnect.command.n)
			continue;
		at_us = look_at(d, &d->world.lines[i], now_us);
		if (at_us && (!first_us || at_us < first_us))
			first_us = at_us;
	}
	for (dialler = LIST_FIRST(&d->redials->list); dialler; dialler = next) {
		next = LIST_NEXT(dialler, entry);
		if (!dialler->wanted)
			dialler_free(dialler);
	}
	set_timer(d->redials, first_us);
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	redials_look(userdata);
	return 0;
}

int redials_new(struct daemon *d)
{
	int r;

	d->redials = calloc(1, sizeof(*d->redials));
	if (!d->redials)
		return -ENOMEM;
	d->redials->programs.event = d->event;
	r = sd_event_add_time(d->event, &d->redials->timer, CLOCK_MONOTONIC, 0, ACCURACY_US,
			      on_time, d);
	return r < 0 ? r : sd_event_source_set_enabled(d->redials->timer, SD_EVENT_OFF);
}

void redials_free(struct redials *redials)
{
	struct dialler *dialler;

	if (!redials)
		return;
	while ((dialler = LIST_FIRST(&redials->list)))
		dialler_free(dialler);
	programs_done(&redials->programs);
	sd_event_source_unref(redials->timer);
	free(redials);
}
