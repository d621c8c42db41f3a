/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any lines either are refused with a reason, or make a table that comes back from its own text,
 * and a configuration that is accepted or refused with a message, never a broken one.
 */
#include "ipvs/table.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(struct ipvs_table *table, char *line)
{
	const char *words[IPVS_WORDS_MAX];
	struct ipvs_refusal refusal = { 0 };
	struct ipvs_command command;
	int n = ipvs_split(line, words, ELEMENTS_OF(words));

	if (n < 0)
		return;
	if (ipvs_parse(words, (size_t)n, NULL, &command, &refusal) < 0)
		assert(*refusal.message && refusal.exit_code);
	else if (ipvs_table_apply(table, NULL, &command, &refusal) < 0)
		assert(*refusal.message);
}

static void check_table(const struct ipvs_table *table)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct ipvs_refusal refusal = { 0 };
	struct ipvs_table again;
	int r;

	ipvs_table_init(&again);
	r = ipvs_table_to_text(table, &first);
	assert(r == 0);
	r = ipvs_table_read(&again, first, &refusal);
	assert(r == 0);
	r = ipvs_table_to_text(&again, &second);
	assert(r == 0);
	assert(strcmp(first, second) == 0);
	ipvs_table_done(&again);
}

static void check_config(const struct ipvs_table *table)
{
	static const char file[] = "gateway = { inside = [ \"lan0\" ]; };";
	_cleanup_free_ char *more = NULL, *errors = NULL;
	struct config *config = NULL;
	int r = ipvs_table_to_config(table, &more);

	assert(r == 0);
	r = config_parse("/dev/null/fuzz.conf", file, more, &config, &errors);
	assert(r == 0 || (errors && !strstr(errors, "syntax error")));
	if (r == 0)
		assert(config->services.n == table->services.n);
	config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	char *rest = text, *line;
	struct ipvs_table table;

	assert(text);
	ipvs_table_init(&table);
	while ((line = strsep(&rest, "\n")))
		check_line(&table, line);
	check_table(&table);
	check_config(&table);
	ipvs_table_done(&table);
	return 0;
}
