/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines, services, domains and policies as objects on the bus: how a path finds its object, which
 * paths there are, and what is announced when the configuration is replaced. What each kind shows
 * is its own file's business; this one treats all alike.
 *
 * Nothing is registered object by object, so nothing has to be kept in step with the
 * configuration: sd-bus asks for a path and is given a view made on the spot. The view lives until
 * the next object of its class is looked at, which is longer than sd-bus reads it, but not
 * longer than a request that announces changes: methods must not touch their view after the call.
 */
#include "control/bus.h"

#include "base/hash.h"
#include "base/log.h"

#include <errno.h>
#include <string.h>

static const struct bus_class *const classes[CLASS_MAX] = {
	[CLASS_UPLINK] = &uplink_class,
	[CLASS_SERVICE] = &service_class,
	[CLASS_DOMAIN] = &domain_class,
	[CLASS_POLICY] = &policy_class,
};

/*
 * Searches from the last hit on: looking for all objects in turn, as GetManagedObjects does, is
 * then linear.
 */
static bool object_seek(struct bus_object *object, const char *name)
{
	const struct world *world = object->control->world;
	size_t n = object->class->count(world);

	for (size_t i = 0; i < n; i++) {
		size_t at = (object->index + i) % n;

		if (strcmp(object->class->name(world, at), name) == 0) {
			object->index = at;
			return true;
		}
	}
	return false;
}

static int object_find(sd_bus *bus, const char *path, const char *interface, void *userdata,
		       void **ret_found, sd_bus_error *ret_error)
{
	struct bus_object *object = userdata;
	_cleanup_free_ char *name = NULL;
	struct bus_view *view;
	int r = sd_bus_path_decode(path, object->class->path, &name);

	if (r <= 0 || !object_seek(object, name))
		return r < 0 ? r : 0;
	arena_done(&object->arena);
	view = object->class->look(object->control->world, object->index, &object->arena);
	if (!view)
		return -ENOMEM;
	view->object = object;
	*ret_found = view;
	return 1;
}

static void free_strings(char ***strings)
{
	for (char **s = *strings; s && *s; s++)
		free(*s);
	free(*strings);
}

static int object_enumerate(sd_bus *bus, const char *prefix, void *userdata, char ***ret_paths,
			    sd_bus_error *ret_error)
{
	struct bus_object *object = userdata;
	const struct world *world = object->control->world;
	size_t n = object->class->count(world);
	_cleanup_(free_strings) char **paths = calloc(n + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *name = object->class->name(world, i);
		int r = sd_bus_path_encode(object->class->path, name, &paths[i]);

		if (r < 0)
			return r;
	}
	*ret_paths = TAKE_PTR(paths);
	return 0;
}

void objects_init(struct control *control)
{
	for (size_t i = 0; i < CLASS_MAX; i++)
		control->objects[i] = (struct bus_object){
			.control = control,
			.class = classes[i],
		};
}

static void memories_done(struct bus_memories *memories)
{
	array_foreach(&memories->v, memory)
		free(memory->name);
	array_done(&memories->v);
}

void objects_free(struct control *control)
{
	for (size_t i = 0; i < CLASS_MAX; i++) {
		arena_done(&control->objects[i].arena);
		memories_done(&control->memories[i]);
	}
	array_done(&control->lines);
}

int objects_install(struct control *control, sd_bus *bus)
{
	int r = sd_bus_add_object_manager(bus, NULL, BUS_ROOT);

	for (size_t i = 0; r >= 0 && i < CLASS_MAX; i++) {
		struct bus_object *object = &control->objects[i];

		r = sd_bus_add_fallback_vtable(bus, NULL, classes[i]->path, classes[i]->interface,
					       classes[i]->vtable, object_find, object);
		if (r >= 0)
			r = sd_bus_add_node_enumerator(bus, NULL, classes[i]->path,
						       object_enumerate, object);
	}
	return r;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return text ? hash_bytes(hash, text, strlen(text) + 1) : hash;
}

static uint64_t hash_texts(uint64_t hash, char *const *texts)
{
	for (; *texts; texts++)
		hash = hash_text(hash, *texts);
	return hash;
}

/* A hash of the properties whose changes are announced, read as sd-bus reads them. */
static uint64_t view_digest(const struct bus_view *view, const sd_bus_vtable *vtable)
{
	uint64_t hash = view->others;

	for (; vtable->type != _SD_BUS_VTABLE_END; vtable++) {
		const char *at = (const char *)view + vtable->x.property.offset;

		if (vtable->type != _SD_BUS_VTABLE_PROPERTY || vtable->x.property.get ||
		    !(vtable->flags & SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE))
			continue;
		if (strcmp(vtable->x.property.signature, "as") == 0)
			hash = hash_texts(hash, *(char *const *const *)at);
		else if (strcmp(vtable->x.property.signature, "s") == 0)
			hash = hash_text(hash, *(const char *const *)at);
		else if (strcmp(vtable->x.property.signature, "t") == 0)
			hash = hash_bytes(hash, at, sizeof(uint64_t));
		else
			hash = hash_bytes(hash, at, sizeof(uint32_t));
	}
	return hash;
}

