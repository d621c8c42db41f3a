/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The methods that take ipvsadm's commands, each a list of words. What lists is a method of its
 * own, because reading is free and changing is root's.
 */
#include "control/bus.h"

#include <errno.h>

struct lines {
	ARRAY(char **) v;
};

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

static void lines_done(struct lines *lines)
{
	array_foreach(&lines->v, words)
		free_words(*words);
	array_done(&lines->v);
}

static int read_lines(sd_bus_message *call, struct lines *lines)
{
	int r = sd_bus_message_enter_container(call, 'a', "as");

	while (r >= 0 && (r = sd_bus_message_at_end(call, false)) == 0) {
		char **words = NULL;

		r = sd_bus_message_read_strv(call, &words);
		if (r >= 0 && !words)
			words = calloc(1, sizeof(*words));
		if (r >= 0)
			r = words ? array_push(&lines->v, words) : -ENOMEM;
		if (r < 0)
			free_words(words);
	}
	return r < 0 ? r : sd_bus_message_exit_container(call);
}

static int answer_ipvs(sd_bus_message *call, struct control *control, bool reading,
		       sd_bus_error *error)
{
	_cleanup_(lines_done) struct lines lines = {};
	_cleanup_(arena_done) struct arena arena = {};
	_cleanup_free_ char *text = NULL;
	const char *shown;
	int r = read_lines(call, &lines);

	if (r < 0)
		return r;
	r = control->requests->ipvs(control->userdata, (char *const *const *)lines.v.v, lines.v.n,
				    reading, &text);
	if (r < 0)
		return control_answer(call, r, text, error);
	shown = text_for_bus(&arena, text);
	return shown ? sd_bus_reply_method_return(call, "s", shown) : -ENOMEM;
}

int method_ipvs(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return answer_ipvs(call, userdata, false, error);
}

int method_ipvs_list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return answer_ipvs(call, userdata, true, error);
}
