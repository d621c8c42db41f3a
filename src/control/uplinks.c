/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a line shows of itself, and what can be asked of it. */
#include "control/bus.h"

struct uplink_view {
	struct bus_view head;
	const char *name, *interface, *state, *reason;
	char **addresses, **gateways;
	uint64_t since;
	uint32_t position, index, table, mark, weight, tier, connections;
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

		if (ip_is_set(&family->address) &&
		    !(*address++ = text_of_address(arena, &family->address)))
			return false;
		if (ip_is_set(&family->gateway) &&
		    !(*gateway++ = text_of_address(arena, &family->gateway)))
			return false;
	}
	return address && gateway;
}

static struct bus_view *uplink_look(const struct world *world, size_t index, struct arena *arena)
{
	struct uplink_view *view = arena_alloc(arena, sizeof(*view));
	const struct line *line = &world->lines[index];

	if (!view || !look_families(view, line, arena))
		return NULL;
	view->name = line->config->name;
	view->interface = text_for_bus(arena, line->config->interface);
	view->state = uplink_state_text(line->state);
	view->reason = text_for_bus(arena, line->reason);
	view->since = line->since_us;
	view->position = (uint32_t)index;
	view->index = line->number;
	view->table = line_table(world, line);
	view->mark = line_mark(world, line);
	view->weight = line->config->weight;
	view->tier = line->config->tier;
	view->connections = line->connections;
	return view->interface && view->reason ? &view->head : NULL;
}

static int answer_enable(sd_bus_message *call, const struct bus_view *view, bool enabled,
			 sd_bus_error *error)
{
	struct control *control = view->object->control;
	const char *name = uplink_name(control->world, view->object->index);
	_cleanup_free_ char *message = NULL;
	int r = control->requests->enable(control->userdata, name, enabled, &message);

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
	VIEW_UNANNOUNCED("Connections", "u", struct uplink_view, connections),
	SD_BUS_METHOD("Enable", NULL, NULL, method_enable, 0),
	SD_BUS_METHOD("Disable", NULL, NULL, method_disable, 0),
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
