/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ground floor: addresses and prefixes, merged intervals, times, arenas and files.
 */
#include "lab.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void addresses_are_read_and_printed(void **state)
{
	static const char *const good[] = { "0.0.0.0", "192.0.2.1", "::", "2001:db8::1",
					    "fe80::1:2:3:4" };
	static const char *const bad[] = { "",         "192.0.2",     "192.0.2.256", "192.0.2.1/24",
					   ":::",      "2001:db8::g", "dsl0",        " 192.0.2.1",
					   "1.2.3.4 ", "fe80::1%eth0" };
	struct ip_address ip = { 0 };

	for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
		ip = address(good[i]);
		assert_string_equal(ip_text(&ip).text, good[i]);
	}
	for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
		assert_int_equal(ip_parse(bad[i], &ip), -EINVAL);
	assert_string_equal(ip_text(&ip).text, good[ELEMENTS_OF(good) - 1]);
}

static void prefixes_are_read_and_printed(void **state)
{
	static const char *const good[][2] = { { "192.0.2.1/24", "192.0.2.1/24" },
					       { "192.0.2.1", "192.0.2.1/32" },
					       { "0.0.0.0/0", "0.0.0.0/0" },
					       { "2001:DB8::1/48", "2001:db8::1/48" },
					       { "::1", "::1/128" } };
	static const char *const bad[] = {
		"/24",          "192.0.2.1/",     "192.0.2.1/33",        "192.0.2.1/-1",
		"192.0.2.1/+8", "192.0.2.1/0x8",  "192.0.2.1/24 ",       "::/129",
		"::/1000",      "192.0.2.1/24/8", "192.0.2.1/4294967320"
	};
	struct ip_prefix p;

	for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
		p = prefix(good[i][0]);
		assert_string_equal(ip_prefix_text(&p).text, good[i][1]);
	}
	for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
		assert_int_equal(ip_prefix_parse(bad[i], &p), -EINVAL);
}

static void assert_contains(const char *outer, const char *inner, bool wanted)
{
	struct ip_prefix a = prefix(outer), b = prefix(inner);

	assert_int_equal(ip_contains(&a, &b.address), wanted);
	assert_true(!wanted || (ip_overlap(&a, &b) && ip_overlap(&b, &a)));
}

static void prefixes_contain(void **state)
{
	assert_contains("192.0.2.77/24", "192.0.2.255", true);
	assert_contains("192.0.2.0/24", "192.0.3.0", false);
	assert_contains("192.0.2.128/25", "192.0.2.127", false);
	assert_contains("192.0.2.1/32", "192.0.2.1", true);
	assert_contains("0.0.0.0/0", "255.255.255.255", true);
	assert_contains("0.0.0.0/0", "::", false);
	assert_contains("2001:db8::/33", "2001:db8:7fff::", true);
	assert_contains("2001:db8::/33", "2001:db8:8000::", false);
}

static void assert_span(const char *text, const char *first, const char *last)
{
	struct ip_prefix p = prefix(text), network = ip_network(&p);
	struct ip_address end = ip_last(&p);

	assert_string_equal(ip_text(&network.address).text, first);
	assert_string_equal(ip_text(&end).text, last);
	assert_int_equal(network.length, p.length);
}

static void prefixes_span(void **state)
{
	assert_span("192.0.2.77/24", "192.0.2.0", "192.0.2.255");
	assert_span("192.0.2.77/31", "192.0.2.76", "192.0.2.77");
	assert_span("192.0.2.77/32", "192.0.2.77", "192.0.2.77");
	assert_span("192.0.2.77/0", "0.0.0.0", "255.255.255.255");
	assert_span("2001:db8::f00d/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff");
}

static void addresses_count_up(void **state)
{
	struct ip_address ip = address("192.0.2.255");

	assert_true(ip_increment(&ip));
	assert_string_equal(ip_text(&ip).text, "192.0.3.0");
	ip = address("255.255.255.255");
	assert_false(ip_increment(&ip));
	assert_string_equal(ip_text(&ip).text, "0.0.0.0");
	ip = address("2001:db8::ffff:ffff");
	assert_true(ip_increment(&ip));
	assert_string_equal(ip_text(&ip).text, "2001:db8::1:0:0");
}

static void kinds_of_addresses_are_told(void **state)
{
	static const struct {
		const char *text;
		bool link_local, unique_local;
	} kinds[] = { { "169.254.1.1", true, false }, { "169.253.1.1", false, false },
		      { "fe80::1", true, false },     { "febf::1", true, false },
		      { "fec0::1", false, false },    { "fc00::1", false, true },
		      { "fdff::1", false, true },     { "fe00::1", false, false },
		      { "252.0.0.1", false, false } };

	for (size_t i = 0; i < ELEMENTS_OF(kinds); i++) {
		struct ip_address ip = address(kinds[i].text);

		assert_int_equal(ip_is_link_local(&ip), kinds[i].link_local);
		assert_int_equal(ip_is_unique_local(&ip), kinds[i].unique_local);
	}
}

/* Reads up to 16 prefixes between blanks. */
static size_t read_prefixes(const char *text, struct ip_prefix *ret)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *word;
	size_t n = 0;

	while ((word = strsep(&rest, " ")))
		if (*word)
			ret[n++] = prefix(word);
	return n;
}

static void covered_prefixes_are_told(void **state)
{
	struct ip_prefix p[16];
	size_t n = read_prefixes("10.0.0.0/8 10.1.0.0/16 10.0.0.0/8 192.0.2.0/24 ::/0 fd00::/8 "
				 "192.0.2.0/25",
				 p);
	static const bool covered[] = { false, true, true, false, false, true, true };

	assert_int_equal(n, ELEMENTS_OF(covered));
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ip_is_covered(p, n, i), covered[i]);
}

