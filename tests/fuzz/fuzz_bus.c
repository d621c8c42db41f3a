/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes over the bus: either bytes straight to a served connection, or a call of one of the
 * methods with arguments from the input, or an event with such texts, which must always come out
 * fit to be sent. The first byte says which.
 */
#include "control/bus.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ROUNDS_MAX = 64
};

static const char file[] = "uplinks = ( { name = \"dsl0\"; interface = \"ppp0\"; } );\n"
			   "policies = ( { name = \"rest\"; use = [ \"dsl0\" ]; } );\n"
			   "services = ( { name = \"www\"; listen = [ \"tcp/dsl0:80\" ];\n"
			   "  servers = ( { address = \"10.0.0.2:80\"; } ); } );\n"
			   "domains = ( { name = \"tryme.example\"; interface = \"eth0\";\n"
			   "  addresses = [ \"203.0.113.10/24\" ]; } );\n";

static const struct call {
	const char *path, *interface, *member, *types;
} calls[] = {
	{ BUS_ROOT, MANAGER_INTERFACE, "Reload", "" },
	{ BUS_ROOT, MANAGER_INTERFACE, "Flush", "" },
	{ BUS_ROOT, MANAGER_INTERFACE, "Plan", "" },
	{ BUS_ROOT, MANAGER_INTERFACE, "Events", "" },
	{ BUS_ROOT, MANAGER_INTERFACE, "PppEvent", "ss" },
	{ BUS_ROOT "/uplink/dsl0", BUS_NAME ".Uplink", "Disable", "" },
	{ BUS_ROOT "/service/www", BUS_NAME ".Service", "SetWeight", "su" },
	{ BUS_ROOT "/service/www", BUS_NAME ".Service", "Drain", "s" },
	{ BUS_ROOT, "org.freedesktop.DBus.Properties", "Get", "ss" },
	{ BUS_ROOT "/policy/rest", "org.freedesktop.DBus.Properties", "GetAll", "s" },
	{ BUS_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "" },
	{ BUS_ROOT "/uplink/dsl0", BUS_NAME ".Uplink", "Failback", "" },
	{ BUS_ROOT "/uplink/dsl0", BUS_NAME ".Uplink", "Delegate", "as" },
	{ NULL, "org.freedesktop.DBus.Introspectable", "Introspect", "" }, /* path from the input */
};

struct input {
	const uint8_t *data;
	size_t size;
};

/* Whether, and with what words, a request is refused is the input's business, too. */
struct fuzzed {
	struct world world;
	struct control *control;
	struct input input;
};

static int must(int r)
{
	if (r < 0)
		abort();
	return r;
}

static uint8_t take_byte(struct input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

/* The bytes up to a NUL or the end, as a new string. */
static char *take_string(struct input *input)
{
	size_t length = strnlen((const char *)input->data, input->size);
	char *text = strndup((const char *)input->data, length);

	length += length < input->size;
	input->data += length;
	input->size -= length;
	return text;
}

static const struct world *on_world(void *userdata)
{
	struct fuzzed *fuzzed = userdata;

	return &fuzzed->world;
}

static int answer(struct fuzzed *fuzzed, char **ret_message)
{
	*ret_message = take_string(&fuzzed->input);
	return take_byte(&fuzzed->input) & 1 ? -EINVAL : 0;
}

static int on_request(void *userdata, char **ret_message)
{
	return answer(userdata, ret_message);
}

static void tell(struct control *control, const char *name, const char *text, const char *value)
{
	struct event event;

	event_init(&event, EVENT_PPP, name);
	event_set(&event, "reason", "%s", value);
	event_say(&event, "%s", text);
	control_tell(control, &event);
	event_done(&event);
}

static int on_enable(void *userdata, const char *uplink, bool enabled, char **ret_message)
{
	struct fuzzed *fuzzed = userdata;

	control_look_at_lines(fuzzed->control, &fuzzed->world);
	return answer(userdata, ret_message);
}

static int on_failback(void *userdata, const char *uplink, char **ret_message)
{
	return answer(userdata, ret_message);
}

static int on_delegate(void *userdata, const char *uplink, char **prefixes, char **ret_message)
{
	while (*prefixes)
		must(strlen(*prefixes++) < SIZE_MAX ? 0 : -EINVAL);
	return answer(userdata, ret_message);
}

/* Texts of a probe are anything that a server says. */
static size_t on_probes(void *userdata, size_t uplink, struct control_probe *ret)
{
	static const char odd[] = "a\377b";

	ret[0] = (struct control_probe){ .kind = "dns", .target = odd };
	memcpy(ret[0].quality.reason, odd, sizeof(odd));
	return 1;
}

static int on_weight(void *userdata, const char *service, const char *server, uint32_t weight,
		     char **ret_message)
{
	struct fuzzed *fuzzed = userdata;

	must(strcmp(server, "10.0.0.2:80") == 0 && weight <= 65535 ? 0 : -EINVAL);
	control_service_changed(fuzzed->control, service);
	return answer(userdata, ret_message);
}

static int on_ppp_event(void *userdata, const char *event, const char *interface,
			char *const *details, char **ret_message)
{
	struct fuzzed *fuzzed = userdata;

	for (; details && *details; details++)
		tell(fuzzed->control, interface, event, *details);
	tell(fuzzed->control, interface, event, "");
	return answer(userdata, ret_message);
}

static const struct control_requests requests = {
	.world = on_world,
	.reload = on_request,
	.plan = on_request,
	.flush = on_request,
	.enable = on_enable,
	.failback = on_failback,
	.delegate = on_delegate,
	.probes = on_probes,
	.weight = on_weight,
	.ppp_event = on_ppp_event,
};

/* Serves one end of a new pair of sockets and returns the other. */
static int serve(struct control *control)
{
	sd_bus *bus = NULL;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	must(sd_bus_new(&bus));
	must(sd_bus_set_fd(bus, fds[0], fds[0]));
	must(sd_bus_set_server(
		bus, true,
		SD_ID128_MAKE(75, 70, 6c, 69, 6e, 6b, 64, 00, 75, 70, 6c, 69, 6e, 6b, 64, 01)));
	must(sd_bus_set_trusted(bus, true));
	must(sd_bus_start(bus));
	must(control_serve(control, bus));
	return fds[1];
}

/* Lets both sides do what they have to do; `client` may be NULL. */
static void run(struct control *control, sd_bus *client)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		int r = must(sd_event_run(control->event, 0));

		if (client && sd_bus_process(client, NULL) > 0)
			r = 1;
		if (r == 0)
			return;
	}
}

