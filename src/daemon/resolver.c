/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The box's resolver is told of the lines' DNS servers: systemd-resolved by the system bus, link by
 * link, or the file RUNTIME_DIR/resolv.conf for whoever includes it. Nothing waits for the bus, and
 * what was said to it once is not said again until it changes, or until somebody new owns
 * resolved's name: that one has forgotten everything.
 *
 * Only the best lines are to be asked for whatever names there are (a default route, as resolved
 * calls it): it asks all of those at once.
 */
#include "daemon/state.h"

#include "base/file.h"
#include "base/log.h"
#include "policy/choice.h"
#include "uplink/resolvers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RESOLVED      "org.freedesktop.resolve1"
#define RESOLVED_PATH "/org/freedesktop/resolve1"
#define RESOLVED_MATCH                                                                  \
	"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus'," \
	"member='NameOwnerChanged',path='/org/freedesktop/DBus',arg0='" RESOLVED "'"

/* What resolved has of a link. */
struct told {
	int link;
	bool primary; /* asked for all names */
	ARRAY(struct ip_address) servers;
};

struct dns {
	struct daemon *daemon;
	sd_bus *bus;  /* the one that the rest is about */
	bool owned;   /* resolved is there, or may be */
	bool asked;   /* ... as we know by now */
	bool refused; /* it was logged */
	bool heir;    /* it may have kept what it was told before */
	ARRAY(struct told) told;
	char *path, *written; /* the file, and what is in it; NULL: not known */
	bool unwritten;       /* it could not be, which was logged */
};

int resolver_new(struct daemon *d)
{
	struct dns *dns = d->dns = calloc(1, sizeof(*dns));

	if (!dns)
		return -ENOMEM;
	dns->daemon = d;
	return asprintf(&dns->path, "%s/resolv.conf", d->runtime.directory) < 0 ? -ENOMEM : 0;
}

static void forget(struct dns *dns)
{
	array_foreach(&dns->told, told)
		array_done(&told->servers);
	array_done(&dns->told);
}

void resolver_free(struct dns *dns)
{
	if (!dns)
		return;
	forget(dns);
	sd_bus_unref(dns->bus);
	free(dns->path);
	free(dns->written);
	free(dns);
}

/* The lines that may be used in either family, best first. */
static struct choice usable_lines(const struct world *world)
{
	struct choice lines = choice_order(world, FAMILY_V4);
	struct choice more = choice_order(world, FAMILY_V6);

	for (size_t i = 0; i < more.n; i++)
		if (!more.lines[i]->family[FAMILY_V4].usable)
			lines.lines[lines.n++] = more.lines[i];
	return lines;
}

/* --- the file ------------------------------------------------------------------------------- */

static void remove_file(struct dns *dns)
{
	if (dns->written && !*dns->written)
		return;
	if (unlink(dns->path) < 0 && errno != ENOENT)
		log_errno(LOG_WARNING, -errno, "cannot remove %s, ignoring", dns->path);
	free(dns->written);
	dns->written = strdup("");
}

/* Somebody may have cleared the directory. */
static bool is_written(const struct dns *dns, const char *text)
{
	return dns->written && strcmp(dns->written, text) == 0 && access(dns->path, F_OK) == 0;
}

static void write_file(struct dns *dns)
{
	struct choice lines = usable_lines(&dns->daemon->world);
	_cleanup_free_ char *text = resolv_conf(lines.lines, lines.n);
	int r;

	if (!text) {
		log_oom();
		return;
	}
	if (is_written(dns, text))
		return;
	r = file_publish(dns->path, text);
	if (r < 0 && !dns->unwritten)
		log_errno(LOG_WARNING, r, "cannot write %s, trying again", dns->path);
	if (r < 0)
		daemon_later(dns->daemon, RETRY_US);
	dns->unwritten = r < 0;
	free(dns->written);
	dns->written = r < 0 ? NULL : TAKE_PTR(text);
}

/* --- systemd-resolved ----------------------------------------------------------------------- */

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
	struct dns *dns = userdata;
	const sd_bus_error *refusal = sd_bus_message_get_error(answer);

	if (!refusal || dns->refused || sd_bus_message_get_bus(answer) != dns->bus)
		return 0;
	/* A link that went in the meantime is no news. */
	if (sd_bus_error_has_name(refusal, RESOLVED ".NoSuchLink"))
		return 0;
	dns->refused = true;
	log_warning("systemd-resolved does not take the lines' DNS servers: %s, ignoring",
		    refusal->message);
	return 0;
}

