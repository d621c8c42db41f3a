/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a line shows of itself, and what can be asked of it. Figures that change all the time are
 * there to be read; only what lasts is announced.
 */
#include "control/bus.h"

#include "base/time.h"
#include "uplink/mtu.h"
#include "uplink/resolvers.h"
#include "uplink/trust.h"

#include <errno.h>

struct uplink_view {
	struct bus_view head;
	const struct line *line;
	const char *name, *interface, *state, *reason, *grade, *health, *health_reason;
	char **addresses, **gateways, **dns, **delegated;
	uint64_t since, rate_up, rate_down, month_bytes, quota_bytes;
	double loss;
	uint32_t position, index, table, mark, weight, tier, connections, mtu;
	uint32_t latency_us, jitter_us, penalty, penalty_level;
	int measured, suspicious, held, resting;
};

static size_t uplink_count(const struct world *world)
{
	return world->config->uplinks.n;
}

static const char *uplink_name(const struct world *world, size_t index)
{
	return world->config->uplinks.v[index].name;
}

static bool look_families(struct uplink_view *view, const struct line *line, struct arena *arena)
{
	char **address = view->addresses = text_list(arena, FAMILY_INDEX_MAX);
	char **gateway = view->gateways = text_list(arena, FAMILY_INDEX_MAX);

	for (size_t f = 0; address && gateway && f < FAMILY_INDEX_MAX; f++) {
		const struct line_family *family = &line->family[f];
		const struct ip_address *next = line_next_hop(family);

		if (ip_is_set(&family->address) &&
		    !(*address++ = text_of_address(arena, &family->address)))
			return false;
		if (ip_is_set(next) && !(*gateway++ = text_of_address(arena, next)))
			return false;
	}
	return address && gateway;
}

static bool look_lists(struct uplink_view *view, const struct line *line, struct arena *arena)
{
	struct resolvers resolvers = line_resolvers(line);

	view->dns = text_list(arena, resolvers.n);
	view->delegated = text_list(arena, line->delegated.n);
	if (!view->dns || !view->delegated)
		return false;
	for (size_t i = 0; i < resolvers.n; i++)
		if (!(view->dns[i] = text_of_address(arena, &resolvers.v[i])))
			return false;
	for (size_t i = 0; i < line->delegated.n; i++)
		if (!(view->delegated[i] = text_of_prefix(arena, &line->delegated.v[i])))
			return false;
	return true;
}

static void look_quality(struct uplink_view *view, const struct line *line)
{
	const struct line_quality *quality = &line->quality;

	view->health = line_health_text(quality->health);
	view->measured = quality->measured;
	view->loss = quality->measured ? quality->loss : 0;
	view->latency_us = quality->measured ? quality->latency_us : 0;
	view->jitter_us = quality->measured ? quality->jitter_us : 0;
	view->suspicious = quality->suspicious;
	view->penalty = (uint32_t)(trust_penalty_us(&line->trust) / 1000000);
	view->penalty_level = line->trust.level;
}

static void look_use(struct uplink_view *view, const struct line *line)
{
	view->grade = line_grade_text(line->grade);
	view->held = line->held;
	view->resting = line->resting;
	view->rate_up = line->usage.rate_up;
	view->rate_down = line->usage.rate_down;
	view->month_bytes = line->usage.month_bytes;
	view->quota_bytes = line->config->quota.bytes;
}

static struct bus_view *uplink_look(const struct world *world, size_t index, struct arena *arena)
{
	struct uplink_view *view = arena_alloc(arena, sizeof(*view));
	const struct line *line = &world->lines[index];

	if (!view || !look_families(view, line, arena) || !look_lists(view, line, arena))
		return NULL;
	view->line = line;
	view->name = line->config->name;
	view->interface = text_for_bus(arena, line->config->interface);
	view->state = uplink_state_text(line->state);
	view->reason = text_for_bus(arena, line->reason);
	view->health_reason = text_for_bus(arena, line->quality.reason);
	view->since = line->since_us;
	view->position = (uint32_t)index;
	view->index = line->number;
	view->table = line_table(world, line);
	view->mark = line_mark(world, line);
	view->weight = line->config->weight;
	view->tier = line->config->tier;
	view->connections = line->connections;
	view->mtu = line_mtu(world, line);
	look_quality(view, line);
	look_use(view, line);
	return view->interface && view->reason && view->health_reason ? &view->head : NULL;
}

