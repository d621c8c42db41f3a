/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/overrides.h"
#include "plan/plan.h"
#include "sched/slots.h"
#include "uplink/delegations.h"
#include "uplink/memory.h"
#include "uplink/numbers.h"

/* A kernel parameter as it was before us. */
struct saved_sysctl {
	char path[128];
	char value[16];
};

enum runtime_file {
	RUNTIME_LINES,
	RUNTIME_SLOTS,
	RUNTIME_OVERRIDES,
	RUNTIME_SYSCTLS,
	RUNTIME_DOWN,
	RUNTIME_MEMORIES,
	RUNTIME_DELEGATED,
	RUNTIME_FILE_MAX
};

/*
 * What must outlive the daemon until the next boot, in files of the runtime directory: the
 * numbers of the lines, the places of the rings, the operator's word, the kernel parameters as they
 * were found, the servers that their checks found dead, how the lines were and how far they are
 * trusted, and the prefixes that DHCPv6 delegated.
 */
struct runtime {
	const char *directory;
	struct line_numbers numbers;
	struct slots slots;
	struct overrides overrides;
	ARRAY(struct saved_sysctl) sysctls;
	char *down; /* lines of "SERVICE SERVER"; NULL: none */
	struct delegations delegations;
	struct line_memories memories;
	char *written[RUNTIME_FILE_MAX]; /* what each file holds */
	int refused;                     /* why one could not be written, which was logged; or 0 */
};

/* Creates the directory (0755) and reads what is there. 0 or a negative errno, logged. */
int runtime_load(struct runtime *runtime, const char *directory);
/* Writes the files whose contents have changed. 0 or a negative errno, logged. */
int runtime_save(struct runtime *runtime);
/* Remembers the present value of every sysctl that the plan is about to change for the first time.
 */
int runtime_keep_sysctls(struct runtime *runtime, const struct plan *plan);
/* Puts the kernel parameters back and forgets them and the slots. 0 or the first error. */
int runtime_restore(struct runtime *runtime);
/* The server was down when the daemon ended. */
bool runtime_is_down(const struct runtime *runtime, const char *service, const char *server);
void runtime_done(struct runtime *runtime);
