/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of pppd's plugin and hooks as text: lines of key=value. Nothing that another process
 * wrote is trusted to be what it should be, and a message counts whole or not at all.
 */
#include "uplink/ppp.h"

#include "base/array.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const event_texts[PPP_EVENT_MAX] = {
	[PPP_START] = "start",         [PPP_PHASE] = "phase",     [PPP_IP_UP] = "ip-up",
	[PPP_IP_DOWN] = "ip-down",     [PPP_IPV6_UP] = "ipv6-up", [PPP_IPV6_DOWN] = "ipv6-down",
	[PPP_LINK_DOWN] = "link-down", [PPP_ECHO] = "echo",       [PPP_EXIT] = "exit",
};

const char *ppp_event_text(enum ppp_event event)
{
	return event_texts[event];
}

/* --- reading ---------------------------------------------------------------------------------- */

enum value_type {
	VALUE_EVENT,
	VALUE_TEXT,
	VALUE_INTERFACE,
	VALUE_NUMBER,
	VALUE_ADDRESS4,
	VALUE_ADDRESS6,
	VALUE_UP
};

struct key {
	const char *name;
	enum value_type type;
	size_t offset, size; /* of the field; a number's greatest value */
};

#define TEXT_KEY(name, field)                                          \
	{                                                              \
		name, VALUE_TEXT, offsetof(struct ppp_message, field), \
			sizeof(((struct ppp_message *)0)->field)       \
	}
#define OTHER_KEY(name, type, field, size)                            \
	{                                                             \
		name, type, offsetof(struct ppp_message, field), size \
	}

static const struct key keys[] = {
	OTHER_KEY("event", VALUE_EVENT, event, 0),
	OTHER_KEY("interface", VALUE_INTERFACE, interface,
		  sizeof(((struct ppp_message *)0)->interface)),
	TEXT_KEY("phase", phase),
	TEXT_KEY("device", device),
	TEXT_KEY("ipparam", ipparam),
	TEXT_KEY("linkname", linkname),
	TEXT_KEY("end", end),
	OTHER_KEY("pid", VALUE_NUMBER, pid, INT32_MAX),
	OTHER_KEY("link", VALUE_NUMBER, link, INT32_MAX),
	OTHER_KEY("persist", VALUE_NUMBER, persists, 1),
	OTHER_KEY("up", VALUE_UP, up, 0),
	OTHER_KEY("local", VALUE_ADDRESS4, local[FAMILY_V4], 0),
	OTHER_KEY("local6", VALUE_ADDRESS6, local[FAMILY_V6], 0),
	OTHER_KEY("remote", VALUE_ADDRESS4, peer[FAMILY_V4], 0),
	OTHER_KEY("remote6", VALUE_ADDRESS6, peer[FAMILY_V6], 0),
	OTHER_KEY("dns1", VALUE_ADDRESS4, dns[0], 0),
	OTHER_KEY("dns2", VALUE_ADDRESS4, dns[1], 0),
	OTHER_KEY("mtu", VALUE_NUMBER, mtu, 65535),
	OTHER_KEY("mru", VALUE_NUMBER, mru, 65535),
	OTHER_KEY("echo-lost", VALUE_NUMBER, echo_lost, INT32_MAX),
};

static void read_text(const char *value, size_t length, char *field, size_t size)
{
	if (length >= size)
		length = size - 1;
	for (size_t i = 0; i < length; i++)
		field[i] = (unsigned char)value[i] < ' ' || value[i] == 0x7f ? '?' : value[i];
	field[length] = '\0';
}

/* "": not known. One that was cut would be another. */
static int read_interface(const char *value, size_t length, char *field, size_t size)
{
	if (length >= size)
		return -EINVAL;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)value[i] <= ' ' || value[i] == 0x7f || value[i] == '/')
			return -EINVAL;
	memcpy(field, value, length);
	field[length] = '\0';
	return 0;
}

static int read_event(const char *value, enum ppp_event *ret)
{
	for (enum ppp_event event = 0; event < PPP_EVENT_MAX; event++)
		if (strcmp(value, event_texts[event]) == 0) {
			*ret = event;
			return 0;
		}
	return -EINVAL;
}

