/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "control/hooks.h"

struct daemon_options {
	const char *config_path, *runtime_dir;
	const char *state_dir; /* what outlives the boot */
	struct hooks_options hooks;
};

/* Runs until SIGTERM or SIGINT, which leave the kernel as it is. 0 or a negative errno, logged. */
int daemon_run(const struct daemon_options *options);

/* Takes everything of uplinkd's out of the kernel, without a daemon. 0 or a negative errno, logged.
 */
int daemon_flush(const char *runtime_dir);
