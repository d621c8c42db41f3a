/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happened, and with -f what happens. The connection delivers in order, so events signalled
 * before the answer to Events() are in that answer, and those after it are new: none is missed
 * and none shown twice.
 */
#include "base/array.h"
#include "base/time.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	FIELDS_MAX = 32 /* of an event; more are left out */
};

struct follower {
	struct ctl *ctl;
	bool listed; /* the answer has come */
	int result;  /* negative errno once it is over */
};

struct entry {
	uint64_t time_us;
	const char *kind, *name, *text;
	struct {
		const char *key, *value;
	} fields[FIELDS_MAX];
	size_t n;
};

static int print_json(const struct entry *entry)
{
	_cleanup_(json_object_putp) json_object *event = json_object_new_object();

	if (!event || json_object_object_add(event, "time", ctl_time(entry->time_us)) < 0 ||
	    json_object_object_add(event, "kind", json_object_new_string(entry->kind)) < 0 ||
	    json_object_object_add(event, "name", json_object_new_string(entry->name)) < 0 ||
	    json_object_object_add(event, "text", json_object_new_string(entry->text)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < entry->n; i++)
		if (json_object_object_add(event, entry->fields[i].key,
					   json_object_new_string(entry->fields[i].value)) < 0)
			return -ENOMEM;
	puts(json_object_to_json_string_ext(event, JSON_C_TO_STRING_SPACED |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
	return 0;
}

static int print_text(const struct entry *entry)
{
	time_t seconds = (time_t)(entry->time_us / 1000000);
	struct tm local;
	char when[32];

	if (!localtime_r(&seconds, &local) ||
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local) == 0)
		return -EOVERFLOW;
	printf("%s.%03" PRIu64 "  %s%s%s  %s\n", when, entry->time_us / 1000 % 1000, entry->kind,
	       *entry->name ? " " : "", entry->name, entry->text);
	return 0;
}

static int read_fields(sd_bus_message *message, struct entry *entry)
{
	const char *key, *value;
	int r = sd_bus_message_enter_container(message, 'a', "{ss}");

	while (r >= 0 && (r = sd_bus_message_read(message, "{ss}", &key, &value)) > 0) {
		if (entry->n == FIELDS_MAX)
			continue;
		entry->fields[entry->n].key = key;
		entry->fields[entry->n++].value = value;
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* An event in a signal, or in the list. */
static int print_event(struct ctl *ctl, sd_bus_message *message)
{
	struct entry entry = {};
	int r = sd_bus_message_read(message, "tsss", &entry.time_us, &entry.kind, &entry.name,
				    &entry.text);

	if (r >= 0)
		r = read_fields(message, &entry);
	if (r < 0)
		return r;
	return ctl->json ? print_json(&entry) : print_text(&entry);
}

static int print_list(struct ctl *ctl, sd_bus_message *reply)
{
	int r = sd_bus_message_enter_container(reply, 'a', "(tsssa{ss})");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "tsssa{ss}")) > 0) {
		r = print_event(ctl, reply);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r;
}

static int on_list(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct follower *follower = userdata;

	if (sd_bus_message_is_method_error(reply, NULL)) {
		follower->result = -sd_bus_message_get_errno(reply);
		return 0;
	}
	follower->result = print_list(follower->ctl, reply);
	follower->listed = true;
	return 0;
}

static int on_event(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct follower *follower = userdata;
	int r;

	if (!follower->listed)
		return 0;
	r = print_event(follower->ctl, message);
	if (r < 0)
		follower->result = r;
	return 0;
}

/* Milliseconds until the bus wants to be called; -1: not by itself. */
static int patience_ms(sd_bus *bus)
{
	uint64_t until_us = UINT64_MAX, now_us = monotonic_us();

	if (sd_bus_get_timeout(bus, &until_us) < 0 || until_us == UINT64_MAX)
		return -1;
	return until_us > now_us ? (int)((until_us - now_us) / 1000 + 1) : 0;
}

/* Also wakes up when nobody reads any more, which writing would find out with the next event. */
static int wait_for_more(sd_bus *bus)
{
	struct pollfd fds[] = {
		{ .fd = sd_bus_get_fd(bus), .events = (short)sd_bus_get_events(bus) },
		{ .fd = STDOUT_FILENO },
	};

	if (poll(fds, ELEMENTS_OF(fds), patience_ms(bus)) < 0)
		return -errno;
	return (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) ? -EPIPE : 0;
}

/* Until the connection ends, or writing fails. */
static int process(struct follower *follower)
{
	sd_bus *bus = follower->ctl->bus;

	while (follower->result >= 0) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (fflush(stdout) == EOF)
			return -errno;
		r = wait_for_more(bus);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return follower->result;
}

static int follow(struct ctl *ctl)
{
	struct follower follower = { .ctl = ctl };
	int r = ctl_connect(ctl);

	if (r < 0)
		return EXIT_FAILURE;
	r = sd_bus_match_signal(ctl->bus, NULL, ctl->destination, BUS_ROOT, MANAGER_INTERFACE,
				"Event", on_event, &follower);
	if (r >= 0)
		r = sd_bus_call_method_async(ctl->bus, NULL, ctl->destination, BUS_ROOT,
					     MANAGER_INTERFACE, "Events", on_list, &follower, NULL);
	if (r >= 0)
		r = process(&follower);
	if (r == -ENOTCONN || r == -ECONNRESET)
		ctl_say("uplinkd has closed the connection");
	else if (r != -EPIPE)
		fprintf(stderr, "cannot follow the events: %s\n", strerror(-r));
	return EXIT_FAILURE;
}

int verb_events(struct ctl *ctl, char **arguments)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r;

	if (ctl->follow)
		return follow(ctl);
	if (ctl_call(ctl, BUS_ROOT, MANAGER_INTERFACE, "Events", &reply, NULL) < 0)
		return EXIT_FAILURE;
	r = print_list(ctl, reply);
	if (r < 0)
		fprintf(stderr, "cannot read what uplinkd says: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
