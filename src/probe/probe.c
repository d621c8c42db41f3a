/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: when checks start and end, and what becomes of what they say. How a check is done is
 * the business of the methods, one file each.
 *
 * Probes start at offsets within their interval that follow the golden ratio, which spreads any
 * number of them evenly, whenever they are added. A check that is still running when the next is
 * due puts that off until it has ended: so a probe never overlaps itself, one timer is enough for
 * start and time limit, and a target that is silent is asked again at once.
 *
 * A single check (probe_once) is a probe that begins at once and never again. What it says within
 * its start is delivered by its timer, so that nobody is called back before he knows the probe.
 */
#include "probe/engine.h"

#include "base/array.h"
#include "base/time.h"
#include "probe/socket.h"
#include "probe/web.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ACCURACY_US = 10 * 1000, /* timers may be this late, to be served together */
	GOLDEN_STEP = 0x9e3779b9 /* 2^32 divided by the golden ratio */
};

static const struct probe_method *const methods[PROBE_KIND_MAX] = {
	[PROBE_TCP] = &probe_tcp, [PROBE_HTTP] = &probe_http,     [PROBE_HTTPS] = &probe_https,
	[PROBE_DNS] = &probe_dns, [PROBE_SMTP] = &probe_smtp,     [PROBE_ICMP] = &probe_icmp,
	[PROBE_UDP] = &probe_udp, [PROBE_SCRIPT] = &probe_script, [PROBE_AGENT] = &probe_agent,
	[PROBE_ARP] = &probe_arp, [PROBE_ND] = &probe_nd,
};

const char *probe_kind_name(enum probe_kind kind)
{
	return methods[kind]->name;
}

const struct probe_result *probe_result(const struct probe *probe)
{
	return &probe->result;
}

static struct window_limits limits(const struct probe *probe)
{
	return (struct window_limits){ probe->spec.fail, probe->spec.pass, probe->spec.initial_up,
				       probe->spec.unsent_fails };
}

static int set_timer(struct probe *probe, uint64_t at_us)
{
	int r = sd_event_source_set_time(probe->timer, at_us);

	return r < 0 ? r : sd_event_source_set_enabled(probe->timer, SD_EVENT_ONESHOT);
}

static void stop(struct probe *probe)
{
	if (!probe->running)
		return;
	probe->running = false;
	if (probe->method->stop)
		probe->method->stop(probe);
	socket_close(probe);
}

/* Counted from when the last was due, not from when it was served, so that no lateness adds up. */
static void set_next(struct probe *probe, uint64_t now_us)
{
	probe->due_us += probe->spec.interval_us;
	if (probe->due_us < now_us)
		probe->due_us = now_us;
	set_timer(probe, probe->due_us);
}

static void count(struct probe_result *result, enum evidence evidence, uint64_t started_us,
		  uint64_t now_us)
{
	result->runs++;
	result->unsent = evidence == EVIDENCE_UNSENT;
	if (evidence == EVIDENCE_BAD || evidence == EVIDENCE_UNSENT) {
		result->failures++;
		return;
	}
	result->rtt_us = now_us - started_us;
	result->answered_us = now_us;
}

/* Whether the two differ in what `changed` is called for. */
static bool differ(const struct probe_result *a, const struct probe_result *b)
{
	return a->up != b->up || a->known != b->known || a->unsent != b->unsent ||
	       a->agent_weight != b->agent_weight || a->agent_maxconn != b->agent_maxconn ||
	       a->agent_drain != b->agent_drain || a->agent_maint != b->agent_maint ||
	       strcmp(a->reason, b->reason) != 0;
}

static struct window judge(const struct probe *probe, enum evidence evidence)
{
	struct window_limits l = limits(probe);

	if (probe->method->forgiving && (evidence == EVIDENCE_BAD || evidence == EVIDENCE_UNSENT))
		evidence = EVIDENCE_NONE;
	return window_step(&l, probe->window, evidence);
}

