/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "probe/engine.h"

/* Lets go of the scripts that were killed and have not ended; whoever inherits them buries them. */
void scripts_forget(struct probes *probes);
