/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of uplinkd.conf(5) as tables, and the way from a file to a checked configuration: splice
 * the includes (source.c), parse (libconfig), read by these tables (reader.c), check what no
 * single value shows (check.c, check_lines.c, check_services.c). Gateway and uplinks are read
 * before what refers to them. The keys of uplinks are in lines.c, those of services in services.c.
 */
#include "config/check.h"
#include "config/config.h"
#include "config/reader.h"
#include "config/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	RULE_BASE_MAX = 32565 /* rule_base + 200 comes before main's own rule */
};

#define TABLE_BASE_MAX (UINT32_MAX - 99) /* table_base + the highest number of a line */
#define STICKY_MAX_MS  (UINT32_C(30) * 86400000)

static void read_firewall(struct reader *reader, const config_setting_t *setting, void *target)
{
	bool on = false;

	if (is_type(reader, setting, CONFIG_TYPE_BOOL))
		on = config_setting_get_bool(setting);
	if (on)
		problem(reader, setting, "true is not built yet; only false is allowed");
}

/*
 * Those that say something of lines: by turns, by tier, by live connections, by client, by what the
 * line is like now.
 */
static const struct word policy_schedulers[] = { { "wrr", SCHEDULER_WRR },
						 { "rr", SCHEDULER_RR },
						 { "fo", SCHEDULER_FO },
						 { "wlc", SCHEDULER_WLC },
						 { "lc", SCHEDULER_LC },
						 { "sed", SCHEDULER_SED },
						 { "nq", SCHEDULER_NQ },
						 { "sh", SCHEDULER_SH },
						 { "mh", SCHEDULER_MH },
						 { "dh", SCHEDULER_DH },
						 { "least-latency", SCHEDULER_LEAST_LATENCY },
						 { "least-used", SCHEDULER_LEAST_USED },
						 { "overflow", SCHEDULER_OVERFLOW },
						 { NULL, 0 } };

static const struct word otherwise_words[] = { { "drop", OTHERWISE_DROP },
					       { "any", OTHERWISE_ANY },
					       { NULL, 0 } };

static const struct word failover_words[] = { { "reset", FAILOVER_RESET },
					      { "keep", FAILOVER_KEEP },
					      { NULL, 0 } };

static const struct word resolvers[] = { { "auto", RESOLVER_AUTO },
					 { "resolved", RESOLVER_RESOLVED },
					 { "file", RESOLVER_FILE },
					 { "off", RESOLVER_OFF },
					 { NULL, 0 } };

static const struct key gateway_keys[] = {
	{ "inside", KEY_TEXTS, FIELD(config_gateway, inside), .text = read_interface,
	  EACH(const char *) },
	{ "forwarding", KEY_BOOL, FIELD(config_gateway, forwarding) },
	{ "firewall", KEY_CUSTOM, .custom = read_firewall },
	{ "mark_mask", KEY_NUMBER, FIELD(config_gateway, mark_mask), .least = 1,
	  .most = UINT32_MAX },
	{ "table_base", KEY_NUMBER, FIELD(config_gateway, table_base), .most = TABLE_BASE_MAX },
	{ "rule_base", KEY_NUMBER, FIELD(config_gateway, rule_base), .least = 1,
	  .most = RULE_BASE_MAX },
	{ "resolver", KEY_WORD, FIELD(config_gateway, resolver), .words = resolvers },
};

static const struct key policy_keys[] = {
	{ "name", KEY_TEXT, FIELD(config_policy, name), .required = true, .text = read_name },
	{ "user", KEY_TEXT_OR_TEXTS, FIELD(config_policy, users), .text = read_user, EACH(uid_t) },
	{ "group", KEY_TEXT_OR_TEXTS, FIELD(config_policy, groups), .text = read_user_group,
	  EACH(gid_t) },
	{ "unit", KEY_TEXT, FIELD(config_policy, unit), .text = read_unit },
	{ "cgroup", KEY_TEXT, FIELD(config_policy, cgroup), .text = read_cgroup },
	{ "interface", KEY_TEXT_OR_TEXTS, FIELD(config_policy, interfaces), .text = read_interface,
	  EACH(const char *) },
	{ "from", KEY_TEXT_OR_TEXTS, FIELD(config_policy, from), .text = read_prefix,
	  EACH(struct ip_prefix) },
	{ "to", KEY_TEXT_OR_TEXTS, FIELD(config_policy, to), .text = read_prefix,
	  EACH(struct ip_prefix) },
	{ "ports", KEY_TEXTS, FIELD(config_policy, ports), .text = read_ports,
	  EACH(struct port_range) },
	{ "dscp", KEY_CUSTOM, .custom = read_dscp },
	{ "use", KEY_TEXTS, FIELD(config_policy, use), .required = true, .text = read_uplink_ref,
	  EACH(unsigned) },
	{ "scheduler", KEY_WORD, FIELD(config_policy, scheduler), .words = policy_schedulers },
	{ "overflow", KEY_TEXT, FIELD(config_policy, overflow), .text = read_percent },
	{ "sticky", KEY_TIME, FIELD(config_policy, sticky_ms), .most = STICKY_MAX_MS },
	{ "otherwise", KEY_WORD, FIELD(config_policy, otherwise), .words = otherwise_words },
	{ "on_failover", KEY_WORD, FIELD(config_policy, on_failover), .words = failover_words },
};

static const struct key domain_keys[] = {
	{ "name", KEY_TEXT, FIELD(config_domain, name), .required = true,
	  .text = read_domain_name },
	{ "addresses", KEY_TEXTS, FIELD(config_domain, addresses), .required = true,
	  .text = read_alias, EACH(struct ip_prefix) },
	{ "interface", KEY_TEXT, FIELD(config_domain, interface), .required = true,
	  .text = read_interface },
};

