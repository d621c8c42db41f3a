/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

/*
 * The restart of a unit by systemd, from the order to its end. `over` is called once, from the
 * event loop, unless the job is freed before: `trouble` says why the unit was not started, NULL
 * that it was, or that nobody knows. Source: org.freedesktop.systemd1(5).
 */
struct unit_job;

/* `bus` is the system's, or NULL. 0 or a negative errno: -ENOTCONN without a bus. */
int unit_job_start(sd_bus *bus, const char *unit, void (*over)(const char *trouble, void *userdata),
		   void *userdata, struct unit_job **ret);
void unit_job_free(struct unit_job *job);

/*
 * Asks whether it still goes on, if it is due, in case its end was told while nobody listened. 0 or
 * a negative errno: what became of it cannot be known any more; `over` is not called.
 */
int unit_job_look(struct unit_job *job, sd_bus *bus, uint64_t now_us);
/* Monotonic. */
uint64_t unit_job_due_us(const struct unit_job *job);
