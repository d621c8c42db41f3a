/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way by which anything that happens is told: to the log, to the bus, and to the hooks,
 * in this order; what an arrangement brings about when the kernel is arranged, since a log that is
 * full or a hook to be started must not delay it. What a line tells of besides its state is found
 * by comparing it with what was told last, so it makes no difference who has changed it, or when.
 */
#include "daemon/state.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell(struct daemon *d, struct event *event)
{
	event_log(event);
	if (d->control)
		control_tell(d->control, event);
	if (d->hooks)
		hooks_run(d->hooks, event);
	event_done(event);
}

void daemon_tell(struct daemon *d, struct event *event)
{
	if (!d->arranging || array_push(&d->untold, *event) < 0)
		tell(d, event);
}

void tell_untold(struct daemon *d)
{
	d->arranging = false;
	array_foreach(&d->untold, event)
		tell(d, event);
	array_done(&d->untold);
}

void tell_daemon(struct daemon *d, enum event_type type, const char *format, ...)
{
	struct event event;
	va_list args;

	event_init(&event, type, "uplinkd");
	va_start(args, format);
	event_vsay(&event, format, args);
	va_end(args);
	daemon_tell(d, &event);
}

static void set_address(struct event *event, const char *key, const struct ip_address *address)
{
	if (ip_is_set(address))
		event_set(event, key, "%s", ip_text(address).text);
}

static void set_quality(struct event *event, const struct line_quality *quality)
{
	event_set(event, "health", "%s", line_health_text(quality->health));
	if (!quality->measured)
		return;
	event_set(event, "loss", "%.3f", quality->loss);
	event_set(event, "latency_us", "%" PRIu32, quality->latency_us);
	event_set(event, "jitter_us", "%" PRIu32, quality->jitter_us);
}

/* What there is to know of a line; event_say() and daemon_tell() follow. */
static void line_event(struct daemon *d, struct event *event, enum event_type type,
		       const struct line *line)
{
	event_init(event, type, line->config->name);
	event_set(event, "interface", "%s", line->config->interface);
	event_set(event, "state", "%s", uplink_state_text(line->state));
	event_set(event, "reason", "%s", line->reason);
	set_address(event, "address", &line->family[FAMILY_V4].address);
	set_address(event, "address6", &line->family[FAMILY_V6].address);
	set_address(event, "gateway", line_next_hop(&line->family[FAMILY_V4]));
	set_address(event, "gateway6", line_next_hop(&line->family[FAMILY_V6]));
	event_set(event, "table", "%" PRIu32, line_table(&d->world, line));
	event_set(event, "mark", "0x%" PRIx32, line_mark(&d->world, line));
	set_quality(event, &line->quality);
}

void tell_line(struct daemon *d, enum event_type type, const struct line *line, const char *format,
	       ...)
{
	struct event event;
	va_list args;

	line_event(d, &event, type, line);
	va_start(args, format);
	event_vsay(&event, format, args);
	va_end(args);
	daemon_tell(d, &event);
}

static void note_addresses(struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		line->told.address[f] = line->family[f].address;
}

static void set_old_address(struct event *event, const struct line *line, enum family_index f)
{
	if (!ip_equal(&line->told.address[f], &line->family[f].address))
		set_address(event, f == FAMILY_V4 ? "old_address" : "old_address6",
			    &line->told.address[f]);
}

void tell_state(struct daemon *d, struct line *line, const char *was)
{
	struct event event;

	line_event(d, &event, EVENT_UPLINK_STATE, line);
	event_set(&event, "old_state", "%s", was);
	set_old_address(&event, line, FAMILY_V4);
	set_old_address(&event, line, FAMILY_V6);
	if (strcmp(was, uplink_state_text(line->state)) == 0)
		event_say(&event, "still %s (%s)", was, line->reason);
	else
		event_say(&event, "%s -> %s (%s)", was, uplink_state_text(line->state),
			  line->reason);
	daemon_tell(d, &event);
	note_addresses(line);
}

