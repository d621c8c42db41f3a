/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real servers as they come and go: judged before every arrangement, told about, and, when one has
 * died, its connections ended once the arrangement leads nobody there any more.
 */
#include "daemon/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/time.h"
#include "service/judge.h"
#include "service/schedule.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void tell(struct daemon *d, size_t service, size_t server, enum server_condition was)
{
	const struct config_service *config = &d->config->services.v[service];
	const struct server_state *state = &d->world.services[service].servers[server];
	struct event event;

	event_init(&event, EVENT_SERVER_STATE, config->name);
	event_set(&event, "server", "%s", config->servers.v[server].text);
	event_set(&event, "state", "%s", server_condition_text(state->condition));
	event_set(&event, "old_state", "%s", server_condition_text(was));
	event_set(&event, "reason", "%s", state->reason);
	event_say(&event, "server %s %s -> %s%s%s%s", config->servers.v[server].text,
		  server_condition_text(was), server_condition_text(state->condition),
		  *state->reason ? " (" : "", state->reason, *state->reason ? ")" : "");
	daemon_tell(d, &event);
}

/* Its connections are to be ended; a server that is only inhibited keeps them. */
static bool loses_all(const struct config_service *service, enum server_condition was,
		      enum server_condition now)
{
	enum server_condition worst = service->inhibit_on_failure ? SERVER_DOWN : SERVER_OVERLOADED;

	return now > worst && was <= worst && !service->keep_on_down;
}

static int note_dead(struct daemon *d, size_t service, size_t server)
{
	struct dead dead = { .service = service, .server = server };

	return array_push(&d->dead, dead);
}

static void note_changes(struct daemon *d, size_t service, const enum server_condition *was)
{
	const struct config_service *config = &d->config->services.v[service];

	for (size_t i = 0; i < config->servers.n; i++) {
		enum server_condition now = d->world.services[service].servers[i].condition;

		if (was[i] == now)
			continue;
		if (d->settled || now != SERVER_UP)
			tell(d, service, i, was[i]);
		if (loses_all(config, was[i], now) && note_dead(d, service, i) < 0)
			log_oom();
	}
	if (d->control && d->settled)
		control_service_changed(d->control, config->name);
}

int judge_service(struct daemon *d, size_t service, uint64_t now_us)
{
	size_t n = d->config->services.v[service].servers.n;
	_cleanup_free_ enum server_condition *was = calloc(n + 1, sizeof(*was));
	uint64_t step;
	bool changed;
	int r;

	if (!was)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		was[i] = d->world.services[service].servers[i].condition;
	changed = service_judge(&d->world, service, now_us);
	if (changed)
		note_changes(d, service, was);
	step = service_next_step(&d->world, service, now_us);
	if (step != UINT64_MAX)
		daemon_later(d, step);
	r = service_schedule(&d->world, service);
	if (r < 0)
		return r;
	if (changed || r == SCHEDULE_RESTARTED)
		return SERVICE_CHANGED;
	return r == SCHEDULE_TURNED ? SERVICE_TURNED : SERVICE_SAME;
}

void drop_deadline(struct daemon *d, const char *service, const char *server)
{
	size_t kept = 0;

	array_foreach(&d->deadlines, deadline)
		if (strcmp(deadline->service, service) != 0 ||
		    strcmp(deadline->server, server) != 0)
			d->deadlines.v[kept++] = *deadline;
	d->deadlines.n = kept;
}

int set_deadline(struct daemon *d, const char *service, const char *server, uint64_t after_ms)
{
	struct deadline deadline = { .at_us = monotonic_us() + after_ms * 1000 };

	snprintf(deadline.service, sizeof(deadline.service), "%s", service);
	snprintf(deadline.server, sizeof(deadline.server), "%s", server);
	daemon_later(d, after_ms * 1000);
	return array_push(&d->deadlines, deadline);
}

static void tell_drained(struct daemon *d, const struct deadline *deadline)
{
	struct event event;

	event_init(&event, EVENT_SERVER_DRAINED, deadline->service);
	event_set(&event, "server", "%s", deadline->server);
	event_say(&event, "the time of server %s to drain is over", deadline->server);
	daemon_tell(d, &event);
}

/* Draining servers whose time is over; sees to it that the others' comes. */
static int meet_deadlines(struct daemon *d, uint64_t now_us)
{
	size_t kept = 0, service, server;
	int r = 0;

	array_foreach(&d->deadlines, deadline) {
		if (!world_find_server(d->config, deadline->service, deadline->server, &service,
				       &server))
			continue;
		if (deadline->at_us > now_us) {
			daemon_later(d, deadline->at_us - now_us);
			d->deadlines.v[kept++] = *deadline;
			continue;
		}
		tell_drained(d, deadline);
		r = r < 0 ? r : note_dead(d, service, server);
	}
	d->deadlines.n = kept;
	return r;
}

int judge_services(struct daemon *d)
{
	uint64_t now_us = monotonic_us();
	int r = meet_deadlines(d, now_us);

	for (size_t i = 0; r >= 0 && i < d->config->services.n; i++)
		r = judge_service(d, i, now_us);
	return r < 0 ? r : 0;
}

static bool is_of_dead(const struct flow *flow, void *userdata)
{
	struct daemon *d = userdata;

	array_foreach(&d->dead, dead) {
		if (!flows_is_at(d->flows, flow, dead->service, dead->server))
			continue;
		/* Asked about twice, it is told twice, which does no harm. */
		if (flow->open &&
		    tell_client(d, flow, flow->mark & d->config->gateway.mark_mask) < 0)
			log_oom();
		return true;
	}
	return false;
}

/* UDP clients are scheduled anew with their next packet; those of TCP are told. */
void bury(struct daemon *d)
{
	int r;

	if (!d->dead.n)
		return;
	r = d->kernel->ops->flows_delete(d->kernel, is_of_dead, d);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot end the connections of a server that is gone");
	end_direct(d);
	array_done(&d->dead);
}