static int read_number(const char *value, size_t max, int32_t *ret)
{
	int64_t number = 0;

	if (!*value)
		return -EINVAL;
	for (; *value; value++) {
		if (*value < '0' || *value > '9')
			return -EINVAL;
		number = number * 10 + (*value - '0');
		if (number > (int64_t)max)
			return -EINVAL;
	}
	*ret = (int32_t)number;
	return 0;
}

static int read_address(const char *value, uint8_t family, struct ip_address *ret)
{
	struct ip_address address;

	if (ip_parse(value, &address) < 0 || address.family != family)
		return -EINVAL;
	*ret = address;
	return 0;
}

/* "none", "4", "6" or "46". */
static int read_up(const char *value, int *ret)
{
	static const struct {
		const char *text;
		int up;
	} table[] = {
		{ "none", 0 },
		{ "4", 1 << FAMILY_V4 },
		{ "6", 1 << FAMILY_V6 },
		{ "46", 1 << FAMILY_V4 | 1 << FAMILY_V6 },
	};

	for (size_t i = 0; i < ELEMENTS_OF(table); i++)
		if (strcmp(value, table[i].text) == 0) {
			*ret = table[i].up;
			return 0;
		}
	return -EINVAL;
}

static int read_value(const struct key *key, const char *value, size_t length,
		      struct ppp_message *message)
{
	void *field = (char *)message + key->offset;
	char text[64];

	if (key->type == VALUE_TEXT) {
		read_text(value, length, field, key->size);
		return 0;
	}
	if (key->type == VALUE_INTERFACE)
		return read_interface(value, length, field, key->size);
	if (length >= sizeof(text) || memchr(value, '\0', length))
		return -EINVAL;
	memcpy(text, value, length);
	text[length] = '\0';
	switch (key->type) {
	case VALUE_EVENT:
		return read_event(text, field);
	case VALUE_NUMBER:
		return read_number(text, key->size, field);
	case VALUE_ADDRESS4:
		return read_address(text, AF_INET, field);
	case VALUE_ADDRESS6:
		return read_address(text, AF_INET6, field);
	case VALUE_UP:
		return read_up(text, field);
	case VALUE_TEXT:
	case VALUE_INTERFACE:
		break;
	}
	return -EINVAL;
}

static int read_line(const char *line, size_t length, struct ppp_message *message)
{
	const char *equals = memchr(line, '=', length);
	size_t name = equals ? (size_t)(equals - line) : 0;

	if (!name)
		return -EINVAL;
	for (size_t i = 0; i < ELEMENTS_OF(keys); i++)
		if (strlen(keys[i].name) == name && memcmp(keys[i].name, line, name) == 0)
			return read_value(&keys[i], equals + 1, length - name - 1, message);
	return 0;
}

int ppp_message_parse(const char *text, size_t size, struct ppp_message *ret)
{
	struct ppp_message message = {
		.event = PPP_EVENT_MAX, .persists = -1, .up = -1, .echo_lost = -1
	};
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		int r = length ? read_line(text, length, &message) : 0;

		if (r < 0)
			return r;
		text += length + 1;
	}
	if (message.event == PPP_EVENT_MAX)
		return -EINVAL;
	*ret = message;
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char *up_text(const struct line_ppp *ppp)
{
	if (ppp->carries[FAMILY_V4])
		return ppp->carries[FAMILY_V6] ? "46" : "4";
	return ppp->carries[FAMILY_V6] ? "6" : "none";
}

static void print_address(const struct ip_address *address, const char *key, FILE *out)
{
	if (ip_is_set(address))
		fprintf(out, "%s=%s\n", key, ip_text(address).text);
}

bool ppp_message_print(const struct line_ppp *ppp, const char *interface, int link, char *text,
		       size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	bool fits;

	if (!out)
		return false;
	fprintf(out, "event=phase\ninterface=%s\nlink=%d\npid=%d\npersist=%d\nup=%s\n", interface,
		link, ppp->pid, ppp->persists, up_text(ppp));
	print_address(&ppp->dns[0], "dns1", out);
	print_address(&ppp->dns[1], "dns2", out);
	print_address(&ppp->peer, ppp->peer.family == AF_INET6 ? "remote6" : "remote", out);
	fprintf(out, "mtu=%u\ndevice=%s\nipparam=%s\n", ppp->mtu, ppp->device, ppp->ipparam);
	fits = ftell(out) < (long)size - 1;
	return fclose(out) == 0 && fits;
}
