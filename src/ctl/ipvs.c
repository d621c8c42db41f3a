/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uplinkctl ipvs: the ipvsadm language. Lines are read here, so that wrong use is told as ipvsadm
 * tells it and names are looked up here; the daemon gets them in numbers. What -R reads is sent as
 * one request: all of it is done, or nothing.
 */
#include "base/array.h"
#include "ctl/ctl.h"
#include "ctl/names.h"
#include "ipvs/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
	"usage: uplinkctl ipvs COMMAND [OPTION...], as ipvsadm(8); see uplinkctl-ipvs(8)\n"
	"\n"
	"  -A|-E SERVICE [-s SCHEDULER] [-p [SECONDS]] [-M NETMASK] [-b FLAGS] [-o]\n"
	"  -D SERVICE\n"
	"  -a|-e SERVICE -r SERVER [-g|-i|-m] [-w WEIGHT] [-x UPPER] [-y LOWER]\n"
	"                [--tun-type ipip|gre|gue] [--tun-port PORT]\n"
	"  -d SERVICE -r SERVER\n"
	"  -L [SERVICE] [-n] [-c] [--stats|--rate|--thresholds|--persistent-conn|--tun-info]\n"
	"     [--timeout] [--exact] [--nosort]\n"
	"  -S [-n]     the commands that make the services made by ipvs\n"
	"  -R          do the commands on standard input, all or none\n"
	"  -C          delete the services made by ipvs\n"
	"  -Z [SERVICE]\n"
	"  --set TCP TCPFIN UDP\n"
	"\n"
	"  SERVICE is -t HOST:PORT, -u HOST:PORT, --sctp-service HOST:PORT, or -f MARK [-6]\n";

/* Commands on their way. */
struct batch {
	ARRAY(struct ipvs_command) v;
};

static void batch_done(struct batch *batch)
{
	array_done(&batch->v);
}

static int failed(const char *message)
{
	ctl_say(message);
	return IPVS_EXIT_FAILURE;
}

static int append_command(sd_bus_message *message, const struct ipvs_command *command)
{
	_cleanup_free_ char *line = NULL;
	const char *words[IPVS_WORDS_MAX + 1];
	size_t size;
	FILE *out = open_memstream(&line, &size);
	int n, r;

	if (!out)
		return -ENOMEM;
	ipvs_print(command, out);
	if (fclose(out) != 0)
		return -ENOMEM;
	n = ipvs_split(line, words, IPVS_WORDS_MAX);
	if (n < 0)
		return n;
	r = sd_bus_message_open_container(message, 'a', "s");
	for (int i = 0; r >= 0 && i < n; i++)
		r = sd_bus_message_append(message, "s", words[i]);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int make_call(struct ctl *ctl, const char *member, const struct batch *batch,
		     sd_bus_message **ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(ctl->bus, &message, ctl->destination, BUS_ROOT,
					       MANAGER_INTERFACE, member);

	r = r < 0 ? r : sd_bus_message_open_container(message, 'a', "as");
	array_foreach(&batch->v, command)
		r = r < 0 ? r : append_command(message, command);
	r = r < 0 ? r : sd_bus_message_close_container(message);
	if (r >= 0)
		*ret = TAKE_PTR(message);
	return r;
}

/* 0 or a negative errno, said. */
static int call(struct ctl *ctl, const char *member, const struct batch *batch,
		sd_bus_message **ret_reply)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = ctl_connect(ctl);

	if (r < 0)
		return r;
	r = make_call(ctl, member, batch, &message);
	if (r >= 0)
		r = sd_bus_call(ctl->bus, message, 0, &error, ret_reply);
	if (r < 0)
		ctl_say_error(&error, r);
	return r < 0 ? r : 0;
}

static int change(struct ctl *ctl, const struct batch *batch)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;

	return call(ctl, "Ipvs", batch, &reply) < 0 ? IPVS_EXIT_FAILURE : EXIT_SUCCESS;
}