static void send_bytes(struct control *control, struct input *input)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	_cleanup_close_ int fd = serve(control);

	must((int)send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL));
	run(control, NULL);
	if (send(fd, input->data, input->size, MSG_NOSIGNAL) > 0)
		run(control, NULL);
}

/* As many as the byte behind them says, at most two. */
static int append_list(sd_bus_message *message, struct input *input)
{
	_cleanup_free_ char *a = take_string(input), *b = take_string(input);
	char *texts[] = { a, b, NULL };

	return sd_bus_message_append_strv(message, texts + take_byte(input) % 3);
}

static int append(sd_bus_message *message, const char *types, struct input *input)
{
	int r = 0;

	if (strcmp(types, "as") == 0)
		return append_list(message, input);
	for (; r >= 0 && *types; types++) {
		_cleanup_free_ char *text = *types == 's' ? take_string(input) : NULL;
		uint32_t number = 0;

		for (size_t i = 0; !text && i < sizeof(number); i++)
			number = number << 8 | take_byte(input);
		r = text ? sd_bus_message_append(message, "s", text)
			 : sd_bus_message_append(message, "u", number);
	}
	return r;
}

/* Arguments that are not D-Bus' at all are refused here already. */
static void call(struct control *control, const struct call *call, struct input *input)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	_cleanup_(sd_bus_close_unrefp) sd_bus *client = NULL;
	_cleanup_free_ char *path = call->path ? strdup(call->path) : take_string(input);
	int fd = serve(control);

	must(sd_bus_new(&client));
	must(sd_bus_set_fd(client, fd, fd));
	must(sd_bus_start(client));
	if (sd_bus_message_new_method_call(client, &message, NULL, path, call->interface,
					   call->member) < 0 ||
	    append(message, call->types, input) < 0)
		return;
	must(sd_bus_send(client, message, NULL));
	run(control, client);
}

static void add_event(struct control *control, struct input *input)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	int peer = serve(control);
	_cleanup_free_ char *name = take_string(input);
	_cleanup_free_ char *text = take_string(input);
	_cleanup_free_ char *value = take_string(input);
	const struct journal_entry *entry;

	tell(control, name, text, value);
	entry = journal_at(&control->journal, 0);
	must(sd_bus_message_new_signal(control->buses.v[0], &message, BUS_ROOT, BUS_NAME,
				       "Signal"));
	must(journal_append(message, entry));
	close(peer);
}

static struct control *control_start(void *userdata)
{
	struct control *control = calloc(1, sizeof(*control));

	must(control ? sd_event_new(&control->event) : -ENOMEM);
	control->requests = &requests;
	control->userdata = userdata;
	control->lock_fd = control->listen_fd = -1;
	objects_init(control);
	return control;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(config_freep) struct config *config = NULL;
	_cleanup_(control_freep) struct control *control = NULL;
	_cleanup_free_ char *errors = NULL;
	uint64_t by_line[2] = { 0 };
	struct server_state servers[1] = { { .weight = 1, .reason = "", .by_line = by_line } };
	struct service_state services[1] = { { .servers = servers } };
	struct line lines[1] = { { .number = 1 } };
	struct policy_state policies[1] = { 0 };
	struct facts facts = { 0 };
	struct fuzzed fuzzed = {
		.world = { .lines = lines,
			   .services = services,
			   .policies = policies,
			   .facts = &facts },
		.input = { data, size },
	};
	uint8_t choice = take_byte(&fuzzed.input);

	must(config_parse("fuzz", file, NULL, &config, &errors));
	fuzzed.world.config = config;
	lines[0].config = &config->uplinks.v[0];
	fuzzed.control = control = control_start(&fuzzed);
	if (choice == 0)
		send_bytes(control, &fuzzed.input);
	else if (choice == 1)
		add_event(control, &fuzzed.input);
	else
		call(control, &calls[choice % ELEMENTS_OF(calls)], &fuzzed.input);
	return 0;
}
