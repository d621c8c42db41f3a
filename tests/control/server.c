/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus face with an imitation of a daemon behind it: the configuration is real, the lines'
 * states are made up and requests only change what is shown. Nothing touches the kernel.
 *
 * usage: control_server RUNTIME_DIR FILE
 */
#include "base/log.h"
#include "control/control.h"
#include "service/judge.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct server {
	const char *path;
	struct config *config;
	struct world world;
	struct control *control;
};

static const struct line_quality quality = {
	.health = HEALTH_POOR,
	.reason = "2 % of 192.0.2.53 lost",
	.measured = true,
	.loss = 0.02,
	.latency_us = 12345,
	.jitter_us = 800,
	.suspicious = true,
};

/* The first line is up in both families, the second in one and measured, the others are absent. */
static void line_init(struct line *line, const struct config_uplink *config, unsigned i)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x05 };
	const uint8_t v4[4] = { 192, 0, 2, (uint8_t)(i + 1) };
	const uint8_t gateway[4] = { 192, 0, 2, 254 };

	*line = (struct line){
		.config = config,
		.number = i + 1,
		.state = i < 2 ? UPLINK_UP : UPLINK_ABSENT,
		.since_us = 1700000000000000 + i,
		.connections = 10 * i,
	};
	snprintf(line->reason, sizeof(line->reason), "%s",
		 i < 2 ? "link, address and gateway" : "no interface");
	if (i == 0)
		line->family[FAMILY_V6] = (struct line_family){ .address = ip_make(AF_INET6, v6),
								.routed = true,
								.carries = true,
								.usable = true };
	if (i == 1) {
		line->quality = quality;
		line->held = true;
		line->ppp = (struct line_ppp){ .known = true, .up = true, .mtu = 1492 };
	}
	if (i < 2)
		line->family[FAMILY_V4] =
			(struct line_family){ .address = ip_make(AF_INET, v4),
					      .gateway = ip_make(AF_INET, gateway),
					      .routed = true,
					      .carries = true,
					      .usable = true };
}

static void service_init(struct world *world, size_t index)
{
	for (size_t i = 0; i < world->config->services.v[index].servers.n; i++) {
		struct server_state *server = &world->services[index].servers[i];

		server->active = 3;
		server->inactive = 4;
		server->total = 5000000000;
	}
	service_judge(world, index, 0);
}

static int world_make(const struct config *config, struct world *ret)
{
	static const struct facts facts;
	int r = world_init(ret, config, &facts, NULL);

	for (size_t i = 0; r >= 0 && i < config->uplinks.n; i++)
		line_init(&ret->lines[i], &config->uplinks.v[i], (unsigned)i);
	for (size_t i = 0; r >= 0 && i < config->services.n; i++)
		service_init(ret, i);
	return r;
}

static const struct world *on_world(void *userdata)
{
	struct server *server = userdata;

	return &server->world;
}

static int on_reload(void *userdata, char **ret_message)
{
	struct server *server = userdata;
	_cleanup_(config_freep) struct config *config = NULL;
	struct world world;
	int r = config_load(server->path, NULL, &config, ret_message);

	if (r >= 0)
		r = world_make(config, &world);
	if (r < 0)
		return r;
	control_objects_leave(server->control);
	world_done(&server->world);
	config_free(server->config);
	server->world = world;
	server->config = TAKE_PTR(config);
	control_objects_arrive(server->control);
	return 0;
}

static int on_plan(void *userdata, char **ret_message)
{
	struct server *server = userdata;

	*ret_message =
		strdup(server->world.flushed ? "+ one step\n~ another\n" : "nothing to do\n");
	return *ret_message ? 0 : -ENOMEM;
}

static int on_flush(void *userdata, char **ret_message)
{
	struct server *server = userdata;

	server->world.flushed = true;
	return 0;
}

static void tell(struct server *server, enum event_type type, const char *name, const char *text)
{
	struct event event;

	event_init(&event, type, name);
	event_set(&event, "state", "%s", text);
	event_say(&event, "%s", text);
	control_tell(server->control, &event);
	event_done(&event);
}

static int on_enable(void *userdata, const char *uplink, bool enabled, char **ret_message)
{
	struct server *server = userdata;
	struct line *line = &server->world.lines[config_find_uplink(server->config, uplink)];

	if (line->state == UPLINK_ABSENT) {
		*ret_message = strdup("the interface is absent\nand a second line \377 of text");
		return -EIO;
	}
	line->state = enabled ? UPLINK_UP : UPLINK_DISABLED;
	snprintf(line->reason, sizeof(line->reason), "%s",
		 enabled ? "enabled" : "disabled by operator");
	control_look_at_lines(server->control, &server->world);
	tell(server, EVENT_UPLINK_STATE, uplink, line->reason);
	return 0;
}

