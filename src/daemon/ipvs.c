/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ipvsadm language: commands change a table, which becomes services of the configuration
 * besides the file's, and is kept as commands in RUNTIME_DIR/ipvs. Several commands at once are one
 * change: either all are done, by one arrangement, or none is.
 */
#include "daemon/state.h"

#include "base/log.h"
#include "ipvs/list.h"
#include "service/traffic.h"

#include <errno.h>
#include <string.h>

static int load_with(struct daemon *d, const struct ipvs_table *table, struct config **ret,
		     char **ret_errors)
{
	_cleanup_free_ char *more = NULL;
	int r = ipvs_table_to_config(table, &more);

	return r < 0 ? r : config_load(d->config_path, more, ret, ret_errors);
}

int load_config(struct daemon *d, struct config **ret, char **ret_errors)
{
	return load_with(d, &d->ipvs, ret, ret_errors);
}

int load_config_at_start(struct daemon *d, struct config **ret, char **ret_errors)
{
	_cleanup_free_ char *errors = NULL;
	int r = load_config(d, ret, &errors);

	if (r == 0)
		return 0;
	if (config_load(d->config_path, NULL, ret, ret_errors) < 0)
		return r;
	log_errno(LOG_ERR, r, "starting without the services made by ipvs: %s",
		  errors ? errors : "no reason known");
	return 0;
}

static int say(char **ret, int error, const char *message)
{
	*ret = strdup(message);
	return error;
}

/* Takes the table over if the configuration with it is accepted. */
static int use_table(struct daemon *d, const struct ipvs_table *table, char **ret_text)
{
	struct config *config = NULL;
	int r = load_with(d, table, &config, ret_text);

	if (r < 0)
		return r;
	r = use_config(d, config);
	if (r < 0)
		config_free(config);
	return r;
}

/* Packets and bytes as well as connections, as ipvsadm's -Z does. */
static void zero_service(const struct daemon *d, const struct ipvs_entry *entry)
{
	for (size_t i = 0; i < entry->service->servers.n; i++) {
		struct server_state *state = &entry->state->servers[i];

		traffic_zero(state);
		memset(state->by_line, 0, (d->config->uplinks.n + 1) * sizeof(*state->by_line));
	}
}

static void zero(const struct daemon *d, const struct ipvs_entries *entries,
		 const struct ipvs_command *command)
{
	array_foreach(&entries->v, entry)
		if (!ipvs_has(command, OPTION_SERVICE) ||
		    ipvs_same_service(&entry->listen, &command->service))
			zero_service(d, entry);
}

/* What was checked: a service that is gone by now was deleted behind it. */
static int zero_all(struct daemon *d, const struct ipvs_command *commands, size_t n)
{
	struct ipvs_entries entries = { 0 };
	int r = ipvs_entries_collect(&d->world, &entries);

	r = r < 0 ? r : look_at_traffic(d);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (commands[i].verb == IPVS_ZERO)
			zero(d, &entries, &commands[i]);
	array_done(&entries.v);
	return r;
}

/* The service that a -Z names exists, in the table or in the file. */
static int check_zero(const struct daemon *d, const struct ipvs_table *table,
		      const struct ipvs_command *command, struct ipvs_refusal *refusal)
{
	bool found = !ipvs_has(command, OPTION_SERVICE) || ipvs_table_has(table, &command->service);
	struct ipvs_entries entries = { 0 };
	int r = found ? 0 : ipvs_entries_collect(&d->world, &entries);

	array_foreach(&entries.v, entry)
		found = found || (!entry->service->dynamic &&
				  ipvs_same_service(&entry->listen, &command->service));
	array_done(&entries.v);
	if (r == 0 && !found) {
		snprintf(refusal->message, sizeof(refusal->message), "No such service");
		r = -ENOENT;
	}
	return r;
}

/* A command does something that -Z, or also --set, does not. */
static bool does_more(const struct ipvs_command *commands, size_t n, enum ipvs_verb than)
{
	for (size_t i = 0; i < n; i++)
		if (commands[i].verb != IPVS_ZERO && commands[i].verb != than)
			return true;
	return false;
}

static bool zeroes(const struct ipvs_command *commands, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (commands[i].verb == IPVS_ZERO)
			return true;
	return false;
}

/* Of several commands, the one that failed is told by its place. */
static int refused_at(size_t i, size_t n, int error, const struct ipvs_refusal *refusal,
		      char **ret_text)
{
	if (n == 1)
		return say(ret_text, error, refusal->message);
	if (asprintf(ret_text, "command %zu of %zu: %s", i + 1, n, refusal->message) < 0)
		*ret_text = NULL;
	return error;
}

static int apply_all(struct daemon *d, struct ipvs_table *table,
		     const struct ipvs_command *commands, size_t n, char **ret_text)
{
	for (size_t i = 0; i < n; i++) {
		struct ipvs_refusal refusal = { 0 };
		int r;

		r = commands[i].verb == IPVS_ZERO
			    ? check_zero(d, table, &commands[i], &refusal)
			    : ipvs_table_apply(table, d->config, &commands[i], &refusal);
		if (r < 0)
			return refused_at(i, n, r, &refusal, ret_text);
	}
	return does_more(commands, n, IPVS_SET) ? use_table(d, table, ret_text) : 0;
}

