/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table as the commands that make it, which is how it is shown and kept.
 */
#include "ipvs/table.h"

#include "ipvs/words.h"

#include <errno.h>
#include <string.h>

void ipvs_table_print(const struct ipvs_table *table, FILE *out)
{
	array_foreach(&table->services, service) {
		struct ipvs_command command = { .verb = IPVS_ADD_SERVICE,
						.options = 1 << OPTION_SERVICE,
						.service = service->listen,
						.settings = service->settings };

		ipvs_print(&command, out);
		fputc('\n', out);
		command.verb = IPVS_ADD_SERVER;
		command.options |= 1 << OPTION_SERVER;
		array_foreach(&service->servers, server) {
			command.server = *server;
			ipvs_print(&command, out);
			fputc('\n', out);
		}
	}
}

int ipvs_table_to_text(const struct ipvs_table *table, char **ret)
{
	const struct timeouts *timeouts = &table->timeouts;
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!out)
		return -ENOMEM;
	fprintf(out, "--set %u %u %u\n", timeouts->tcp, timeouts->tcp_fin, timeouts->udp);
	ipvs_table_print(table, out);
	return fclose(out) == 0 ? 0 : -ENOMEM;
}

static int read_line(struct ipvs_table *table, char *line, struct ipvs_refusal *refusal)
{
	const char *words[IPVS_WORDS_MAX];
	struct ipvs_command command;
	int n = ipvs_split(line, words, ELEMENTS_OF(words));

	if (n == 0)
		return 0;
	if (n < 0)
		return refuse(refusal, IPVS_EXIT_USAGE, "too many words");
	if (ipvs_parse(words, (size_t)n, NULL, &command, refusal) < 0)
		return -EINVAL;
	return ipvs_table_apply(table, NULL, &command, refusal);
}

int ipvs_table_read(struct ipvs_table *table, const char *text, struct ipvs_refusal *ret_refusal)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	if (!copy)
		return -ENOMEM;
	for (unsigned number = 1; (line = strsep(&rest, "\n")); number++) {
		struct ipvs_refusal refusal;
		int r = read_line(table, line, &refusal);

		if (r == 0)
			continue;
		refuse(ret_refusal, refusal.exit_code, "line %u: %.200s", number, refusal.message);
		return r;
	}
	return 0;
}