static int object_digest(struct control *control, enum bus_class_id id, size_t index, uint64_t *ret)
{
	_cleanup_(arena_done) struct arena arena = {};
	struct bus_view *view = classes[id]->look(control->world, index, &arena);

	if (!view)
		return -ENOMEM;
	*ret = view_digest(view, classes[id]->vtable);
	return 0;
}

static int remember(struct control *control, enum bus_class_id id, size_t index)
{
	struct bus_memories *memories = &control->memories[id];
	struct bus_memory memory = {};
	int r = object_digest(control, id, index, &memory.digest);

	if (r < 0)
		return r;
	memory.name = strdup(classes[id]->name(control->world, index));
	r = memory.name ? array_push(&memories->v, memory) : -ENOMEM;
	if (r < 0)
		free(memory.name);
	return r;
}

int objects_remember(struct control *control)
{
	int r = 0;

	for (enum bus_class_id id = 0; id < CLASS_MAX; id++) {
		memories_done(&control->memories[id]);
		for (size_t i = 0; r >= 0 && i < classes[id]->count(control->world); i++)
			r = remember(control, id, i);
	}
	return r;
}

static void announce_added(struct control *control, const char *path)
{
	array_foreach(&control->buses, bus)
		control_signalled(sd_bus_emit_object_added(*bus, path));
}

static void announce_removed(struct control *control, const char *path, const char *interface)
{
	array_foreach(&control->buses, bus)
		control_signalled(sd_bus_emit_interfaces_removed(
			*bus, path, "org.freedesktop.DBus.Peer",
			"org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Properties",
			interface, NULL));
}

static void announce_changed(struct control *control, const char *path, const char *interface)
{
	array_foreach(&control->buses, bus)
		control_signalled(sd_bus_emit_properties_changed_strv(*bus, path, interface, NULL));
}

/* Like object_seek(), for the objects that were: both lists are mostly in the same order. */
static struct bus_memory *recall(struct bus_memories *memories, size_t from, const char *name)
{
	for (size_t i = 0; i < memories->v.n; i++) {
		struct bus_memory *memory = &memories->v.v[(from + i) % memories->v.n];

		if (strcmp(memory->name, name) == 0)
			return memory;
	}
	return NULL;
}

static int compare_object(struct control *control, enum bus_class_id id, size_t index)
{
	const char *name = classes[id]->name(control->world, index);
	struct bus_memory *memory = recall(&control->memories[id], index, name);
	_cleanup_free_ char *path = NULL;
	uint64_t digest;
	int r = object_digest(control, id, index, &digest);

	if (r < 0)
		return r;
	r = sd_bus_path_encode(classes[id]->path, name, &path);
	if (r < 0)
		return r;
	if (!memory)
		announce_added(control, path);
	else if (memory->digest != digest)
		announce_changed(control, path, classes[id]->interface);
	if (memory)
		memory->found_again = true;
	return 0;
}

static int compare_gone(struct control *control, enum bus_class_id id)
{
	array_foreach(&control->memories[id].v, memory) {
		_cleanup_free_ char *path = NULL;
		int r;

		if (memory->found_again)
			continue;
		r = sd_bus_path_encode(classes[id]->path, memory->name, &path);
		if (r < 0)
			return r;
		announce_removed(control, path, classes[id]->interface);
	}
	return 0;
}

void objects_compare(struct control *control)
{
	for (enum bus_class_id id = 0; id < CLASS_MAX; id++) {
		int r = 0;

		for (size_t i = 0; r >= 0 && i < classes[id]->count(control->world); i++)
			r = compare_object(control, id, i);
		if (r >= 0)
			r = compare_gone(control, id);
		if (r < 0)
			log_errno(LOG_WARNING, r, "cannot announce all changes, ignoring");
		memories_done(&control->memories[id]);
	}
}

int objects_look_at_lines(struct control *control)
{
	for (size_t i = 0; i < control->world->config->uplinks.n; i++) {
		const char *name = control->world->config->uplinks.v[i].name;
		uint64_t digest;
		int r = object_digest(control, CLASS_UPLINK, i, &digest);

		if (r < 0)
			return r;
		if (i == control->lines.n) {
			r = array_push(&control->lines, digest);
			if (r < 0)
				return r;
		} else if (control->lines.v[i] != digest) {
			control->lines.v[i] = digest;
			objects_changed(control, CLASS_UPLINK, name);
		}
	}
	return 0;
}

void objects_changed(struct control *control, enum bus_class_id id, const char *name)
{
	_cleanup_free_ char *path = NULL;
	int r = sd_bus_path_encode(classes[id]->path, name, &path);

	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot announce a change of %s, ignoring", name);
	else
		announce_changed(control, path, classes[id]->interface);
}