/* The probe is gone before anybody hears of it, so that they may do as they like. */
static void deliver(struct probe *probe)
{
	void (*done)(const struct probe_answer *, void *) = probe->done;
	struct probe_answer answer = probe->answer;
	void *userdata = probe->userdata;

	probe_remove(probe);
	done(&answer, userdata);
}

static void conclude_once(struct probe *probe, enum evidence evidence, const char *reason)
{
	struct probe_answer *answer = &probe->answer;

	*answer = (struct probe_answer){ .evidence = evidence,
					 .sent_us = probe->started_us,
					 .ended_us = monotonic_us() };
	if (evidence == EVIDENCE_UNSENT)
		reason += strlen(PROBE_UNSENT);
	snprintf(answer->reason, sizeof(answer->reason), "%.*s", (int)sizeof(answer->reason) - 1,
		 reason);
	stop(probe);
	if (probe->starting)
		set_timer(probe, answer->ended_us);
	else
		deliver(probe);
}

void probe_conclude(struct probe *probe, enum evidence evidence, struct probe_result result)
{
	uint64_t now_us = monotonic_us();
	bool changed;

	if (probe->done) {
		conclude_once(probe, evidence, result.reason);
		return;
	}
	count(&result, evidence, probe->started_us, now_us);
	stop(probe);
	set_next(probe, now_us);
	probe->window = judge(probe, evidence);
	result.up = probe->window.up;
	result.known = probe->window.known;
	changed = differ(&result, &probe->result);
	probe->result = result;
	if (changed && probe->changed)
		probe->changed(probe, &probe->result, probe->userdata);
}

void probe_end(struct probe *probe, enum evidence evidence, const char *reason, ...)
{
	struct probe_result result = probe->result;
	va_list args;

	va_start(args, reason);
	vsnprintf(result.reason, sizeof(result.reason), reason, args);
	va_end(args);
	probe_conclude(probe, evidence, result);
}

/* "Connection refused" within a sentence. */
static const char *error_text(int error, char *buffer, size_t room)
{
	const char *text = strerrordesc_np(error < 0 ? -error : error);

	snprintf(buffer, room, "%s", text ? text : "unknown error");
	if (!isupper((unsigned char)buffer[1]))
		buffer[0] = (char)tolower((unsigned char)buffer[0]);
	return buffer;
}

void probe_end_error(struct probe *probe, int error)
{
	char text[64];

	probe_end(probe, EVIDENCE_BAD, "%s", error_text(error, text, sizeof(text)));
}

void probe_end_unsent(struct probe *probe, int error)
{
	char text[64];

	probe_end(probe, EVIDENCE_UNSENT, PROBE_UNSENT "%s", error_text(error, text, sizeof(text)));
}

static void begin(struct probe *probe)
{
	int r;

	probe->running = true;
	probe->started_us = monotonic_us();
	r = set_timer(probe, probe->started_us + probe->spec.timeout_us);
	r = r < 0 ? r : probe->method->start(probe);
	if (r < 0)
		probe_end_unsent(probe, r);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct probe *probe = userdata;

	if (probe->running)
		probe_end(probe, EVIDENCE_BAD, "no answer in %s",
			  duration_text(probe->spec.timeout_us / 1000).text);
	else if (probe->done)
		deliver(probe);
	else
		begin(probe);
	return 0;
}

const char *probe_spec_error(const struct probe_spec *spec)
{
	if ((unsigned)spec->kind >= PROBE_KIND_MAX)
		return "no such kind of check";
	if (!ip_is_set(&spec->target) && spec->kind != PROBE_SCRIPT)
		return "no address to check";
	if (ip_is_set(&spec->source) && ip_is_set(&spec->target) &&
	    spec->source.family != spec->target.family)
		return "the source is of another family than the target";
	if (!spec->port && !methods[spec->kind]->no_port)
		return "no port to check";
	if (spec->interval_us < 1000 || spec->timeout_us < 1000)
		return "interval and timeout are 1ms at least";
	return methods[spec->kind]->error ? methods[spec->kind]->error(spec) : NULL;
}

