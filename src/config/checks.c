/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health checks of servers. What stands at the service is for the servers that say nothing
 * themselves; the servers are read before.
 */
#include "base/time.h"
#include "config/values.h"

#include <ctype.h>
#include <string.h>

enum {
	DAY_MS = 86400000,
	INTERVAL_LEAST_MS = 10,
	ANSWERS_MAX = 1000,
	PAYLOAD_MAX = 512 /* what a check sends or compares */
};

/* What stands behind a backslash, or NULL when C knows no such escape. */
static const char *skip_escape(const char *p)
{
	size_t digits = strspn(p, "01234567");

	if (*p && strchr("nrtabfve\\\"'", *p))
		return p + 1;
	if (*p == 'x')
		return isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) ? p + 3
										      : NULL;
	digits = digits > 3 ? 3 : digits;
	return digits == 0 || (digits == 3 && *p > '3') ? NULL : p + digits;
}

static bool is_payload(const char *text)
{
	size_t size = 0;

	for (; text && *text; size++)
		text = *text == '\\' ? skip_escape(text + 1) : text + 1;
	return text && size <= PAYLOAD_MAX;
}

static void read_payload(struct reader *reader, const config_setting_t *setting, const char *text,
			 void *ret)
{
	if (!is_payload(text))
		problem(reader, setting,
			"is not possible here; allowed are up to %u bytes with the escapes of C, whose "
			"backslash is written twice, as in \"PING\\\\r\\\\n\" or \"\\\\x00\\\\001\"",
			PAYLOAD_MAX);
	*(const char **)ret = keep_text(reader, text);
}

static const struct word kind_words[] = { { "none", CHECK_NONE },     { "tcp", CHECK_TCP },
					  { "http", CHECK_HTTP },     { "https", CHECK_HTTPS },
					  { "dns", CHECK_DNS },       { "smtp", CHECK_SMTP },
					  { "icmp", CHECK_ICMP },     { "udp", CHECK_UDP },
					  { "script", CHECK_SCRIPT }, { NULL, 0 } };

static const struct word initial_words[] = { { "up", true }, { "down", false }, { NULL, 0 } };

#define KIND(name) (1U << CHECK_##name)
#define WEB        (KIND(HTTP) | KIND(HTTPS))
#define PORTS      (KIND(TCP) | WEB | KIND(DNS) | KIND(SMTP) | KIND(UDP))
#define CHECKS     (PORTS | KIND(ICMP) | KIND(SCRIPT))

static const struct kind_key check_keys[] = {
	{ { "kind", KEY_WORD, FIELD(config_check, kind), .words = kind_words }, ~0U },
	{ { "interval", KEY_TIME, FIELD(config_check, interval_ms), .least = INTERVAL_LEAST_MS,
	    .most = DAY_MS },
	  CHECKS },
	{ { "timeout", KEY_TIME, FIELD(config_check, timeout_ms), .least = 1, .most = DAY_MS },
	  CHECKS },
	{ { "fail", KEY_NUMBER, FIELD(config_check, fail), .least = 1, .most = ANSWERS_MAX },
	  CHECKS },
	{ { "pass", KEY_NUMBER, FIELD(config_check, pass), .least = 1, .most = ANSWERS_MAX },
	  CHECKS },
	{ { "initial", KEY_BOOL, FIELD(config_check, initial_up), .words = initial_words },
	  CHECKS },
	{ { "port", KEY_PORT, FIELD(config_check, port) }, PORTS },
	{ { "path", KEY_TEXT, FIELD(config_check, path), .text = read_http_path }, WEB },
	{ { "path", KEY_TEXT, FIELD(config_check, path), .required = true, .text = read_script },
	  KIND(SCRIPT) },
	{ { "host", KEY_TEXT, FIELD(config_check, host), .text = read_host_name },
	  WEB | KIND(SMTP) },
	{ { "status", KEY_TEXT, FIELD(config_check, status), .text = read_status }, WEB },
	{ { "match", KEY_TEXT, FIELD(config_check, match), .text = read_regex }, WEB },
	{ { "verify", KEY_BOOL, FIELD(config_check, verify) }, KIND(HTTPS) },
	{ { "name", KEY_TEXT, FIELD(config_check, name), .text = read_query }, KIND(DNS) },
	{ { "type", KEY_TEXT, FIELD(config_check, type), .text = read_dns_type }, KIND(DNS) },
	{ { "send", KEY_TEXT, FIELD(config_check, send), .required = true, .text = read_payload },
	  KIND(UDP) },
	{ { "expect", KEY_TEXT, FIELD(config_check, expect), .text = read_payload }, KIND(UDP) },
};

static void read_check(struct reader *reader, const config_setting_t *setting,
		       struct config_check *ret)
{
	struct config_check check = {
		.interval_ms = 2000, .fail = 3, .pass = 2, .initial_up = true
	};

	if (!read_kind_group(reader, setting, kind_words, check_keys, ELEMENTS_OF(check_keys),
			     &check))
		return;
	if (check.timeout_ms > check.interval_ms)
		problem(reader, config_setting_get_member(setting, "timeout"),
			"is longer than the interval of %s, and checks do not overlap",
			duration_text(check.interval_ms).text);
	if (!check.timeout_ms)
		check.timeout_ms = check.interval_ms;
	*ret = check;
}

void read_server_check(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_server *server = target;

	read_check(reader, setting, &server->check);
}

void read_service_check(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_service *service = target;
	struct config_check check = { 0 };

	read_check(reader, setting, &check);
	for (size_t i = 0; i < service->servers.n; i++)
		if (service->servers.v[i].check.kind == CHECK_KIND_MAX)
			service->servers.v[i].check = check;
}

static void read_agent(struct reader *reader, const config_setting_t *setting,
		       struct config_agent *ret)
{
	static const struct key keys[] = {
		{ "port", KEY_PORT, FIELD(config_agent, port), .required = true },
		{ "interval", KEY_TIME, FIELD(config_agent, interval_ms),
		  .least = INTERVAL_LEAST_MS, .most = DAY_MS },
		{ "send", KEY_TEXT, FIELD(config_agent, send), .text = read_payload },
	};
	static const struct shape shape = { SHAPE(keys), NULL, 0 };

	if (is_type(reader, setting, CONFIG_TYPE_GROUP))
		read_group(reader, setting, &shape, ret);
}

void read_server_agent(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_server *server = target;

	read_agent(reader, setting, &server->agent);
}

void read_service_agent(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_service *service = target;
	struct config_agent agent = server_defaults.agent;

	read_agent(reader, setting, &agent);
	for (size_t i = 0; i < service->servers.n; i++)
		if (!service->servers.v[i].agent.port)
			service->servers.v[i].agent = agent;
}
