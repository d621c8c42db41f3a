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

/* Units, their names, and the example of the problem report. */
struct scale {
	const char *what, *names, *examples;
	uint64_t most;
	size_t n;
	struct unit
		units[9]; /* of those that need the same number of digits the first is printed */
};

static const struct scale rate_scale = {
	.what = "a bandwidth",
	.names = "bit, kbit, mbit or gbit",
	.examples = "\"64kbit\" or \"1.5mbit\"",
	.most = UINT64_C(1000000000000), /* 1000 Gbit/s */
	.n = 4,
	.units = { { "gbit", UINT64_C(1000000000) },
		   { "mbit", UINT64_C(1000000) },
		   { "kbit", UINT64_C(1000) },
		   { "bit", UINT64_C(1) } },
};

static const struct scale volume_scale = {
	.what = "an amount of bytes",
	.names = "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB",
	.examples = "\"50GB\" or \"1.5TB\"",
	.most = UINT64_C(1000000000000000000), /* 1 EB */
	.n = 9,
	.units = { { "TB", UINT64_C(1000000000000) },
		   { "GB", UINT64_C(1000000000) },
		   { "MB", UINT64_C(1000000) },
		   { "kB", UINT64_C(1000) },
		   { "TiB", UINT64_C(1) << 40 },
		   { "GiB", UINT64_C(1) << 30 },
		   { "MiB", UINT64_C(1) << 20 },
		   { "KiB", UINT64_C(1) << 10 },
		   { "B", UINT64_C(1) } },
};

static const struct unit *unit_find(const struct scale *scale, const char *name)
{
	for (size_t i = 0; i < scale->n; i++)
		if (strcmp(scale->units[i].name, name) == 0)
			return &scale->units[i];
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

/* From 1 to the most, or false. */
static bool quantity_parse(const char *text, const struct scale *scale, uint64_t *ret)
{
	const struct unit *unit = unit_find(scale, text + strspn(text, "0123456789."));
	uint64_t value = 0;
	const char *p = text;

	if (!unit || !isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > scale->most / unit->size)
			return false;
	}
	value *= unit->size;
	if (*p == '.' && (p++, !add_fraction(&p, unit->size, &value)))
		return false;
	if (strcmp(p, unit->name) != 0 || !value || value > scale->most)
		return false;
	*ret = value;
	return true;
}

static struct quantity_text quantity_text(uint64_t value, const struct scale *scale)
{
	const struct unit *best = &scale->units[scale->n - 1];
	struct quantity_text ret;

	for (size_t i = scale->n; i-- > 0;)
		if (value % scale->units[i].size == 0 && scale->units[i].size >= best->size)
			best = &scale->units[i];
	snprintf(ret.text, sizeof(ret.text), "%" PRIu64 "%s", value / best->size, best->name);
	return ret;
}

struct quantity_text rate_text(uint64_t bits)
{
	return quantity_text(bits, &rate_scale);
}

struct quantity_text volume_text(uint64_t bytes)
{
	return quantity_text(bytes, &volume_scale);
}

static void read_quantity(struct reader *reader, const config_setting_t *setting, const char *text,
			  const struct scale *scale, uint64_t *ret)
{
	if (!quantity_parse(text, scale, ret))
		problem(reader, setting,
			"\"%s\" is not %s; allowed is a number and %s, from 1%s to %s, as in %s",
			text, scale->what, scale->names, scale->units[scale->n - 1].name,
			quantity_text(scale->most, scale).text, scale->examples);
}

void read_bandwidth(struct reader *reader, const config_setting_t *setting, const char *text,
		    void *ret)
{
	read_quantity(reader, setting, text, &rate_scale, ret);
}

void read_volume(struct reader *reader, const config_setting_t *setting, const char *text,
		 void *ret)
{
	read_quantity(reader, setting, text, &volume_scale, ret);
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