/* In force (r); what is left is that it is not forgotten. */
static int told(const struct daemon *d, int r, int kept, char **ret_text)
{
	if (r < 0)
		return say(ret_text, r,
			   "the kernel refused a part of the arrangement (the log says which); it "
			   "is tried again");
	if (kept < 0 &&
	    asprintf(ret_text,
		     "in force, but it will not outlive the daemon: cannot write to %s: %s",
		     d->runtime.directory, strerror(-kept)) < 0)
		*ret_text = NULL;
	return kept;
}

/* The table is in force. */
static int settle(struct daemon *d, char **ret_text)
{
	int kept = ipvs_keep(d);

	d->world.timeouts = d->ipvs.timeouts;
	return told(d, arrange(d), kept, ret_text);
}

static int change_table(struct daemon *d, const struct ipvs_command *commands, size_t n,
			char **ret_text)
{
	struct ipvs_table table;
	int r = ipvs_table_copy(&d->ipvs, &table);

	if (r < 0)
		return r;
	r = apply_all(d, &table, commands, n, ret_text);
	if (r < 0) {
		ipvs_table_done(&table);
		return r;
	}
	ipvs_table_done(&d->ipvs);
	d->ipvs = table;
	return does_more(commands, n, IPVS_ZERO) ? settle(d, ret_text) : 0;
}

static bool find_server(const struct config *config, const struct ipvs_command *command,
			size_t *ret_service, size_t *ret_server)
{
	array_foreach(&config->services, service) {
		if (!service->dynamic ||
		    !ipvs_same_service(&service->listens.v[0], &command->service))
			continue;
		*ret_service = (size_t)(service - config->services.v);
		for (size_t i = 0; i < service->servers.n; i++) {
			*ret_server = i;
			if (service->servers.v[i].port == command->server.port &&
			    ip_equal(&service->servers.v[i].address, &command->server.address))
				return true;
		}
	}
	return false;
}

/* Only weight and thresholds differ, if anything. */
static bool is_way_kept(const struct ipvs_server *a, const struct ipvs_server *b)
{
	return a->method == b->method && a->tunnel == b->tunnel && a->tunnel_port == b->tunnel_port;
}

/* Overrides of a weight that the configuration has changed are dropped. */
static int adopt_weights(struct daemon *d)
{
	size_t n = d->runtime.overrides.v.n;

	overrides_apply(&d->runtime.overrides, &d->world);
	return d->runtime.overrides.v.n == n ? 0 : runtime_save(&d->runtime);
}

/*
 * A weight or thresholds, and nothing else: what is loaded stays. -ENOTSUP, and nothing has
 * changed, when it is not that.
 */
static int change_server(struct daemon *d, const struct ipvs_command *command, char **ret_text)
{
	const struct ipvs_server *wanted = &command->server;
	const struct ipvs_server *found = ipvs_table_server(&d->ipvs, command);
	struct ipvs_refusal refusal;
	size_t service, server;
	int r, kept;

	if (command->verb != IPVS_EDIT_SERVER || !found || !is_way_kept(found, wanted) ||
	    !find_server(d->config, command, &service, &server))
		return -ENOTSUP;
	r = config_change_server(d->config, service, server, wanted->weight, wanted->upper,
				 wanted->lower);
	r = r < 0 ? r : ipvs_table_apply(&d->ipvs, NULL, command, &refusal);
	if (r < 0)
		return r;
	kept = adopt_weights(d);
	drop_deadline(d, d->config->services.v[service].name,
		      d->config->services.v[service].servers.v[server].text);
	world_touch(&d->world, service);
	r = touched_now(d);
	if (d->control)
		control_service_changed(d->control, d->config->services.v[service].name);
	kept = kept < 0 ? kept : ipvs_keep_change(d, command);
	return told(d, r, kept, ret_text);
}

static int change(struct daemon *d, const struct ipvs_command *commands, size_t n, char **ret_text)
{
	int r = n == 1 ? change_server(d, commands, ret_text) : -ENOTSUP;

	if (r == -ENOTSUP)
		r = change_table(d, commands, n, ret_text);
	return r < 0 || !zeroes(commands, n) ? r : zero_all(d, commands, n);
}

static int show(struct daemon *d, const struct ipvs_command *commands, size_t n, char **ret_text)
{
	struct ipvs_refusal refusal = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = out ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = ipvs_show(d, &commands[i], out, &refusal);
	if (out && fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return *refusal.message ? say(ret_text, r, refusal.message) : r;
	*ret_text = TAKE_PTR(text);
	return 0;
}

static size_t count_words(char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static bool is_shown(enum ipvs_verb verb)
{
	return verb == IPVS_LIST || verb == IPVS_SAVE;
}

static int parse_all(char *const *const *lines, size_t n, bool reading,
		     struct ipvs_command *commands, char **ret_text)
{
	for (size_t i = 0; i < n; i++) {
		struct ipvs_refusal refusal = { 0 };
		size_t words = count_words(lines[i]);

		if (ipvs_parse((const char *const *)lines[i], words, NULL, &commands[i], &refusal) <
		    0)
			return refused_at(i, n, -EINVAL, &refusal, ret_text);
		if (is_shown(commands[i].verb) != reading)
			return say(ret_text, -EINVAL,
				   "commands that list go by themselves, and so do others");
	}
	return 0;
}

int request_ipvs(void *userdata, char *const *const *lines, size_t n, bool reading, char **ret_text)
{
	struct daemon *d = userdata;
	_cleanup_free_ struct ipvs_command *commands = calloc(n + 1, sizeof(*commands));
	int r = commands ? parse_all(lines, n, reading, commands, ret_text) : -ENOMEM;

	if (r < 0)
		return r;
	return reading ? show(d, commands, n, ret_text) : change(d, commands, n, ret_text);
}
