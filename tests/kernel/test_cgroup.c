/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups by unit name and by path, in the machine's own cgroup2 tree, below a slice that
 * is made for the test:
 *
 *   uplinkdtestPID.slice / user@PID.service / app.slice / wantedPID.service
 *                        / other.service / hiddenPID.service      (no place for units)
 *                        / plain
 */
#include "netns.h"

#include "kernel/cgroup.h"
#include "kernel/kernel.h"

#include <errno.h>
#include <ftw.h>
#include <mntent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fixture {
	struct cgroups cgroups;
	struct facts facts;
	char top[64];   /* the slice's name */
	char root[256]; /* its directory */
	char wanted[64], hidden[64], plain[128];
};

static bool find_root(char *ret, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;
	bool found = false;

	while (!found && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0)
			found = snprintf(ret, size, "%s", mount->mnt_dir) < (int)size;
	endmntent(mounts);
	return found;
}

static void make(struct fixture *f, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	assert_int_equal(mkdir(full, 0755), 0);
}

static void unmake(struct fixture *f, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	assert_int_equal(rmdir(full), 0);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char mount[128];
	const char *names[3];

	assert_non_null(f);
	assert_true(find_root(mount, sizeof(mount)));
	snprintf(f->top, sizeof(f->top), "uplinkdtest%d.slice", getpid());
	snprintf(f->root, sizeof(f->root), "%s/%s", mount, f->top);
	snprintf(f->wanted, sizeof(f->wanted), "wanted%d.service", getpid());
	snprintf(f->hidden, sizeof(f->hidden), "hidden%d.service", getpid());
	snprintf(f->plain, sizeof(f->plain), "%s/plain", f->top);
	names[0] = f->wanted;
	names[1] = f->hidden;
	names[2] = f->plain;
	assert_int_equal(cgroups_init(&f->cgroups), 0);
	assert_int_equal(cgroups_watch(&f->cgroups, names, 3), 0);
	assert_int_equal(mkdir(f->root, 0755), 0);
	*state = f;
	return 0;
}

static int remove_directory(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
	return flag == FTW_DP ? rmdir(path) : 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->root, remove_directory, 16, FTW_DEPTH | FTW_PHYS);
	cgroups_done(&f->cgroups);
	facts_done(&f->facts);
	free(f);
	return 0;
}

static size_t observe(struct fixture *f)
{
	assert_int_equal(cgroups_observe(&f->cgroups, &f->facts), 0);
	return f->facts.cgroups.n;
}

static bool heard(struct fixture *f)
{
	bool changed;

	assert_int_equal(cgroups_read_events(&f->cgroups, &changed), 0);
	return changed;
}

static void test_units(void **state)
{
	struct fixture *f = *state;
	char path[256], full[512];
	struct stat status;

	make(f, "user@1.service");
	make(f, "user@1.service/app.slice");
	make(f, "other.service");
	snprintf(path, sizeof(path), "other.service/%s", f->hidden);
	make(f, path);
	assert_int_equal(observe(f), 0);

	snprintf(path, sizeof(path), "user@1.service/app.slice/%s", f->wanted);
	make(f, path);
	assert_true(heard(f));
	assert_int_equal(observe(f), 1);
	snprintf(full, sizeof(full), "%s/%s", f->root, path);
	assert_int_equal(stat(full, &status), 0);
	snprintf(full, sizeof(full), "%s/%s", f->top, path);
	assert_string_equal(f->facts.cgroups.v[0].name, f->wanted);
	assert_string_equal(f->facts.cgroups.v[0].path, full);
	assert_int_equal(f->facts.cgroups.v[0].level, 4);
	assert_int_equal(f->facts.cgroups.v[0].id, status.st_ino);
}

/* A restarted unit is another directory. */
static void test_coming_and_going(void **state)
{
	struct fixture *f = *state;
	uint64_t id;

	observe(f);
	assert_false(heard(f));
	make(f, f->wanted);
	assert_true(heard(f));
	assert_int_equal(observe(f), 1);
	id = f->facts.cgroups.v[0].id;
	unmake(f, f->wanted);
	assert_true(heard(f));
	assert_int_equal(observe(f), 0);
	make(f, f->wanted);
	assert_true(heard(f));
	assert_int_equal(observe(f), 1);
	assert_int_not_equal(f->facts.cgroups.v[0].id, id);
	make(f, "nobody.service");
	assert_false(heard(f));
}

static void test_several_of_one_name(void **state)
{
	struct fixture *f = *state;
	char path[256];

	make(f, "user@1.service");
	make(f, "user@2.service");
	snprintf(path, sizeof(path), "user@1.service/%s", f->wanted);
	make(f, path);
	snprintf(path, sizeof(path), "user@2.service/%s", f->wanted);
	make(f, path);
	assert_int_equal(observe(f), 2);
}

/* A user may go deeper than a path of ours can be; that hides nothing elsewhere. */
static void test_too_deep(void **state)
{
	struct fixture *f = *state;
	char path[448] = "user@1.service";

	make(f, path);
	for (int i = 0; i < 10; i++) {
		strcat(path, "/a-name-of-thirty-characters.slice");
		make(f, path);
	}
	strcat(strcat(path, "/"), f->wanted);
	make(f, path);
	assert_int_equal(observe(f), 0);
	make(f, f->wanted);
	assert_int_equal(observe(f), 1);
}

static void test_path(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(observe(f), 0);
	make(f, "plain");
	assert_true(heard(f));
	assert_int_equal(observe(f), 1);
	assert_string_equal(f->facts.cgroups.v[0].path, f->plain);
	assert_int_equal(f->facts.cgroups.v[0].level, 2);
	unmake(f, "plain");
	assert_true(heard(f));
	assert_int_equal(observe(f), 0);
	assert_int_equal(rmdir(f->root), 0);
	assert_true(heard(f));
	assert_int_equal(observe(f), 0);
	assert_int_equal(mkdir(f->root, 0755), 0);
	assert_true(heard(f));
}

static void test_no_names(void **state)
{
	struct fixture *f = *state;

	make(f, f->wanted);
	assert_int_equal(observe(f), 1);
	assert_int_equal(cgroups_watch(&f->cgroups, NULL, 0), 0);
	assert_int_equal(observe(f), 0);
	unmake(f, f->wanted);
	assert_false(heard(f));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_units),
		TEST(test_coming_and_going),
		TEST(test_several_of_one_name),
		TEST(test_too_deep),
		TEST(test_path),
		TEST(test_no_names),
	};
	char mount[128];

	if (!find_root(mount, sizeof(mount)) || access(mount, W_OK) < 0) {
		printf("skipped: no cgroup2 tree to write to\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
