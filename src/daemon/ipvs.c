/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ipvsadm language: commands change a table, which becomes services of the configuration
 * besides the file's, and is kept as commands in RUNTIME_DIR/ipvs. Several commands at once are one
 * change: either all are done, by one arrangement, or none is.
 */
#include "daemon/state.h"

#include "base/file.h"
#include "base/log.h"
#include "ipvs/list.h"

#include <errno.h>
#include <string.h>

static char *table_path(const struct daemon *d)
{
	char *path;

	return asprintf(&path, "%s/ipvs", d->runtime.directory) < 0 ? NULL : path;
}

int ipvs_load(struct daemon *d)
{
	_cleanup_free_ char *path = table_path(d), *text = NULL;
	struct ipvs_refusal refusal = { 0 };
	int r = path ? file_read(path, &text) : -ENOMEM;

	ipvs_table_init(&d->ipvs);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return log_errno(LOG_ERR, r, "cannot read %s", path ? path : "ipvs");
	r = ipvs_table_read(&d->ipvs, text, &refusal);
	if (r < 0)
		log_errno(LOG_WARNING, r, "%s: %s; what comes after is lost", path,
			  refusal.message);
	return r == -ENOMEM ? r : 0;
}

static int save(const struct daemon *d)
{
	_cleanup_free_ char *path = table_path(d), *text = NULL;
	int r = path ? ipvs_table_to_text(&d->ipvs, &text) : -ENOMEM;

	return r < 0 ? r : file_replace(path, text);
}

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

/* --- what changes something ------------------------------------------------------------------- */

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
static void zero_service(const struct ipvs_entry *entry)
{
	for (size_t i = 0; i < entry->service->servers.n; i++) {
		struct server_state *state = &entry->state->servers[i];

		state->total = 0;
		memset(state->packets, 0, sizeof(state->packets));
		memset(state->bytes, 0, sizeof(state->bytes));
	}
}

static int zero(struct daemon *d, const struct ipvs_command *command, char **ret_text)
{
	bool all = !ipvs_has(command, OPTION_SERVICE), found = all;
	struct ipvs_entries entries;
	int r = ipvs_entries_collect(&d->world, &entries);

	if (r < 0)
		return r;
	array_foreach(&entries.v, entry)
		if (all || ipvs_same_service(&entry->listen, &command->service)) {
			zero_service(entry);
			found = true;
		}
	array_done(&entries.v);
	return found ? 0 : say(ret_text, -ENOENT, "No such service");
}

static bool changes_services(const struct ipvs_command *commands, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (commands[i].verb != IPVS_SET && commands[i].verb != IPVS_ZERO)
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

		if (commands[i].verb == IPVS_ZERO)
			continue;
		r = ipvs_table_apply(table, d->config, &commands[i], &refusal);
		if (r < 0)
			return refused_at(i, n, r, &refusal, ret_text);
	}
	return changes_services(commands, n) ? use_table(d, table, ret_text) : 0;
}

static int zero_all(struct daemon *d, const struct ipvs_command *commands, size_t n,
		    char **ret_text)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		if (commands[i].verb == IPVS_ZERO)
			r = zero(d, &commands[i], ret_text);
	return r;
}

/* The table is in force; what is left is the kernel, and that it is not forgotten. */
static int settle(struct daemon *d, char **ret_text)
{
	int saved = save(d), r;

	d->world.timeouts = d->ipvs.timeouts;
	r = arrange(d);
	if (r < 0)
		return say(ret_text, r,
			   "the kernel refused a part of the arrangement (the log says which); it "
			   "is tried again");
	if (saved < 0 &&
	    asprintf(ret_text,
		     "in force, but it will not outlive the daemon: cannot write to %s: %s",
		     d->runtime.directory, strerror(-saved)) < 0)
		*ret_text = NULL;
	return saved;
}

static int change(struct daemon *d, const struct ipvs_command *commands, size_t n, char **ret_text)
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
	r = settle(d, ret_text);
	return r < 0 ? r : zero_all(d, commands, n, ret_text);
}

/* --- what is shown ---------------------------------------------------------------------------- */

struct connections {
	struct ipvs_entries entries;
	FILE *out;
};

static void show_connection(const struct flow *flow, void *userdata)
{
	const struct connections *connections = userdata;

	ipvs_list_connection(&connections->entries, flow, connections->out);
}

static int show_connections(struct daemon *d, FILE *out)
{
	struct connections connections = { .out = out };
	int r = ipvs_entries_collect(&d->world, &connections.entries);

	if (r < 0)
		return r;
	if (connections.entries.v.n)
		qsort(connections.entries.v.v, connections.entries.v.n,
		      sizeof(*connections.entries.v.v), ipvs_entry_compare);
	ipvs_list_connections_title(out);
	r = d->kernel->ops->flows_dump(d->kernel, show_connection, &connections);
	array_done(&connections.entries.v);
	return r;
}

static int show_saved(const struct daemon *d, FILE *out)
{
	struct ipvs_table table;
	int r = ipvs_table_copy(&d->ipvs, &table);

	if (r < 0)
		return r;
	ipvs_table_sort(&table);
	ipvs_table_print(&table, out);
	ipvs_table_done(&table);
	return 0;
}

static int show_one(struct daemon *d, const struct ipvs_command *command, FILE *out,
		    struct ipvs_refusal *refusal)
{
	if (command->verb == IPVS_SAVE)
		return show_saved(d, out);
	if (ipvs_has(command, OPTION_CONNECTION))
		return show_connections(d, out);
	return ipvs_list(&d->world, command, out, refusal);
}

static int show(struct daemon *d, const struct ipvs_command *commands, size_t n, char **ret_text)
{
	struct ipvs_refusal refusal = { 0 };
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = out ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = show_one(d, &commands[i], out, &refusal);
	if (out && fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return *refusal.message ? say(ret_text, r, refusal.message) : r;
	*ret_text = TAKE_PTR(text);
	return 0;
}

/* --- the request ------------------------------------------------------------------------------ */

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
