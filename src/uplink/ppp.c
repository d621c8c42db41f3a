/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of pppd's plugin and hooks, and the session as they tell of it. A plugin's message says
 * all, a hook's only what pppd gave it: what a message does not speak of stays as it was, except
 * that nothing of one session outlives it but the reason of its end, for as long as there is no
 * other.
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

/* --- the session ------------------------------------------------------------------------------ */

/* What a session has negotiated ends with it. */
static void drop_session(struct line_ppp *ppp)
{
	ppp->up = false;
	memset(ppp->carries, 0, sizeof(ppp->carries));
	memset(ppp->dns, 0, sizeof(ppp->dns));
	memset(&ppp->peer, 0, sizeof(ppp->peer));
	ppp->mtu = 0;
	ppp->echo_lost = 0;
}

static void take_up(struct line_ppp *ppp, const struct ppp_message *message)
{
	static const struct {
		bool moves, up;
		enum family_index family;
	} moves[PPP_EVENT_MAX] = {
		[PPP_IP_UP] = { true, true, FAMILY_V4 },
		[PPP_IP_DOWN] = { true, false, FAMILY_V4 },
		[PPP_IPV6_UP] = { true, true, FAMILY_V6 },
		[PPP_IPV6_DOWN] = { true, false, FAMILY_V6 },
	};
	bool down = message->event == PPP_START || message->event == PPP_LINK_DOWN ||
		    message->event == PPP_EXIT;

	for (enum family_index f = 0; f < FAMILY_INDEX_MAX; f++)
		if (down)
			ppp->carries[f] = false;
		else if (message->up >= 0)
			ppp->carries[f] = message->up & 1 << f;
		else if (moves[message->event].moves && moves[message->event].family == f)
			ppp->carries[f] = moves[message->event].up;
	ppp->up = ppp->carries[FAMILY_V4] || ppp->carries[FAMILY_V6];
}

/* pppd alone knows whether it dials again; who hears of it by hooks sees it by its staying. */
static void take_process(struct line_ppp *ppp, const struct ppp_message *message)
{
	if (message->pid) {
		ppp->pid = message->pid;
		ppp->persists = message->persists != 0;
	} else if (message->persists >= 0) {
		ppp->persists = message->persists;
	}
	if (message->event == PPP_EXIT) {
		ppp->pid = 0;
		ppp->persists = false;
	}
}

static void take_negotiated(struct line_ppp *ppp, const struct ppp_message *message)
{
	for (size_t i = 0; i < ELEMENTS_OF(ppp->dns); i++)
		if (ip_is_set(&message->dns[i]))
			ppp->dns[i] = message->dns[i];
	if (ip_is_set(&message->peer[FAMILY_V4]))
		ppp->peer = message->peer[FAMILY_V4];
	else if (!ip_is_set(&ppp->peer))
		ppp->peer = message->peer[FAMILY_V6];
	if (message->mtu)
		ppp->mtu = message->mtu;
	ppp->end[0] = '\0';
}

static bool same_session(const struct line_ppp *a, const struct line_ppp *b)
{
	return a->known == b->known && a->up == b->up && a->mtu == b->mtu &&
	       memcmp(a->carries, b->carries, sizeof(a->carries)) == 0 &&
	       ip_equal(&a->dns[0], &b->dns[0]) && ip_equal(&a->dns[1], &b->dns[1]) &&
	       ip_equal(&a->peer, &b->peer) && strcmp(a->end, b->end) == 0 &&
	       a->persists == b->persists;
}

static unsigned moved(const struct line_ppp *was, const struct line_ppp *ppp)
{
	unsigned bits = same_session(was, ppp) ? 0 : PPP_MOVED;

	if (was->up && !ppp->up)
		bits |= PPP_ENDED;
	if (ppp->up && ppp->echo_lost > was->echo_lost)
		bits |= PPP_SUSPECT;
	return bits;
}

unsigned ppp_take(struct line_ppp *ppp, const struct ppp_message *message)
{
	struct line_ppp was = *ppp;

	ppp->known = true;
	take_process(ppp, message);
	if (*message->ipparam)
		memcpy(ppp->ipparam, message->ipparam, sizeof(ppp->ipparam));
	if (*message->device)
		memcpy(ppp->device, message->device, sizeof(ppp->device));
	if (*message->end)
		memcpy(ppp->end, message->end, sizeof(ppp->end));
	take_up(ppp, message);
	if (ppp->up)
		take_negotiated(ppp, message);
	else
		drop_session(ppp);
	/* Hooks do not know why. */
	if (was.up && !ppp->up && !*ppp->end)
		strcpy(ppp->end, "session ended");
	if (ppp->up && message->echo_lost >= 0)
		ppp->echo_lost = (uint32_t)message->echo_lost;
	return moved(&was, ppp);
}

unsigned ppp_gone(struct line_ppp *ppp)
{
	struct line_ppp was = *ppp;

	if (was.up)
		strcpy(ppp->end, "pppd ended");
	ppp->pid = 0;
	ppp->persists = false;
	drop_session(ppp);
	return moved(&was, ppp);
}

void ppp_cut(struct line_ppp *ppp)
{
	if (!ppp->up)
		return;
	drop_session(ppp);
	snprintf(ppp->end, sizeof(ppp->end), "no carrier on %s", ppp->device);
}

void ppp_forget(struct line_ppp *ppp)
{
	drop_session(ppp);
	ppp->known = false;
	ppp->end[0] = '\0';
}
