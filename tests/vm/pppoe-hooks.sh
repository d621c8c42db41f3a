#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The same as pppoe.sh where pppd has not the plugin: its hooks and the kernel have to do.
teller=hooks
. "$(dirname "$0")/pppoe-parts.sh"
