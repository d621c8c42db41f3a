/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Runs until SIGTERM or SIGINT, which leave the kernel as it is. 0 or a negative errno, logged. */
int daemon_run(const char *config_path, const char *runtime_dir);

/* Takes everything of uplinkd's out of the kernel, without a daemon. 0 or a negative errno, logged.
 */
int daemon_flush(const char *runtime_dir);