static const char *address_text(const struct ip_address *address, struct ip_text *text)
{
	*text = ip_text(address);
	return ip_is_set(address) ? text->text : "none";
}

static void tell_address(struct daemon *d, struct line *line, enum family_index f)
{
	const struct ip_address *was = &line->told.address[f], *now = &line->family[f].address;
	struct event event;
	struct ip_text a, b;

	line_event(d, &event, EVENT_UPLINK_ADDRESS, line);
	set_old_address(&event, line, f);
	event_say(&event, "%s address %s -> %s", f == FAMILY_V4 ? "IPv4" : "IPv6",
		  address_text(was, &a), address_text(now, &b));
	daemon_tell(d, &event);
}

static void tell_addresses(struct daemon *d, struct line *line)
{
	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (!ip_equal(&line->told.address[f], &line->family[f].address))
			tell_address(d, line, f);
	note_addresses(line);
}

static void tell_suspicion(struct daemon *d, struct line *line)
{
	const struct line_quality *quality = &line->quality;

	if (line->told.suspicious == quality->suspicious)
		return;
	line->told.suspicious = quality->suspicious;
	if (!quality->suspicious)
		tell_line(d, EVENT_UPLINK_SUSPICION, line, "no longer suspicious");
	else
		tell_line(d, EVENT_UPLINK_SUSPICION, line, "suspicious%s%s",
			  *quality->reason ? ": " : "", quality->reason);
}

/* A penalty that wears off is told of when nothing of it is left. */
static void tell_penalty(struct daemon *d, struct line *line)
{
	uint32_t was = line->told.level, now = line->trust.level;

	if (was == now || (now < was && now > 0))
		return;
	line->told.level = now;
	if (now == 0)
		tell_line(d, EVENT_UPLINK_PENALTY, line, "trusted as before");
	else
		tell_line(d, EVENT_UPLINK_PENALTY, line,
			  "goes down again and again: penalty of level %" PRIu32, now);
}

static void tell_place(struct daemon *d, struct line *line)
{
	if (line->told.held != line->held && line->held)
		tell_line(d, EVENT_UPLINK_FAILBACK, line, "held back until `uplinkctl failback %s`",
			  line->config->name);
	else if (line->told.held != line->held)
		tell_line(d, EVENT_UPLINK_FAILBACK, line, "held back no more");
	if (line->told.resting != line->resting)
		tell_line(d, EVENT_UPLINK_SCHEDULE, line,
			  line->resting ? "rests by its schedule" : "its scheduled time begins");
	line->told.held = line->held;
	line->told.resting = line->resting;
}

static bool same_prefixes(const struct line_prefixes *a, const struct line_prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (ip_prefix_compare(&a->v[i], &b->v[i]) != 0)
			return false;
	return true;
}

static void tell_prefixes(struct daemon *d, struct line *line)
{
	char text[LINE_DELEGATED_MAX * sizeof(struct ip_text)] = "";
	struct event event;
	size_t n = 0;

	if (same_prefixes(&line->told.delegated, &line->delegated))
		return;
	line->told.delegated = line->delegated;
	for (size_t i = 0; i < line->delegated.n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? " " : "",
				      ip_prefix_text(&line->delegated.v[i]).text);
	line_event(d, &event, EVENT_UPLINK_PREFIX, line);
	event_set(&event, "prefixes", "%s", text);
	event_say(&event, "prefixes that are ours by it: %s", n ? text : "none");
	daemon_tell(d, &event);
}

void tell_lines(struct daemon *d)
{
	for (size_t i = 0; i < d->config->uplinks.n; i++) {
		struct line *line = &d->world.lines[i];

		tell_addresses(d, line);
		tell_prefixes(d, line);
		tell_suspicion(d, line);
		tell_penalty(d, line);
		tell_place(d, line);
	}
}