static const struct config_policy policy_defaults = { .dscp = -1, .overflow = 80 };
static const struct config_domain domain_defaults = { 0 };
static const struct config_gateway gateway_defaults = {
	.forwarding = true, .mark_mask = 0x0000ff00, .table_base = 200, .rule_base = 100
};

static const struct shape gateway_shape = { SHAPE(gateway_keys), NULL, 0 };
static const struct shape policy_shape = { SHAPE(policy_keys), &policy_defaults,
					   sizeof(policy_defaults) };
static const struct shape domain_shape = { SHAPE(domain_keys), &domain_defaults,
					   sizeof(domain_defaults) };

static const struct key root_keys[] = {
	{ "gateway", KEY_GROUP, FIELD(config, gateway), .shape = &gateway_shape },
	{ "uplinks", KEY_GROUPS, FIELD(config, uplinks), .most = CONFIG_UPLINKS_MAX,
	  .shape = &uplink_shape },
	{ "policies", KEY_GROUPS, FIELD(config, policies), .shape = &policy_shape },
	{ "services", KEY_GROUPS, FIELD(config, services), .shape = &service_shape },
	{ "domains", KEY_GROUPS, FIELD(config, domains), .shape = &domain_shape },
};

static const struct key more_keys[] = {
	{ "services", KEY_GROUPS, FIELD(config, services), .shape = &service_shape },
};

static const struct shape root_shape = { SHAPE(root_keys), NULL, 0 };
static const struct shape more_shape = { SHAPE(more_keys), NULL, 0 };

/* What libconfig leaves unsaid. */
static const char *advice(const char *error)
{
	if (strcmp(error, "syntax error") == 0)
		return " here or just before; settings are KEY = VALUE; with strings in quotes, "
		       "and \",\" stands only between entries";
	if (strcmp(error, "duplicate setting name") == 0)
		return "; a key may appear once in its group";
	return "";
}

/* The root of the tree, or NULL when the text is not one. */
static const config_setting_t *parse(struct reader *reader, config_t *tree, const char *path,
				     const char *text)
{
	_cleanup_free_ char *flat = NULL;
	const char *error;
	int r = source_read(&reader->source, path, text, &reader->report, &flat);

	if (r < 0)
		reader->report.error = r;
	if (r < 0 || reader->report.problems.n)
		return NULL;
	if (config_read_string(tree, flat))
		return config_root_setting(tree);
	error = config_error_text(tree);
	report_add(&reader->report, (unsigned)config_error_line(tree), "%s%s", error,
		   advice(error));
	return NULL;
}

static void read_file(struct reader *reader, const config_setting_t *root)
{
	if (config_setting_length(root) == 0)
		report_add(&reader->report, 1,
			   "there are no settings; a configuration has at least one of gateway, "
			   "uplinks, policies, services and domains");
	read_group(reader, root, &root_shape, reader->config);
}

/* The dynamic services, behind those of the file. */
static void read_more(struct reader *reader, const config_setting_t *root)
{
	struct config *config = reader->config, more = { 0 };
	size_t n = config->services.n;
	struct config_service *v;

	reader->dynamic = true;
	read_group(reader, root, &more_shape, &more);
	v = arena_alloc(&config->arena, (n + more.services.n) * sizeof(*v));
	if (!v) {
		reader->report.error = -ENOMEM;
		return;
	}
	if (n)
		memcpy(v, config->services.v, n * sizeof(*v));
	for (size_t i = 0; i < more.services.n; i++) {
		v[n + i] = more.services.v[i];
		v[n + i].dynamic = true;
	}
	config->services.v = v;
	config->services.n = n + more.services.n;
}

static void read_all(struct reader *reader, const char *path, const char *text, const char *more)
{
	const config_setting_t *root = parse(reader, &reader->tree, path, text);
	const config_setting_t *dynamic = NULL;

	if (root && more)
		dynamic = parse(reader, &reader->more, CONFIG_MORE, more);
	if (!root || (more && !dynamic))
		return;
	read_file(reader, root);
	if (dynamic)
		read_more(reader, dynamic);
	if (reader->report.error < 0)
		return;
	check_config(reader);
	check_lines(reader);
	check_services(reader);
	check_claims(reader);
}

static void reader_done(struct reader *reader)
{
	config_destroy(&reader->tree);
	config_destroy(&reader->more);
	source_done(&reader->source);
	report_done(&reader->report);
	array_done(&reader->claims);
}

int config_parse(const char *path, const char *text, const char *more, struct config **ret,
		 char **ret_errors)
{
	_cleanup_(config_freep) struct config *config = calloc(1, sizeof(*config));
	_cleanup_(reader_done) struct reader reader = { .config = config };
	int r;

	config_init(&reader.tree);
	config_init(&reader.more);
	if (!config)
		return -ENOMEM;
	config->gateway = gateway_defaults;
	read_all(&reader, path, text, more);
	if (reader.report.error < 0)
		return reader.report.error;
	if (reader.report.problems.n) {
		r = report_text(&reader.report, &reader.source, ret_errors);
		return r < 0 ? r : -EINVAL;
	}
	*ret = TAKE_PTR(config);
	return 0;
}

int config_load(const char *path, const char *more, struct config **ret, char **ret_errors)
{
	_cleanup_free_ char *text = NULL;
	char *message;
	int r = source_load(path, &text);

	if (r == 0)
		return config_parse(path, text, more, ret, ret_errors);
	if (asprintf(&message, "%s: cannot be read: %s\n", path, source_error_text(r)) < 0)
		return -ENOMEM;
	*ret_errors = message;
	return r;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	arena_done(&config->arena);
	free(config);
}
