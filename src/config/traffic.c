/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy can say of packets besides addresses: protocol and ports, and DSCP.
 */
#include "config/text.h"
#include "config/values.h"

#include <string.h>

enum {
	DSCP_MAX = 63
};

bool parse_port(const char *text, size_t length, uint16_t *ret)
{
	unsigned value = 0;

	if (length < 1 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (value < 1 || value > UINT16_MAX)
		return false;
	*ret = (uint16_t)value;
	return true;
}

/* "80" or "5000-5010". */
static bool parse_range(const char *text, struct port_range *range)
{
	size_t length = strcspn(text, "-");

	if (!parse_port(text, length, &range->first))
		return false;
	range->last = range->first;
	if (text[length] && !parse_port(text + length + 1, strlen(text + length + 1), &range->last))
		return false;
	return range->first <= range->last;
}

void read_ports(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	size_t length = strcspn(text, "/");
	const struct protocol *protocol = protocol_find(text, length);
	struct port_range range = { 0 };

	if (!protocol) {
		problem(reader, setting,
			"\"%s\" begins with no known protocol; allowed: %s, and after tcp, udp and "
			"sctp \"/PORT\" or \"/FIRST-LAST\"",
			text, PROTOCOL_NAMES);
		return;
	}
	range.protocol = protocol->number;
	if (!text[length])
		*(struct port_range *)ret = range;
	else if (!protocol->has_ports)
		problem(reader, setting, "%s has no ports; write \"%s\" alone", protocol->name,
			protocol->name);
	else if (!parse_range(text + length + 1, &range))
		problem(reader, setting,
			"\"%s\" is not a port or range; allowed is 1 to 65535, as in \"%s/80\" or "
			"\"%s/5000-5010\"",
			text + length + 1, protocol->name, protocol->name);
	else
		*(struct port_range *)ret = range;
}

static bool is_digit_upto(char c, char first, char last)
{
	return c >= first && c <= last;
}

/* The names of RFC 2474 (cs), 2597 (af), 3246 (ef), 5865 (va) and 8622 (le); -1 for another. */
static int dscp_find(const char *name)
{
	static const struct word words[] = { { "be", 0 },  { "df", 0 },  { "le", 1 },
					     { "ef", 46 }, { "va", 44 }, { "voice-admit", 44 } };
	size_t length = strlen(name);

	for (size_t i = 0; i < ELEMENTS_OF(words); i++)
		if (strcmp(words[i].name, name) == 0)
			return (int)words[i].value;
	if (length == 3 && strncmp(name, "cs", 2) == 0 && is_digit_upto(name[2], '0', '7'))
		return (name[2] - '0') * 8;
	if (length == 4 && strncmp(name, "af", 2) == 0 && is_digit_upto(name[2], '1', '4') &&
	    is_digit_upto(name[3], '1', '3'))
		return (name[2] - '0') * 8 + (name[3] - '0') * 2;
	return -1;
}

void read_dscp(struct reader *reader, const config_setting_t *setting, void *target)
{
	struct config_policy *policy = target;
	long long value;

	if (config_setting_type(setting) == CONFIG_TYPE_STRING)
		value = dscp_find(config_setting_get_string(setting));
	else if (!is_type(reader, setting, CONFIG_TYPE_INT))
		return;
	else
		value = config_setting_get_int64(setting);
	if (value < 0 || value > DSCP_MAX)
		problem(reader, setting,
			"is not a DSCP; allowed are 0 to %u and the names be, le, cs0 to cs7, af11 "
			"to af43, ef and va",
			DSCP_MAX);
	else
		policy->dscp = (int)value;
}
