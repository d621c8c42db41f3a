/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health checks of servers. Each kind has keys of its own, picked out of one table, so that a key
 * that a kind would not look at is an unknown one there. What stands at the service is for the
 * servers that say nothing themselves; the servers are read before.
 */
#include "base/time.h"
#include "config/values.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

enum {
	DAY_MS = 86400000,
	INTERVAL_LEAST_MS = 10,
	ANSWERS_MAX = 1000,
	PAYLOAD_MAX = 512, /* what a check sends or compares */
	DNS_TYPE_DIGITS_MAX = 5
};

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

static void read_http_path(struct reader *reader, const config_setting_t *setting, const char *text,
			   void *ret)
{
	if (*text != '/' || !is_visible(text))
		problem(reader, setting,
			"\"%s\" is not a path to ask for; it begins with \"/\" and has no space",
			text);
	*(const char **)ret = keep_text(reader, text);
}

static void read_script(struct reader *reader, const config_setting_t *setting, const char *text,
			void *ret)
{
	if (*text != '/')
		problem(reader, setting,
			"\"%s\" is not the path of a program; write it from the root, as in "
			"\"/etc/uplinkd/check-mail\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

static void read_host_name(struct reader *reader, const config_setting_t *setting, const char *text,
			   void *ret)
{
	if (!is_host_name(text))
		problem(reader, setting, "\"%s\" is not the name of a host, as in \"www.example\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

static bool is_status(const char *text)
{
	return *text >= '1' && *text <= '5' && isdigit((unsigned char)text[1]) &&
	       isdigit((unsigned char)text[2]);
}

/* "200" or "200-399", with "," between. */
static bool is_status_list(const char *text)
{
	for (;; text++) {
		const char *first = text;

		if (!is_status(text))
			return false;
		text += 3;
		if (*text == '-') {
			if (!is_status(text + 1) || strncmp(text + 1, first, 3) < 0)
				return false;
			text += 4;
		}
		if (*text != ',')
			return !*text;
	}
}

static void read_status(struct reader *reader, const config_setting_t *setting, const char *text,
			void *ret)
{
	if (!is_status_list(text))
		problem(reader, setting,
			"\"%s\" is not a list of HTTP status codes; allowed are codes and ranges from "
			"100 to 599 with \",\" between, as in \"200-299,404\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

static void read_regex(struct reader *reader, const config_setting_t *setting, const char *text,
		       void *ret)
{
	char why[128];
	regex_t regex;
	int r = regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);

	if (r) {
		regerror(r, &regex, why, sizeof(why));
		problem(reader, setting, "\"%s\" is not an extended regular expression: %s", text,
			why);
	} else {
		regfree(&regex);
	}
	*(const char **)ret = keep_text(reader, text);
}

static void read_query(struct reader *reader, const config_setting_t *setting, const char *text,
		       void *ret)
{
	_cleanup_free_ char *name = strdup(text);
	size_t length = strlen(text);

	if (!name) {
		reader->report.error = -ENOMEM;
		return;
	}
	if (length > 1 && name[length - 1] == '.')
		name[length - 1] = '\0';
	if (strcmp(name, ".") != 0 && !is_host_name(name))
		problem(reader, setting,
			"\"%s\" is not a DNS name to ask for; allowed are letters, digits, \"-\" and "
			"\"_\" in parts with \".\" between them, and \".\" for the root",
			text);
	*(const char **)ret = keep_text(reader, name);
}

static bool is_dns_type(const char *text)
{
	static const char *const types[] = { "A",  "NS",  "CNAME", "SOA", "PTR",
					     "MX", "TXT", "AAAA",  "SRV", "ANY" };
	size_t digits;

	for (size_t i = 0; i < ELEMENTS_OF(types); i++)
		if (strcasecmp(text, types[i]) == 0)
			return true;
	if (strncasecmp(text, "TYPE", 4) != 0)
		return false;
	digits = strspn(text + 4, "0123456789");
	return digits && digits <= DNS_TYPE_DIGITS_MAX && !text[4 + digits] &&
	       strtoul(text + 4, NULL, 10) <= UINT16_MAX;
}

static void read_dns_type(struct reader *reader, const config_setting_t *setting, const char *text,
			  void *ret)
{
	if (!is_dns_type(text))
		problem(reader, setting,
			"\"%s\" is not a type of DNS record; allowed: A, NS, CNAME, SOA, PTR, MX, TXT, "
			"AAAA, SRV, ANY, and a number as in \"TYPE65\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

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

struct check_key {
	struct key key;
	unsigned kinds; /* that have it */
};

static const struct check_key check_keys[] = {
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

/* While the kind is not known, no other key can be judged. */
static bool read_kind(struct reader *reader, const config_setting_t *setting, unsigned *ret)
{
	const config_setting_t *kind = config_setting_get_member(setting, "kind");

	if (kind)
		return read_word(reader, kind, kind_words, ret);
	problem(reader, setting, "has no kind; allowed: %s",
		list_names(reader, kind_words, ELEMENTS_OF(kind_words) - 1, sizeof(*kind_words)));
	return false;
}

static void read_check(struct reader *reader, const config_setting_t *setting,
		       struct config_check *ret)
{
	struct config_check check = {
		.interval_ms = 2000, .fail = 3, .pass = 2, .initial_up = true
	};
	struct key keys[ELEMENTS_OF(check_keys)];
	struct shape shape = { .keys = keys };
	unsigned kind;

	if (!is_type(reader, setting, CONFIG_TYPE_GROUP) || !read_kind(reader, setting, &kind))
		return;
	for (size_t i = 0; i < ELEMENTS_OF(check_keys); i++)
		if (check_keys[i].kinds & 1U << kind)
			keys[shape.n++] = check_keys[i].key;
	read_group(reader, setting, &shape, &check);
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
