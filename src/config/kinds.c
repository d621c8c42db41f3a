/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that have a kind: health checks of servers and probes of lines. Each kind has keys of its
 * own, picked out of one table, so that a key that a kind would not look at is an unknown one
 * there. Besides, what both of them may ask for: paths, hosts, status codes, names of DNS.
 */
#include "config/values.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

enum {
	KIND_KEYS_MAX = 32,
	DNS_TYPE_DIGITS_MAX = 5
};

/* While the kind is not known, no other key can be judged. */
static bool read_kind(struct reader *reader, const config_setting_t *setting,
		      const struct word *kinds, unsigned *ret)
{
	const config_setting_t *kind = config_setting_get_member(setting, "kind");
	size_t n = 0;

	if (kind)
		return read_word(reader, kind, kinds, ret);
	while (kinds[n].name)
		n++;
	problem(reader, setting, "has no kind; allowed: %s",
		list_names(reader, kinds, n, sizeof(*kinds)));
	return false;
}

bool read_kind_group(struct reader *reader, const config_setting_t *setting,
		     const struct word *kinds, const struct kind_key *keys, size_t n, void *target)
{
	struct key chosen[KIND_KEYS_MAX];
	struct shape shape = { .keys = chosen };
	unsigned kind;

	if (!is_type(reader, setting, CONFIG_TYPE_GROUP) ||
	    !read_kind(reader, setting, kinds, &kind))
		return false;
	for (size_t i = 0; i < n; i++)
		if (keys[i].kinds & 1U << kind) {
			assert(shape.n < KIND_KEYS_MAX);
			chosen[shape.n++] = keys[i].key;
		}
	read_group(reader, setting, &shape, target);
	return true;
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

void read_http_path(struct reader *reader, const config_setting_t *setting, const char *text,
		    void *ret)
{
	if (*text != '/' || !is_visible(text))
		problem(reader, setting,
			"\"%s\" is not a path to ask for; it begins with \"/\" and has no space",
			text);
	*(const char **)ret = keep_text(reader, text);
}

void read_script(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	if (*text != '/')
		problem(reader, setting,
			"\"%s\" is not the path of a program; write it from the root, as in "
			"\"/etc/uplinkd/check-mail\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

void read_host_name(struct reader *reader, const config_setting_t *setting, const char *text,
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

void read_status(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	if (!is_status_list(text))
		problem(reader, setting,
			"\"%s\" is not a list of HTTP status codes; allowed are codes and ranges from "
			"100 to 599 with \",\" between, as in \"200-299,404\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}

void read_regex(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
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

void read_query(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
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

void read_dns_type(struct reader *reader, const config_setting_t *setting, const char *text,
		   void *ret)
{
	if (!is_dns_type(text))
		problem(reader, setting,
			"\"%s\" is not a type of DNS record; allowed: A, NS, CNAME, SOA, PTR, MX, TXT, "
			"AAAA, SRV, ANY, and a number as in \"TYPE65\"",
			text);
	*(const char **)ret = keep_text(reader, text);
}