static int on_failback(void *userdata, const char *uplink, char **ret_message)
{
	struct server *server = userdata;
	struct line *line = &server->world.lines[config_find_uplink(server->config, uplink)];

	if (!line->held) {
		*ret_message = strdup("it is not held back");
		return -EINVAL;
	}
	line->held = false;
	control_look_at_lines(server->control, &server->world);
	return 0;
}

static int on_delegate(void *userdata, const char *uplink, char **prefixes, char **ret_message)
{
	struct server *server = userdata;
	struct line *line = &server->world.lines[config_find_uplink(server->config, uplink)];

	for (line->delegated.n = 0; *prefixes; prefixes++)
		if (line->delegated.n == LINE_DELEGATED_MAX ||
		    ip_prefix_parse(*prefixes, &line->delegated.v[line->delegated.n++]) < 0)
			return -EINVAL;
	control_look_at_lines(server->control, &server->world);
	return 0;
}

static size_t on_probes(void *userdata, size_t uplink, struct control_probe *ret)
{
	if (uplink != 1)
		return 0;
	ret[0] =
		(struct control_probe){ .kind = "dns", .target = "192.0.2.53", .quality = quality };
	ret[1] = (struct control_probe){ .kind = "arp", .target = "gateway" };
	return 2;
}

static int on_weight(void *userdata, const char *service, const char *address, uint32_t weight,
		     char **ret_message)
{
	struct server *server = userdata;
	struct server_state *state;
	size_t i, k;

	if (!world_find_server(server->config, service, address, &i, &k))
		return -ENOENT;
	state = &server->world.services[i].servers[k];
	state->weight = weight;
	state->overridden = true;
	service_judge(&server->world, i, 0);
	control_service_changed(server->control, service);
	return 0;
}

/* The deadline shows as an event. */
static int on_drain(void *userdata, const char *service, const char *address, uint64_t deadline_ms,
		    char **ret_message)
{
	struct server *server = userdata;
	char text[64];

	snprintf(text, sizeof(text), "%s ends in %" PRIu64 " ms", address, deadline_ms);
	tell(server, EVENT_SERVER_DRAINED, service, text);
	return on_weight(userdata, service, address, 0, ret_message);
}

/* The event shows the details. */
static int on_ppp_event(void *userdata, const char *event, const char *interface,
			char *const *details, char **ret_message)
{
	struct server *server = userdata;
	char text[256];
	int n = snprintf(text, sizeof(text), "%s", event);

	for (; details && *details && n < (int)sizeof(text); details++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s", *details);
	tell(server, EVENT_PPP, interface, text);
	return 0;
}

/* Shows what it was asked, a line each. */
static int on_ipvs(void *userdata, char *const *const *lines, size_t n, bool reading,
		   char **ret_text)
{
	size_t size;
	FILE *out = open_memstream(ret_text, &size);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; lines[i][j]; j++)
			fprintf(out, "%s%c", lines[i][j], lines[i][j + 1] ? ' ' : '\n');
	if (fclose(out) != 0)
		return -ENOMEM;
	return reading ? 0 : -EEXIST;
}

static const struct control_requests requests = {
	.world = on_world,
	.reload = on_reload,
	.plan = on_plan,
	.flush = on_flush,
	.enable = on_enable,
	.failback = on_failback,
	.delegate = on_delegate,
	.probes = on_probes,
	.weight = on_weight,
	.drain = on_drain,
	.ipvs = on_ipvs,
	.ppp_event = on_ppp_event,
};

static int run(struct server *server, const char *runtime_dir)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_free_ char *errors = NULL;
	sigset_t mask;
	int r = config_load(server->path, NULL, &server->config, &errors);

	if (r < 0)
		return log_errno(LOG_ERR, r, "%s", errors ? errors : server->path);
	r = world_make(server->config, &server->world);
	if (r >= 0)
		r = sd_event_new(&event);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = control_new(event, runtime_dir, &requests, server, &server->control);
	if (r >= 0)
		r = sd_event_loop(event);
	control_free(server->control);
	world_done(&server->world);
	config_free(server->config);
	return r;
}

int main(int argc, char **argv)
{
	struct server server = {};

	if (argc != 3) {
		fputs("usage: control_server RUNTIME_DIR FILE\n", stderr);
		return 2;
	}
	server.path = argv[2];
	return run(&server, argv[1]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
