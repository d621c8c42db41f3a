/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/reader.h"

/* Everything that takes more than one value to see. Problems are reported. */
void check_config(struct reader *reader);