/* Where on its grid the next probe begins, as a part of the interval. */
static uint64_t next_offset(struct probes *probes, uint64_t interval_us)
{
	probes->spread += GOLDEN_STEP;
	return (uint64_t)((__uint128_t)interval_us * probes->spread >> 32);
}

static int probe_init(struct probe *probe)
{
	struct window_limits l = limits(probe);

	probe->window = window_start(&l);
	probe->result = (struct probe_result){ .up = probe->window.up,
					       .agent_weight = -1,
					       .agent_maxconn = -1 };
	probe->state = calloc(1, probe->method->state_size + 1);
	if (!probe->state)
		return -ENOMEM;
	return probe->method->init ? probe->method->init(probe) : 0;
}

/* Without a timer, and with nobody to tell. */
static int probe_new(struct probes *probes, const struct probe_spec *spec, void *userdata,
		     struct probe **ret)
{
	struct probe *probe;
	int r;

	if (probe_spec_error(spec))
		return -EINVAL;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	probe->probes = probes;
	probe->method = methods[spec->kind];
	probe->spec = *spec;
	probe->userdata = userdata;
	probe->fd = -1;
	LIST_INSERT_HEAD(&probes->list, probe, entry);
	r = probe_init(probe);
	if (r < 0) {
		probe_remove(probe);
		return r;
	}
	*ret = probe;
	return 0;
}

static int add_timer(struct probe *probe)
{
	return sd_event_add_time(probe->probes->event, &probe->timer, CLOCK_MONOTONIC,
				 probe->due_us, ACCURACY_US, on_timer, probe);
}

int probe_add(struct probes *probes, const struct probe_spec *spec,
	      void (*changed)(struct probe *probe, const struct probe_result *result,
			      void *userdata),
	      void *userdata, struct probe **ret)
{
	struct probe *probe;
	int r = probe_new(probes, spec, userdata, &probe);

	if (r < 0)
		return r;
	probe->changed = changed;
	probe->due_us = monotonic_us() + next_offset(probes, spec->interval_us);
	r = add_timer(probe);
	if (r < 0) {
		probe_remove(probe);
		return r;
	}
	*ret = probe;
	return 0;
}

int probe_once(struct probes *probes, const struct probe_spec *spec,
	       void (*done)(const struct probe_answer *answer, void *userdata), void *userdata,
	       struct probe **ret)
{
	struct probe_spec once = *spec;
	struct probe *probe;
	int r;

	once.interval_us = once.timeout_us;
	r = probe_new(probes, &once, userdata, &probe);
	if (r < 0)
		return r;
	probe->done = done;
	r = add_timer(probe);
	if (r < 0) {
		probe_remove(probe);
		return r;
	}
	probe->starting = true;
	begin(probe);
	probe->starting = false;
	*ret = probe;
	return 0;
}

void probe_remove(struct probe *probe)
{
	if (!probe)
		return;
	stop(probe);
	if (probe->method->done && probe->state)
		probe->method->done(probe);
	sd_event_source_disable_unref(probe->timer);
	LIST_REMOVE(probe, entry);
	free(probe->state);
	free(probe);
}

int probes_new(sd_event *event, struct probes **ret)
{
	struct probes *probes = calloc(1, sizeof(*probes));

	if (!probes)
		return -ENOMEM;
	probes->event = sd_event_ref(event);
	probes->programs.event = event;
	*ret = probes;
	return 0;
}

void probes_free(struct probes *probes)
{
	struct probe *probe, *next;

	if (!probes)
		return;
	for (probe = LIST_FIRST(&probes->list); probe; probe = next) {
		next = LIST_NEXT(probe, entry);
		probe_remove(probe);
	}
	programs_done(&probes->programs);
	web_free(probes->web);
	sd_event_unref(probes->event);
	free(probes);
}
