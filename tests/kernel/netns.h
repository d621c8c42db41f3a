/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/cleanup.h"
#include "kernel/kernel.h"

/* What the tests of the kernel boundary share: a network namespace, commands, and waiting. */

/* Moves the process into a namespace of its own, with lo up; ends it with 77 where it may not. */
void netns_enter(void);
/* red with 10.1.0.1/24 and fd01::1/64, and its other end black, without an address; settled. */
void make_red(void);
/* Runs a shell command; the test fails when it does. */
void run(const char *format, ...) _printf_(1, 2);
/* The output of a shell command, a new string. */
char *output_of(const char *format, ...) _printf_(1, 2);
int link_index(const char *name);
/* Waits until the link has noticed its carrier, before which it drops what it is to send, and has
 * the addresses of its own; both is done by a worker of the kernel. */
void link_settles(const char *name);
struct ip_address address_of(const char *text);
struct ip_prefix prefix_of(const char *text);

/* Runs the event loop until *done is true; the test fails after a time that only a hang takes. */
void loop_until(sd_event *event, const bool *done);