static void assert_merged(const char *prefixes, uint8_t family, const char *wanted)
{
	struct objects objects = { 0 };
	struct ip_prefix p[16];
	char got[512] = "";

	want_prefixes(&objects, "set", family, p, read_prefixes(prefixes, p));
	assert_int_equal(objects.error, 0);
	array_foreach(&objects.nft_elements, element) {
		struct ip_address first = ip_make(family, element->key);
		struct ip_address last = ip_make(family, element->key_end);
		size_t used = strlen(got);

		assert_true(element->interval);
		snprintf(got + used, sizeof(got) - used, "%s-%s;", ip_text(&first).text,
			 ip_text(&last).text);
	}
	assert_string_equal(got, wanted);
	objects_done(&objects);
}

static void prefixes_are_merged(void **state)
{
	assert_merged("", AF_INET, "");
	assert_merged("10.0.5.0/24 10.0.4.7/24 10.0.9.7", AF_INET,
		      "10.0.4.0-10.0.5.255;10.0.9.7-10.0.9.7;");
	assert_merged("10.0.0.0/8 10.1.0.0/16 10.2.3.4 11.0.0.0/8", AF_INET,
		      "10.0.0.0-11.255.255.255;");
	assert_merged("10.0.0.0/24 10.0.0.0/24 10.0.2.0/24", AF_INET,
		      "10.0.0.0-10.0.0.255;10.0.2.0-10.0.2.255;");
	assert_merged("0.0.0.0/0 255.255.255.255 10.0.0.0/8", AF_INET, "0.0.0.0-255.255.255.255;");
	assert_merged("255.255.255.254/31 255.255.255.255", AF_INET,
		      "255.255.255.254-255.255.255.255;");
	assert_merged("fd00::/64 fd00:0:0:1::/64 10.0.0.0/8 fd01::/16", AF_INET6,
		      "fd00::-fd00::1:ffff:ffff:ffff:ffff;"
		      "fd01::-fd01:ffff:ffff:ffff:ffff:ffff:ffff:ffff;");
}

static void times_are_read_and_printed(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
		const char *printed;
	} good[] = {
		{ "250ms", 250, "250ms" }, { "1000ms", 1000, "1s" }, { "10s", 10000, "10s" },
		{ "90s", 90000, "90s" },   { "60s", 60000, "1m" },   { "120m", 7200000, "2h" },
		{ "24h", 86400000, "1d" }, { "0s", 0, "0ms" },       { "007m", 420000, "7m" }
	};
	static const char *const bad[] = { "",
					   "10",
					   "s",
					   "1.5s",
					   "-1s",
					   "1 s",
					   "1sec",
					   "10ss",
					   "0x1s",
					   "1S",
					   "99999999999999999999d" };
	uint64_t ms;

	for (size_t i = 0; i < ELEMENTS_OF(good); i++) {
		assert_int_equal(duration_parse(good[i].text, &ms), 0);
		assert_int_equal(ms, good[i].ms);
		assert_string_equal(duration_text(ms).text, good[i].printed);
	}
	for (size_t i = 0; i < ELEMENTS_OF(bad); i++)
		assert_int_equal(duration_parse(bad[i], &ms), -EINVAL);
}

static void arenas_give_clean_aligned_memory(void **state)
{
	struct arena arena = { 0 };

	for (size_t size = 0; size < 70000; size = size * 3 / 2 + 1) {
		unsigned char *bytes = arena_alloc(&arena, size);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(bytes[i], 0);
		memset(bytes, 0xff, size);
	}
	assert_string_equal(arena_printf(&arena, "%s %d", "line", 7), "line 7");
	assert_string_equal(arena_strdup(&arena, ""), "");
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 16));
	arena_done(&arena);
	assert_string_equal(arena_strdup(&arena, "again"), "again");
	arena_done(&arena);
}

static void files_are_replaced_whole(void **state)
{
	char folder[] = "/tmp/uplinkd-unit-XXXXXX";
	_cleanup_free_ char *path = NULL, *text = NULL, *deep = NULL;

	assert_non_null(mkdtemp(folder));
	assert_true(asprintf(&deep, "%s/a/b", folder) > 0);
	assert_true(asprintf(&path, "%s/file", deep) > 0);
	assert_int_equal(directory_create(deep, 0755), 0);
	assert_int_equal(directory_create(deep, 0755), 0);
	assert_int_equal(file_read(path, &text), -ENOENT);
	assert_int_equal(file_write(path, "no"), -ENOENT);
	assert_int_equal(file_replace(path, "first\n"), 0);
	assert_int_equal(file_replace(path, ""), 0);
	assert_int_equal(file_read(path, &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(file_write(path, "written"), 0);
	free(text);
	assert_int_equal(file_read(path, &text), 0);
	assert_string_equal(text, "written");
	assert_int_equal(file_replace(deep, "a directory"), -EISDIR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(deep), 0); /* and so nothing else was left there */
	*strrchr(deep, '/') = '\0';
	assert_int_equal(rmdir(deep), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read_and_printed),
		cmocka_unit_test(prefixes_are_read_and_printed),
		cmocka_unit_test(prefixes_contain),
		cmocka_unit_test(prefixes_span),
		cmocka_unit_test(addresses_count_up),
		cmocka_unit_test(kinds_of_addresses_are_told),
		cmocka_unit_test(covered_prefixes_are_told),
		cmocka_unit_test(prefixes_are_merged),
		cmocka_unit_test(times_are_read_and_printed),
		cmocka_unit_test(arenas_give_clean_aligned_memory),
		cmocka_unit_test(files_are_replaced_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
