/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Amounts as people write them: shares, delays, bits a second, bytes. A fraction is possible where
 * it comes out as a whole number of the smallest unit; printing takes the unit with the shortest
 * whole number.
 */
#include "base/time.h"
#include "config/text.h"
#include "config/values.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum {
	DELAY_MAX_MS = 60000,
	FRACTION_DIGITS_MAX = 12
};

struct unit {
	const char *name;
	uint64_t size;
};

/* Of units that need the same number of digits the first is printed. */
static const struct unit rate_units[] = {
	{ "gbit", UINT64_C(1000000000) },
	{ "mbit", UINT64_C(1000000) },
	{ "kbit", UINT64_C(1000) },
	{ "bit", UINT64_C(1) },
};

static const struct unit volume_units[] = {
	{ "TB", UINT64_C(1000000000000) },
	{ "GB", UINT64_C(1000000000) },
	{ "MB", UINT64_C(1000000) },
	{ "kB", UINT64_C(1000) },
	{ "TiB", UINT64_C(1) << 40 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "B", UINT64_C(1) },
};

#define RATE_MAX   UINT64_C(1000000000000)       /* 1000 Gbit/s */
#define VOLUME_MAX UINT64_C(1000000000000000000) /* 1 EB */

static const struct unit *unit_find(const struct unit *units, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

/* Adds the digits behind the point; false when they are none or leave a part of the whole over. */
static bool add_fraction(const char **p, uint64_t unit, uint64_t *value)
{
	const char *first = *p;
	uint64_t digits = 0, parts = 1, share;

	for (; isdigit((unsigned char)**p); ++*p) {
		if (*p - first >= FRACTION_DIGITS_MAX)
			return false;
		digits = digits * 10 + (uint64_t)(**p - '0');
		if (unit % 10)
			parts *= 10;
		else
			unit /= 10;
	}
	if (*p == first || __builtin_mul_overflow(digits, unit, &share) || share % parts)
		return false;
	*value += share / parts;
	return true;
}

/* From 1 to `most`, or false. */
static bool quantity_parse(const char *text, const struct unit *units, size_t n, uint64_t most,
			   uint64_t *ret)
{
	const struct unit *unit = unit_find(units, n, text + strspn(text, "0123456789."));
	uint64_t value = 0;
	const char *p = text;

	if (!unit || !isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > most / unit->size)
			return false;
	}
	value *= unit->size;
	if (*p == '.' && (p++, !add_fraction(&p, unit->size, &value)))
		return false;
	if (strcmp(p, unit->name) != 0 || !value || value > most)
		return false;
	*ret = value;
	return true;
}

static struct quantity_text quantity_text(uint64_t value, const struct unit *units, size_t n)
{
	const struct unit *best = &units[n - 1];
	struct quantity_text ret;

	for (size_t i = n; i-- > 0;)
		if (value % units[i].size == 0 && units[i].size >= best->size)
			best = &units[i];
	snprintf(ret.text, sizeof(ret.text), "%" PRIu64 "%s", value / best->size, best->name);
	return ret;
}

struct quantity_text rate_text(uint64_t bits)
{
	return quantity_text(bits, rate_units, ELEMENTS_OF(rate_units));
}

struct quantity_text volume_text(uint64_t bytes)
{
	return quantity_text(bytes, volume_units, ELEMENTS_OF(volume_units));
}

void read_bandwidth(struct reader *reader, const config_setting_t *setting, const char *text,
		    void *ret)
{
	if (!quantity_parse(text, rate_units, ELEMENTS_OF(rate_units), RATE_MAX, ret))
		problem(reader, setting,
			"\"%s\" is not a bandwidth; allowed is a number and bit, kbit, mbit or gbit, "
			"from 1bit to %s, as in \"64kbit\" or \"1.5mbit\"",
			text, rate_text(RATE_MAX).text);
}

void read_volume(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	if (!quantity_parse(text, volume_units, ELEMENTS_OF(volume_units), VOLUME_MAX, ret))
		problem(reader, setting,
			"\"%s\" is not an amount of bytes; allowed is a number and B, kB, MB, GB, TB, "
			"KiB, MiB, GiB or TiB, from 1B to %s, as in \"50GB\" or \"1.5TB\"",
			text, volume_text(VOLUME_MAX).text);
}

void read_percent(struct reader *reader, const config_setting_t *setting, const char *text,
		  void *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long value = digits && digits <= 3 ? strtoul(text, NULL, 10) : 101;

	if (value > 100 || strcmp(text + digits, "%") != 0)
		problem(reader, setting,
			"\"%s\" is not a share; allowed is \"0%%\" to \"100%%\", in whole numbers",
			text);
	else
		*(uint32_t *)ret = (uint32_t)value;
}

void read_delay(struct reader *reader, const config_setting_t *setting, const char *text, void *ret)
{
	uint64_t ms;

	if (duration_parse(text, &ms) < 0 || ms > DELAY_MAX_MS)
		problem(reader, setting,
			"\"%s\" is not a time up to %s; allowed is a number and ms, s or m, as in "
			"\"200ms\"",
			text, duration_text(DELAY_MAX_MS).text);
	else
		*(uint32_t *)ret = (uint32_t)ms;
}