static int begin_call(struct dns *dns, const char *member, int link, sd_bus_message **ret)
{
	int r = sd_bus_message_new_method_call(dns->bus, ret, RESOLVED, RESOLVED_PATH,
					       RESOLVED ".Manager", member);

	r = r < 0 ? r : sd_bus_message_set_auto_start(*ret, false);
	return r < 0 ? r : sd_bus_message_append(*ret, "i", link);
}

static int send_call(struct dns *dns, sd_bus_message *call)
{
	return sd_bus_call_async(dns->bus, NULL, call, on_answer, dns, 0);
}

static int append_servers(sd_bus_message *call, const struct told *told)
{
	int r = sd_bus_message_open_container(call, 'a', "(iay)");

	array_foreach(&told->servers, server) {
		r = r < 0 ? r : sd_bus_message_open_container(call, 'r', "iay");
		r = r < 0 ? r : sd_bus_message_append(call, "i", server->family);
		r = r < 0 ? r
			  : sd_bus_message_append_array(call, 'y', server->bytes,
							ip_size(server->family));
		r = r < 0 ? r : sd_bus_message_close_container(call);
	}
	return r < 0 ? r : sd_bus_message_close_container(call);
}

static int tell_servers(struct dns *dns, const struct told *told)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = begin_call(dns, "SetLinkDNS", told->link, &call);

	r = r < 0 ? r : append_servers(call, told);
	return r < 0 ? r : send_call(dns, call);
}

static int tell_primary(struct dns *dns, const struct told *told)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = begin_call(dns, "SetLinkDefaultRoute", told->link, &call);

	r = r < 0 ? r : sd_bus_message_append(call, "b", told->primary);
	return r < 0 ? r : send_call(dns, call);
}

static int revert(struct dns *dns, int link)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
	int r = begin_call(dns, "RevertLink", link, &call);

	return r < 0 ? r : send_call(dns, call);
}

static int tell(struct dns *dns, const struct told *told, const struct told *before)
{
	bool same = before && before->servers.n == told->servers.n;
	int r = 0;

	for (size_t i = 0; same && i < told->servers.n; i++)
		same = ip_equal(&before->servers.v[i], &told->servers.v[i]);
	if (!same)
		r = tell_servers(dns, told);
	if (r >= 0 && (!before || before->primary != told->primary))
		r = tell_primary(dns, told);
	return r;
}

static bool has_servers(const struct line *line)
{
	struct resolvers resolvers = line_resolvers(line);

	for (size_t i = 0; i < resolvers.n; i++)
		if (line_can_ask(line, &resolvers.v[i]))
			return true;
	return false;
}

/* As good as any that has servers to ask. */
static bool is_best(const struct choice *lines, const struct line *line)
{
	for (size_t i = 0; i < lines->n; i++)
		if (has_servers(lines->lines[i]))
			return line->grade == lines->lines[i]->grade &&
			       line->config->tier == lines->lines[i]->config->tier;
	return false;
}

static int gather(const struct choice *lines, const struct line *line, struct told *ret)
{
	struct resolvers resolvers = line_resolvers(line);
	int r = 0;

	*ret = (struct told){ .link = line->link, .primary = is_best(lines, line) };
	for (size_t i = 0; r == 0 && i < resolvers.n; i++)
		if (line_can_ask(line, &resolvers.v[i]))
			r = array_push(&ret->servers, resolvers.v[i]);
	return r;
}

static const struct told *find_told(const struct dns *dns, int link)
{
	array_foreach(&dns->told, told)
		if (told->link == link)
			return told;
	return NULL;
}

/* Lines that died while there was nobody to tell, or nobody to be told. */
static int revert_inherited(struct dns *dns)
{
	const struct world *world = &dns->daemon->world;
	int r = 0;

	for (size_t i = 0; dns->heir && r >= 0 && i < world->config->uplinks.n; i++) {
		const struct line *line = &world->lines[i];

		if (line->link && line_resolvers(line).n && !find_told(dns, line->link))
			r = revert(dns, line->link);
	}
	dns->heir = false;
	return r;
}

