/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Uplinks in the normalised file.
 */
#include "base/time.h"
#include "config/print.h"
#include "config/text.h"

#include <inttypes.h>

/* One address for each family that has one, else the word. */
static void print_families(FILE *out, const char *key,
			   const struct ip_address (*addresses)[FAMILY_INDEX_MAX], const char *word)
{
	size_t n = 0;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (ip_is_set(&(*addresses)[f]))
			print_item(out, key, n++, ip_text(&(*addresses)[f]).text);
	print_end(out, n);
	if (!n)
		print_text(out, key, word);
}

static void inline_targets(FILE *out, const struct config_probe *probe)
{
	for (size_t i = 0; i < probe->targets.n; i++) {
		fputs(i ? ", " : " targets = [ ", out);
		print_quoted(out, probe->targets.v[i].text);
	}
	if (probe->targets.n)
		fputs(" ];", out);
}

static void print_probe(FILE *out, const struct config_probe *probe)
{
	fprintf(out, "{ kind = \"%s\";", line_probe_text(probe->kind));
	inline_targets(out, probe);
	inline_time(out, "interval", probe->interval_ms);
	inline_time(out, "timeout", probe->timeout_ms);
	inline_text(out, "path", probe->path);
	inline_text(out, "host", probe->host);
	inline_text(out, "status", probe->status);
	inline_text(out, "match", probe->match);
	if (probe->verify)
		fputs(" verify = true;", out);
	inline_text(out, "name", probe->name);
	inline_text(out, "type", probe->type);
	fputs(" }", out);
}

static void print_delay(FILE *out, const char *key, const struct config_marks *marks)
{
	if (!marks->low && !marks->high)
		return;
	fprintf(out, "\t\t%s = {", key);
	inline_time(out, "low", marks->low);
	inline_time(out, "high", marks->high);
	fputs(" };\n", out);
}

static void print_probes(FILE *out, const struct config_uplink *uplink)
{
	if (!uplink->probes.n)
		return;
	for (size_t i = 0; i < uplink->probes.n; i++) {
		fputs(i ? ",\n\t\t\t" : "\t\tprobes = (\n\t\t\t", out);
		print_probe(out, &uplink->probes.v[i]);
	}
	fputs("\n\t\t);\n", out);
	print_number(out, "quorum", uplink->quorum);
	print_number(out, "fail", uplink->fail);
	print_number(out, "pass", uplink->pass);
	fprintf(out, "\t\tloss = { low = \"%" PRIu32 "%%\"; high = \"%" PRIu32 "%%\"; };\n",
		uplink->loss.low, uplink->loss.high);
	print_delay(out, "latency", &uplink->latency);
	print_delay(out, "jitter", &uplink->jitter);
}

static void print_reconnect(FILE *out, const struct config_uplink *uplink)
{
	const struct names *command = &uplink->reconnect.command;

	if (!uplink->reconnect.unit && !command->n)
		return;
	fputs("\t\treconnect = {", out);
	inline_text(out, "unit", uplink->reconnect.unit);
	for (size_t i = 0; i < command->n; i++) {
		fputs(i ? ", " : " command = [ ", out);
		print_quoted(out, command->v[i]);
	}
	if (command->n)
		fputs(" ];", out);
	inline_time(out, "after", uplink->reconnect.after_ms);
	fputs(" };\n", out);
}

struct said {
	FILE *out;
	size_t n;
};

static void print_span(const char *text, void *userdata)
{
	struct said *said = userdata;

	print_item(said->out, "schedule", said->n++, text);
}

static void print_use(FILE *out, const struct config_uplink *uplink)
{
	struct said said = { .out = out };

	if (uplink->failback != FAILBACK_WHEN_STABLE)
		print_text(out, "failback", failback_text(uplink->failback));
	print_true(out, "metered", uplink->metered);
	if (uplink->quota.bytes) {
		fputs("\t\tquota = {", out);
		inline_text(out, "bytes", volume_text(uplink->quota.bytes).text);
		inline_number(out, "day", uplink->quota.day);
		fputs(" };\n", out);
	}
	schedule_text(uplink->schedule.v, uplink->schedule.n, print_span, &said);
	print_end(out, said.n);
}

static void print_resolvers(FILE *out, const struct config_uplink *uplink)
{
	if (uplink->resolvers == RESOLVERS_OFF)
		print_text(out, "dns", "off");
	for (size_t i = 0; i < uplink->dns.n; i++)
		print_item(out, "dns", i, ip_text(&uplink->dns.v[i]).text);
	print_end(out, uplink->dns.n);
}

void print_uplink(FILE *out, const struct config_uplink *uplink)
{
	print_text(out, "name", uplink->name);
	print_text(out, "interface", uplink->interface);
	fprintf(out, "\t\tweight = %" PRIu32 ";\n", uplink->weight);
	fprintf(out, "\t\ttier = %" PRIu32 ";\n", uplink->tier);
	print_families(out, "gateway", &uplink->gateway, "auto");
	print_families(out, "snat", &uplink->snat_address, snat_mode_text(uplink->snat));
	print_prefixes(out, "prefixes", &uplink->prefixes);
	print_true(out, "nptv6", uplink->nptv6);
	print_probes(out, uplink);
	if (uplink->bandwidth.up) {
		fputs("\t\tbandwidth = {", out);
		inline_text(out, "up", rate_text(uplink->bandwidth.up).text);
		inline_text(out, "down", rate_text(uplink->bandwidth.down).text);
		fputs(" };\n", out);
	}
	print_reconnect(out, uplink);
	print_use(out, uplink);
	print_number(out, "mtu", uplink->mtu);
	if (!uplink->clamp)
		fputs("\t\tclamp = false;\n", out);
	print_resolvers(out, uplink);
}
