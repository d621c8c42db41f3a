/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The normalised file: every value in force, defaults included, one way to write each. Reading it
 * gives the same configuration again, and printing that the same text. Selectors and options whose
 * default is to have no effect are left out.
 */
#include "config/print.h"

#include "base/time.h"
#include "config/text.h"

#include <inttypes.h>

void print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\x%02x", *text);
		else
			fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

void print_text(FILE *out, const char *key, const char *text)
{
	fprintf(out, "\t\t%s = ", key);
	print_quoted(out, text);
	fputs(";\n", out);
}

void print_item(FILE *out, const char *key, size_t i, const char *text)
{
	if (i == 0)
		fprintf(out, "\t\t%s = [ ", key);
	else
		fputs(", ", out);
	print_quoted(out, text);
}

void print_end(FILE *out, size_t n)
{
	if (n)
		fputs(" ];\n", out);
}

void inline_text(FILE *out, const char *key, const char *text)
{
	if (!text)
		return;
	fprintf(out, " %s = ", key);
	print_quoted(out, text);
	fputc(';', out);
}

void inline_number(FILE *out, const char *key, uint32_t number)
{
	fprintf(out, " %s = %" PRIu32 ";", key, number);
}

void inline_option(FILE *out, const char *key, uint32_t number)
{
	if (number)
		inline_number(out, key, number);
}

void inline_time(FILE *out, const char *key, uint64_t ms)
{
	inline_text(out, key, duration_text(ms).text);
}

void print_number(FILE *out, const char *key, uint32_t number)
{
	if (number)
		fprintf(out, "\t\t%s = %" PRIu32 ";\n", key, number);
}

void print_time(FILE *out, const char *key, uint64_t ms)
{
	if (ms)
		print_text(out, key, duration_text(ms).text);
}

void print_true(FILE *out, const char *key, bool value)
{
	if (value)
		fprintf(out, "\t\t%s = true;\n", key);
}

static void print_names(FILE *out, const char *key, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		print_item(out, key, i, names->v[i]);
	print_end(out, names->n);
}

void print_prefixes(FILE *out, const char *key, const struct prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->n; i++)
		print_item(out, key, i, ip_prefix_text(&prefixes->v[i]).text);
	print_end(out, prefixes->n);
}

static void print_id(FILE *out, const char *key, size_t i, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, id);
	print_item(out, key, i, text);
}

static void print_gateway(FILE *out, const struct config_gateway *gateway)
{
	fputs("gateway = {\n", out);
	for (size_t i = 0; i < gateway->inside.n; i++) {
		fputs(i ? ", " : "\tinside = [ ", out);
		print_quoted(out, gateway->inside.v[i]);
	}
	print_end(out, gateway->inside.n);
	fprintf(out, "\tforwarding = %s;\n", gateway->forwarding ? "true" : "false");
	fputs("\tfirewall = false;\n", out);
	fprintf(out, "\tmark_mask = 0x%08" PRIx32 ";\n", gateway->mark_mask);
	fprintf(out, "\ttable_base = %" PRIu32 ";\n", gateway->table_base);
	fprintf(out, "\trule_base = %" PRIu32 ";\n", gateway->rule_base);
	if (gateway->resolver != RESOLVER_AUTO)
		fprintf(out, "\tresolver = \"%s\";\n", resolver_text(gateway->resolver));
	fputs("};\n", out);
}

static void print_ports(FILE *out, const struct config_policy *policy)
{
	for (size_t i = 0; i < policy->ports.n; i++) {
		const struct port_range *range = &policy->ports.v[i];
		const char *protocol = protocol_text(range->protocol);
		char text[32];

		if (range->first == 0)
			snprintf(text, sizeof(text), "%s", protocol);
		else if (range->first == range->last)
			snprintf(text, sizeof(text), "%s/%u", protocol, range->first);
		else
			snprintf(text, sizeof(text), "%s/%u-%u", protocol, range->first,
				 range->last);
		print_item(out, "ports", i, text);
	}
	print_end(out, policy->ports.n);
}

static void print_selectors(FILE *out, const struct config_policy *policy)
{
	for (size_t i = 0; i < policy->users.n; i++)
		print_id(out, "user", i, policy->users.v[i]);
	print_end(out, policy->users.n);
	for (size_t i = 0; i < policy->groups.n; i++)
		print_id(out, "group", i, policy->groups.v[i]);
	print_end(out, policy->groups.n);
	if (policy->unit)
		print_text(out, "unit", policy->unit);
	if (policy->cgroup)
		print_text(out, "cgroup", policy->cgroup);
	print_names(out, "interface", &policy->interfaces);
	print_prefixes(out, "from", &policy->from);
	print_prefixes(out, "to", &policy->to);
	print_ports(out, policy);
	if (policy->dscp >= 0)
		fprintf(out, "\t\tdscp = %d;\n", policy->dscp);
}

static void print_policy(FILE *out, const struct config *config, const struct config_policy *policy)
{
	print_text(out, "name", policy->name);
	print_selectors(out, policy);
	for (size_t i = 0; i < policy->use.n; i++)
		print_item(out, "use", i, config->uplinks.v[policy->use.v[i]].name);
	print_end(out, policy->use.n);
	print_text(out, "scheduler", scheduler_id_text(policy->scheduler));
	if (policy->scheduler == SCHEDULER_OVERFLOW)
		fprintf(out, "\t\toverflow = \"%" PRIu32 "%%\";\n", policy->overflow);
	if (policy->sticky_ms)
		print_text(out, "sticky", duration_text(policy->sticky_ms).text);
	if (policy->otherwise == OTHERWISE_DROP)
		print_text(out, "otherwise", "drop");
	if (policy->otherwise == OTHERWISE_ANY)
		print_text(out, "otherwise", "any");
	if (policy->on_failover == FAILOVER_KEEP)
		print_text(out, "on_failover", "keep");
}

static void print_domain(FILE *out, const struct config_domain *domain)
{
	print_text(out, "name", domain->name);
	print_prefixes(out, "addresses", &domain->addresses);
	print_text(out, "interface", domain->interface);
}

void print_group(FILE *out, const char *key, size_t i)
{
	if (i == 0)
		fprintf(out, "\n%s = (\n\t{\n", key);
	else
		fputs("\t},\n\t{\n", out);
}

void print_groups_end(FILE *out, size_t n)
{
	if (n)
		fputs("\t}\n);\n", out);
}

void config_print(const struct config *config, FILE *out)
{
	print_gateway(out, &config->gateway);
	for (size_t i = 0; i < config->uplinks.n; i++) {
		print_group(out, "uplinks", i);
		print_uplink(out, &config->uplinks.v[i]);
	}
	print_groups_end(out, config->uplinks.n);
	for (size_t i = 0; i < config->policies.n; i++) {
		print_group(out, "policies", i);
		print_policy(out, config, &config->policies.v[i]);
	}
	print_groups_end(out, config->policies.n);
	print_services(out, config, false);
	for (size_t i = 0; i < config->domains.n; i++) {
		print_group(out, "domains", i);
		print_domain(out, &config->domains.v[i]);
	}
	print_groups_end(out, config->domains.n);
}

void config_print_dynamic(const struct config *config, FILE *out)
{
	print_services(out, config, true);
}
