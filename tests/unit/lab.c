/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The language of facts: one statement a line, "#" begins a comment, what is in brackets may be
 * left out. Links come before what is on them, and are up with carrier unless they say otherwise.
 *
 *   link INDEX NAME [down] [no-carrier] [point-to-point] [loopback] [mtu N]
 *   address LINK ADDRESS/LENGTH [peer ADDRESS] [ours] [tentative] [deprecated] [temporary] [host]
 *   route LINK PREFIX [via ADDRESS] [metric N]
 *   cgroup NAME PATH ID
 *   number UPLINK N                         the number the line had in an earlier run
 *   disable UPLINK                          the operator's words
 *   weight SERVICE SERVER N
 *   connections UPLINK N                    tracked connections now
 *   quality UPLINK unknown | good | poor | bad | unsent [loss N] [latency N] [jitter N]
 *           [answered N] [good-since N] [reason WORD]   percent, ms, and seconds of the clock
 *   known UPLINK [level N]                  has been up; the penalty's level
 *   ppp UPLINK up | down [persists] [mtu N] [dns ADDRESS] [peer ADDRESS]
 *   rate UPLINK up N down N                 bits a second, now
 *   month UPLINK bytes N                    of its quota
 *   held UPLINK                             the operator has not said that it is to be used again
 *   delegated UPLINK PREFIX                 IPv6, may be repeated
 *   load SERVICE SERVER ACTIVE INACTIVE     the same of a real server
 *   health SERVICE SERVER [down] [drain] [percent N] [reason WORD]
 *   quorum SERVICE lost                     before what is said here
 *   lacks fwd | ipip | gre | gue            what this kernel does not have
 *   flushed
 */
#include "lab_words.h"

#include "plan/intent.h"
#include "policy/spread.h"
#include "service/judge.h"
#include "service/schedule.h"
#include "uplink/grade.h"
#include "uplink/learn.h"
#include "uplink/state.h"

#include <stdio.h>
#include <string.h>

static int take_link(struct lab *lab, struct words *words)
{
	const char *name = take(words);
	const struct link *link = facts_link_by_name(&lab->facts, name);

	if (!link)
		fail_msg("there is no link \"%s\"", name);
	return link->index;
}

static void read_link(struct lab *lab, struct words *words)
{
	struct link link = { .index = (int)take_number(words), .mtu = 1500 };
	const char *mtu;

	snprintf(link.name, sizeof(link.name), "%s", take(words));
	link.up = !take_flag(words, "down");
	link.carrier = !take_flag(words, "no-carrier") && link.up;
	link.point_to_point = take_flag(words, "point-to-point");
	link.loopback = take_flag(words, "loopback");
	mtu = take_option(words, "mtu");
	if (mtu)
		link.mtu = (unsigned)strtoul(mtu, NULL, 10);
	assert_int_equal(array_push(&lab->facts.links, link), 0);
}

static void read_address(struct lab *lab, struct words *words)
{
	struct address entry = { .link = take_link(lab, words), .prefix = prefix(take(words)) };
	const char *peer = take_option(words, "peer");

	if (peer)
		entry.peer = address(peer);
	entry.ours = take_flag(words, "ours");
	entry.usable = !take_flag(words, "tentative");
	entry.deprecated = take_flag(words, "deprecated");
	entry.temporary = take_flag(words, "temporary");
	entry.host_scope = take_flag(words, "host");
	assert_int_equal(array_push(&lab->facts.addresses, entry), 0);
}

static void read_route(struct lab *lab, struct words *words)
{
	struct route route = { .link = take_link(lab, words), .destination = prefix(take(words)) };
	const char *gateway = take_option(words, "via"), *metric = take_option(words, "metric");

	if (gateway)
		route.gateway = address(gateway);
	if (metric)
		route.metric = (uint32_t)strtoul(metric, NULL, 10);
	assert_int_equal(array_push(&lab->facts.routes, route), 0);
}

