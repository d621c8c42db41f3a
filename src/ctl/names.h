/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "ipvs/command.h"

/* The names of hosts (DNS, hosts(5)) and ports (services(5)) in commands and tables of ipvsadm. */

extern const struct ipvs_names ctl_names;

/* Prints what the daemon printed for a command with -n, as it is without: with names. */
void names_print(const struct ipvs_command *command, const char *text, FILE *out);