/* Says what differs from what was said; nothing of it is to last if not `wanted`. */
static int tell_all(struct dns *dns, bool wanted)
{
	const struct world *world = &dns->daemon->world;
	struct choice lines = usable_lines(world);
	struct dns fresh = { 0 };
	int r = 0;

	for (size_t i = 0; wanted && r >= 0 && i < lines.n; i++) {
		struct told told;

		r = gather(&lines, lines.lines[i], &told);
		if (r >= 0 && told.servers.n)
			r = tell(dns, &told, find_told(dns, told.link));
		if (r >= 0 && told.servers.n)
			r = array_push(&fresh.told, told);
		else
			array_done(&told.servers);
	}
	array_foreach(&dns->told, old)
		if (r >= 0 && !find_told(&fresh, old->link) && facts_link(world->facts, old->link))
			r = revert(dns, old->link);
	forget(dns);
	dns->told = (__typeof__(dns->told)){ .v = fresh.told.v,
					     .n = fresh.told.n,
					     .room = fresh.told.room };
	return r < 0 ? r : revert_inherited(dns);
}

static void forget_bus(struct dns *dns)
{
	forget(dns);
	dns->owned = dns->asked = dns->refused = false;
	dns->heir = true;
}

/* Somebody new has the name, or nobody has it now. */
static int on_owner_changed(sd_bus_message *signal, void *userdata, sd_bus_error *error)
{
	struct dns *dns = userdata;
	const char *name, *before, *now;

	if (sd_bus_message_get_bus(signal) != dns->bus ||
	    sd_bus_message_read(signal, "sss", &name, &before, &now) < 0)
		return 0;
	forget_bus(dns);
	dns->owned = *now;
	dns->asked = true;
	resolver_use(dns->daemon);
	return 0;
}

static int ask_owner(struct dns *dns);

/* A bus that is busy is asked again; its answer has its time limit. */
static int on_owner(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
	struct dns *dns = userdata;

	if (sd_bus_message_get_bus(answer) != dns->bus || dns->asked)
		return 0;
	if (sd_bus_message_is_method_error(answer, SD_BUS_ERROR_NO_REPLY))
		return ask_owner(dns);
	dns->asked = true;
	dns->owned = !sd_bus_message_is_method_error(answer, NULL);
	resolver_use(dns->daemon);
	return 0;
}

static int on_matched(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *refusal = sd_bus_message_get_error(answer);

	/* What a busy bus has not read yet it will. */
	if (refusal && !sd_bus_error_has_name(refusal, SD_BUS_ERROR_NO_REPLY))
		log_warning("the system bus does not say when systemd-resolved comes: %s, ignoring",
			    refusal->message);
	return 0;
}

static int ask_owner(struct dns *dns)
{
	return sd_bus_call_method_async(dns->bus, NULL, "org.freedesktop.DBus",
					"/org/freedesktop/DBus", "org.freedesktop.DBus",
					"GetNameOwner", on_owner, dns, "s", RESOLVED);
}

/* The match first, so that no change is missed. */
static int watch_owner(struct dns *dns)
{
	int r = sd_bus_add_match_async(dns->bus, NULL, RESOLVED_MATCH, on_owner_changed, on_matched,
				       dns);

	return r < 0 ? r : ask_owner(dns);
}

static int join(struct dns *dns)
{
	sd_bus *bus = control_system(dns->daemon->control);

	if (bus == dns->bus)
		return 0;
	forget_bus(dns);
	sd_bus_unref(dns->bus);
	dns->bus = sd_bus_ref(bus);
	return bus ? watch_owner(dns) : 0;
}

/* Until the bus has answered, the file is left as it is, so that it does not come and go. */
void resolver_use(struct daemon *d)
{
	struct dns *dns = d->dns;
	enum resolver kind = d->world.flushed ? RESOLVER_OFF : d->config->gateway.resolver;
	bool by_bus = kind == RESOLVER_AUTO || kind == RESOLVER_RESOLVED;
	int r = by_bus ? join(dns) : 0;
	bool pending = by_bus && dns->bus && !dns->asked;

	if (r >= 0 && dns->bus && dns->owned)
		r = tell_all(dns, by_bus);
	if (r < 0)
		log_errno(LOG_WARNING, r, "cannot tell systemd-resolved, ignoring");
	if (kind == RESOLVER_FILE || (kind == RESOLVER_AUTO && !pending && !dns->owned))
		write_file(dns);
	else if (!pending)
		remove_file(dns);
}