static int show(struct ctl *ctl, const struct ipvs_command *command)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	_cleanup_(batch_done) struct batch batch = {};
	const char *text;
	int r = array_push(&batch.v, *command);

	if (r < 0)
		return failed("Memory allocation problem");
	r = call(ctl, "IpvsList", &batch, &reply);
	if (r < 0)
		return IPVS_EXIT_LIST;
	r = sd_bus_message_read(reply, "s", &text);
	if (r < 0) {
		fprintf(stderr, "cannot read what uplinkd says: %s\n", strerror(-r));
		return IPVS_EXIT_LIST;
	}
	if (ipvs_has(command, OPTION_NUMERIC) || ipvs_has(command, OPTION_TIMEOUT))
		fputs(text, stdout);
	else
		names_print(command, text, stdout);
	return EXIT_SUCCESS;
}

static int refused(const struct ipvs_refusal *refusal, unsigned line)
{
	if (line)
		fprintf(stderr, "line %u: %s\n", line, refusal->message);
	else
		ctl_say(refusal->message);
	return refusal->exit_code;
}

static bool is_change(enum ipvs_verb verb)
{
	return verb != IPVS_LIST && verb != IPVS_SAVE && verb != IPVS_RESTORE &&
	       verb != IPVS_HELP && verb != IPVS_VERSION;
}

/* Adds what a line of -R says. An exit code. */
static int read_line(char *line, unsigned number, struct batch *batch)
{
	const char *words[IPVS_WORDS_MAX];
	struct ipvs_refusal refusal = { .exit_code = IPVS_EXIT_USAGE };
	struct ipvs_command command;
	int n = ipvs_split(line, words, IPVS_WORDS_MAX);

	if (n == 0)
		return EXIT_SUCCESS;
	if (n < 0)
		snprintf(refusal.message, sizeof(refusal.message), "too many words");
	else if (ipvs_parse(words, (size_t)n, &ctl_names, &command, &refusal) == 0) {
		if (is_change(command.verb))
			return array_push(&batch->v, command) < 0
				       ? failed("Memory allocation problem")
				       : EXIT_SUCCESS;
		snprintf(refusal.message, sizeof(refusal.message),
			 "only commands that change something can be restored");
	}
	return refused(&refusal, number);
}

static int restore(struct ctl *ctl)
{
	_cleanup_(batch_done) struct batch batch = {};
	_cleanup_free_ char *line = NULL;
	size_t room = 0;

	for (unsigned number = 1; getline(&line, &room, stdin) >= 0; number++) {
		int code = read_line(line, number, &batch);

		if (code != EXIT_SUCCESS)
			return code;
	}
	if (ferror(stdin)) {
		fprintf(stderr, "cannot read standard input: %s\n", strerror(errno));
		return IPVS_EXIT_FAILURE;
	}
	return batch.v.n ? change(ctl, &batch) : EXIT_SUCCESS;
}

static int change_one(struct ctl *ctl, const struct ipvs_command *command)
{
	_cleanup_(batch_done) struct batch batch = {};

	if (array_push(&batch.v, *command) < 0)
		return failed("Memory allocation problem");
	return change(ctl, &batch);
}

int verb_ipvs(struct ctl *ctl, char **arguments)
{
	struct ipvs_refusal refusal;
	struct ipvs_command command;
	size_t n = 0;

	while (arguments[n])
		n++;
	if (ipvs_parse((const char *const *)arguments, n, &ctl_names, &command, &refusal) < 0)
		return refused(&refusal, 0);
	switch (command.verb) {
	case IPVS_LIST:
	case IPVS_SAVE:
		return show(ctl, &command);
	case IPVS_RESTORE:
		return restore(ctl);
	case IPVS_HELP:
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	case IPVS_VERSION:
		puts("uplinkctl " UPLINKD_VERSION ", in the language of ipvsadm v1.31");
		return EXIT_SUCCESS;
	case IPVS_ADD_SERVICE:
	case IPVS_EDIT_SERVICE:
	case IPVS_DELETE_SERVICE:
	case IPVS_CLEAR:
	case IPVS_ADD_SERVER:
	case IPVS_DELETE_SERVER:
	case IPVS_EDIT_SERVER:
	case IPVS_SET:
	case IPVS_ZERO:
	case IPVS_ADD_BOTH:
	case IPVS_VERB_MAX:
		break;
	}
	return change_one(ctl, &command);
}
