#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two PPPoE lines, and what pppd's plugin tells of them.
teller=plugin
. "$(dirname "$0")/pppoe-parts.sh"