static void read_cgroup(struct lab *lab, struct words *words)
{
	struct cgroup cgroup = { .level = 1 };

	snprintf(cgroup.name, sizeof(cgroup.name), "%s", take(words));
	snprintf(cgroup.path, sizeof(cgroup.path), "%s", take(words));
	cgroup.id = take_number(words);
	for (const char *p = cgroup.path; *p; p++)
		cgroup.level += *p == '/';
	assert_int_equal(array_push(&lab->facts.cgroups, cgroup), 0);
}

static void read_number(struct lab *lab, struct words *words)
{
	struct line_number entry = { 0 };

	snprintf(entry.name, sizeof(entry.name), "%s", take(words));
	entry.number = take_number(words);
	assert_int_equal(array_push(&lab->numbers.v, entry), 0);
}

static void read_disable(struct lab *lab, struct words *words)
{
	const char *name = take(words);

	assert_true(config_find_uplink(lab->config, name) >= 0);
	assert_int_equal(overrides_set_disabled(&lab->overrides, name, true), 0);
}

static void read_connections(struct lab *lab, struct words *words)
{
	int line = config_find_uplink(lab->config, take(words));

	assert_true(line >= 0);
	lab->world.lines[line].connections = take_number(words);
}

/* Takes the names of a service and of one of its servers. */
static void take_server(struct lab *lab, struct words *words, size_t *ret_service,
			size_t *ret_server)
{
	const char *service = take(words), *server = take(words);

	for (size_t i = 0; i < lab->config->services.n; i++) {
		const struct config_service *s = &lab->config->services.v[i];

		for (size_t j = 0; strcmp(s->name, service) == 0 && j < s->servers.n; j++)
			if (strcmp(s->servers.v[j].text, server) == 0) {
				*ret_service = i;
				*ret_server = j;
				return;
			}
	}
	fail_msg("service \"%s\" has no server \"%s\"", service, server);
}

static void read_weight(struct lab *lab, struct words *words)
{
	const struct config_service *service;
	size_t i = 0, j = 0;

	take_server(lab, words, &i, &j);
	service = &lab->config->services.v[i];
	assert_int_equal(overrides_set_weight(&lab->overrides, service->name,
					      &service->servers.v[j], take_number(words)),
			 0);
}

static void read_load(struct lab *lab, struct words *words)
{
	struct server_state *state;
	size_t i = 0, j = 0;

	take_server(lab, words, &i, &j);
	state = &lab->world.services[i].servers[j];
	state->active = take_number(words);
	state->inactive = take_number(words);
}

static void read_health(struct lab *lab, struct words *words)
{
	struct server_health *health;
	const char *percent, *reason;
	size_t i = 0, j = 0;

	take_server(lab, words, &i, &j);
	health = &lab->world.services[i].servers[j].health;
	health->down = take_flag(words, "down");
	health->drain = take_flag(words, "drain");
	percent = take_option(words, "percent");
	reason = take_option(words, "reason");
	if (percent)
		health->percent = (int)strtol(percent, NULL, 10);
	snprintf(health->reason, sizeof(health->reason), "%s", reason ? reason : "");
}

static void read_quorum(struct lab *lab, struct words *words)
{
	const char *service = take(words);
	bool lost = take_flag(words, "lost");

	for (size_t i = 0; i < lab->config->services.n; i++)
		if (strcmp(lab->config->services.v[i].name, service) == 0) {
			lab->world.services[i].below_quorum = lost;
			return;
		}
	fail_msg("there is no service \"%s\"", service);
}

static void read_lacks(struct lab *lab, struct words *words)
{
	static const char *const tunnels[TUNNEL_MAX] = { "ipip", "gre", "gue" };

	lab->facts.lacks_fwd = lab->facts.lacks_fwd || take_flag(words, "fwd");
	for (size_t i = 0; i < TUNNEL_MAX; i++)
		if (take_flag(words, tunnels[i]))
			for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
				lab->facts.lacks_tunnel[f][i] = true;
}

static void read_flushed(struct lab *lab, struct words *words)
{
	lab->world.flushed = true;
}

