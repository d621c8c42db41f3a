/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "intent/advertisement.h"

/*
 * Tells the hosts on a link about prefixes (RFC 4861, section 4.2). 0 or a negative errno.
 */
int advertise(const struct advertisement *advertisement);
