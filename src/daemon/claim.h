/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Claims the network namespace: two daemons in one would undo each other's work without end,
 * whatever their runtime directories. 0 and a descriptor that holds the claim until closed, or a
 * negative errno, logged; -EADDRINUSE while another of root's, or our own user's, has it. A
 * stranger's claim is a warning, and *ret is -1.
 */
int claim_namespace(int *ret);