static const struct {
	const char *name;
	void (*read)(struct lab *lab, struct words *words);
} statements[] = {
	{ "link", read_link },       { "address", read_address },
	{ "route", read_route },     { "cgroup", read_cgroup },
	{ "number", read_number },   { "disable", read_disable },
	{ "weight", read_weight },   { "load", read_load },
	{ "flushed", read_flushed }, { "connections", read_connections },
	{ "health", read_health },   { "quorum", read_quorum },
	{ "lacks", read_lacks },     { "quality", lab_read_quality },
	{ "known", lab_read_known }, { "ppp", lab_read_ppp },
	{ "rate", lab_read_rate },   { "month", lab_read_month },
	{ "held", lab_read_held },   { "delegated", lab_read_delegated },
};

static void read_statement(struct lab *lab, struct words *words)
{
	const char *name = take(words);

	for (size_t i = 0; i < ELEMENTS_OF(statements); i++)
		if (strcmp(statements[i].name, name) == 0) {
			statements[i].read(lab, words);
			if (words->n)
				fail_msg("%s: \"%s\" is not understood", name, words->v[0]);
			return;
		}
	fail_msg("there is no statement \"%s\"", name);
}

static void read_facts(struct lab *lab, const char *text)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line, *word;

	assert_non_null(copy);
	while ((line = strsep(&rest, "\n"))) {
		struct words words = { 0 };

		line[strcspn(line, "#")] = '\0';
		while ((word = strsep(&line, " \t"))) {
			assert_true(words.n < WORDS_MAX);
			if (*word)
				words.v[words.n++] = word;
		}
		if (words.n)
			read_statement(lab, &words);
	}
}

static bool is_never_used(unsigned number, void *userdata)
{
	return false;
}

void lab_open(struct lab *lab, const char *config, const char *facts)
{
	lab_open_more(lab, config, NULL, facts);
}

void lab_open_more(struct lab *lab, const char *config, const char *more, const char *facts)
{
	_cleanup_free_ char *errors = NULL;

	*lab = (struct lab){ 0 };
	if (config_parse("config", config, more, &lab->config, &errors) < 0)
		fail_msg("%s", errors ? errors : "out of memory");
	assert_int_equal(world_init(&lab->world, lab->config, &lab->facts, NULL), 0);
	read_facts(lab, facts);
	assert_int_equal(line_numbers_assign(&lab->numbers, lab->config, is_never_used, NULL), 0);
	for (size_t i = 0; i < lab->config->uplinks.n; i++)
		lab->world.lines[i].number =
			line_numbers_find(&lab->numbers, lab->config->uplinks.v[i].name);
	overrides_apply(&lab->overrides, &lab->world);
	lab_judge(lab);
}

void lab_judge(struct lab *lab)
{
	for (size_t i = 0; i < lab->config->uplinks.n; i++) {
		struct line *line = &lab->world.lines[i];
		struct uplink_inputs inputs = { .optimistic = true, .now_us = 1 };
		struct uplink_verdict verdict;

		uplink_learn(line, &lab->facts);
		inputs.link = facts_link(&lab->facts, line->link);
		inputs.disabled = overrides_is_disabled(&lab->overrides, line->config->name);
		verdict = uplink_judge(line, &inputs);
		uplink_enter(line, &verdict, 1, 1);
	}
	grade_lines(&lab->world);
	spread_lines(&lab->world);
	for (size_t i = 0; i < lab->config->services.n; i++) {
		service_judge(&lab->world, i, 1);
		assert_true(service_schedule(&lab->world, i) >= 0);
	}
}

struct objects lab_intent(struct lab *lab)
{
	struct objects objects;

	assert_int_equal(intent_make(&lab->world, &lab->slots, &objects), 0);
	return objects;
}

void lab_close(struct lab *lab)
{
	world_done(&lab->world);
	config_free(lab->config);
	facts_done(&lab->facts);
	overrides_done(&lab->overrides);
	line_numbers_done(&lab->numbers);
	slots_done(&lab->slots);
}