/* 0 stays 0: never. */
static uint64_t realtime_of(uint64_t monotonic)
{
	return monotonic ? realtime_us() - (monotonic_us() - monotonic) : 0;
}

static int append_probe(sd_bus_message *reply, const struct control_probe *probe)
{
	_cleanup_(arena_done) struct arena arena = {};
	const struct line_quality *quality = &probe->quality;
	const char *reason = text_for_bus(&arena, quality->reason);
	const char *target = text_for_bus(&arena, probe->target);

	if (!reason || !target)
		return -ENOMEM;
	return sd_bus_message_append(reply, "a{sv}", 8, "Kind", "s", probe->kind, "Target", "s",
				     target, "Health", "s", line_health_text(quality->health),
				     "Reason", "s", reason, "Measured", "b", quality->measured,
				     "Loss", "d", quality->measured ? quality->loss : 0.0,
				     "LatencyUs", "u", quality->measured ? quality->latency_us : 0,
				     "Answered", "t", realtime_of(quality->answered_us));
}

static int get_probes(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_view *view = userdata;
	const struct control *control = view->object->control;
	struct control_probe probes[CONFIG_TARGETS_MAX];
	size_t n =
		control->requests->probes
			? control->requests->probes(control->userdata, view->object->index, probes)
			: 0;
	int r = sd_bus_message_open_container(reply, 'a', "a{sv}");

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = append_probe(reply, &probes[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* What pppd told of the session; empty when nobody did. */
static int get_ppp(sd_bus *bus, const char *path, const char *interface, const char *property,
		   sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct uplink_view *view = userdata;
	const struct line_ppp *ppp = &view->line->ppp;
	_cleanup_(arena_done) struct arena arena = {};
	const char *ipparam = text_for_bus(&arena, ppp->ipparam);
	const char *end = text_for_bus(&arena, ppp->end);
	const char *peer = ip_is_set(&ppp->peer) ? text_of_address(&arena, &ppp->peer) : "";

	if (!ppp->known)
		return sd_bus_message_append(reply, "a{sv}", 0);
	if (!ipparam || !end || !peer)
		return -ENOMEM;
	return sd_bus_message_append(reply, "a{sv}", 7, "Up", "b", ppp->up, "Peer", "s", peer,
				     "Mtu", "u", ppp->mtu, "Persists", "b", ppp->persists,
				     "Ipparam", "s", ipparam, "End", "s", end, "EchoLost", "u",
				     ppp->echo_lost);
}

static const char *name_of(const struct bus_view *view)
{
	return uplink_name(view->object->control->world, view->object->index);
}

static int answer_enable(sd_bus_message *call, const struct bus_view *view, bool enabled,
			 sd_bus_error *error)
{
	struct control *control = view->object->control;
	_cleanup_free_ char *message = NULL;
	int r = control->requests->enable(control->userdata, name_of(view), enabled, &message);

	return control_answer(call, r, message, error);
}

static int method_enable(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return answer_enable(call, userdata, true, error);
}

static int method_disable(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return answer_enable(call, userdata, false, error);
}

static int method_failback(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const struct bus_view *view = userdata;
	struct control *control = view->object->control;
	_cleanup_free_ char *message = NULL;
	int r = control->requests->failback(control->userdata, name_of(view), &message);

	return control_answer(call, r, message, error);
}

static void strv_freep(char ***texts)
{
	for (char **text = *texts; text && *text; text++)
		free(*text);
	free(*texts);
}

static int method_delegate(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const struct bus_view *view = userdata;
	struct control *control = view->object->control;
	_cleanup_(strv_freep) char **prefixes = NULL;
	_cleanup_free_ char *message = NULL;
	char *none = NULL;
	int r = sd_bus_message_read_strv(call, &prefixes);

	if (r < 0)
		return r;
	r = control->requests->delegate(control->userdata, name_of(view),
					prefixes ? prefixes : &none, &message);
	return control_answer(call, r, message, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	VIEW_CONSTANT("Name", "s", struct uplink_view, name),
	VIEW_PROPERTY("Position", "u", struct uplink_view, position),
	VIEW_PROPERTY("Interface", "s", struct uplink_view, interface),
	VIEW_PROPERTY("Index", "u", struct uplink_view, index),
	VIEW_PROPERTY("State", "s", struct uplink_view, state),
	VIEW_PROPERTY("Reason", "s", struct uplink_view, reason),
	VIEW_PROPERTY("Since", "t", struct uplink_view, since),
	VIEW_PROPERTY("Addresses", "as", struct uplink_view, addresses),
	VIEW_PROPERTY("Gateways", "as", struct uplink_view, gateways),
	VIEW_PROPERTY("Table", "u", struct uplink_view, table),
	VIEW_PROPERTY("Mark", "u", struct uplink_view, mark),
	VIEW_PROPERTY("Weight", "u", struct uplink_view, weight),
	VIEW_PROPERTY("Tier", "u", struct uplink_view, tier),
	VIEW_PROPERTY("Grade", "s", struct uplink_view, grade),
	VIEW_PROPERTY("Held", "b", struct uplink_view, held),
	VIEW_PROPERTY("Resting", "b", struct uplink_view, resting),
	VIEW_PROPERTY("Mtu", "u", struct uplink_view, mtu),
	VIEW_PROPERTY("Dns", "as", struct uplink_view, dns),
	VIEW_PROPERTY("Delegated", "as", struct uplink_view, delegated),
	VIEW_PROPERTY("QuotaBytes", "t", struct uplink_view, quota_bytes),
	VIEW_UNANNOUNCED("Connections", "u", struct uplink_view, connections),
	VIEW_UNANNOUNCED("Health", "s", struct uplink_view, health),
	VIEW_UNANNOUNCED("HealthReason", "s", struct uplink_view, health_reason),
	VIEW_UNANNOUNCED("Suspicious", "b", struct uplink_view, suspicious),
	VIEW_UNANNOUNCED("Measured", "b", struct uplink_view, measured),
	VIEW_UNANNOUNCED("Loss", "d", struct uplink_view, loss),
	VIEW_UNANNOUNCED("LatencyUs", "u", struct uplink_view, latency_us),
	VIEW_UNANNOUNCED("JitterUs", "u", struct uplink_view, jitter_us),
	VIEW_UNANNOUNCED("PenaltyS", "u", struct uplink_view, penalty),
	VIEW_UNANNOUNCED("PenaltyLevel", "u", struct uplink_view, penalty_level),
	VIEW_UNANNOUNCED("RateUp", "t", struct uplink_view, rate_up),
	VIEW_UNANNOUNCED("RateDown", "t", struct uplink_view, rate_down),
	VIEW_UNANNOUNCED("MonthBytes", "t", struct uplink_view, month_bytes),
	SD_BUS_PROPERTY("Probes", "aa{sv}", get_probes, 0, 0),
	SD_BUS_PROPERTY("Ppp", "a{sv}", get_ppp, 0, 0),
	SD_BUS_METHOD("Enable", NULL, NULL, method_enable, 0),
	SD_BUS_METHOD("Disable", NULL, NULL, method_disable, 0),
	SD_BUS_METHOD("Failback", NULL, NULL, method_failback, 0),
	SD_BUS_METHOD_WITH_ARGS("Delegate", SD_BUS_ARGS("as", prefixes), SD_BUS_NO_RESULT,
				method_delegate, 0),
	SD_BUS_VTABLE_END,
};

const struct bus_class uplink_class = {
	.path = BUS_ROOT "/uplink",
	.interface = BUS_NAME ".Uplink",
	.vtable = vtable,
	.count = uplink_count,
	.name = uplink_name,
	.look = uplink_look,
};
