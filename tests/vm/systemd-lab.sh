# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # the other lab.sh has the variables
#
# uplinkd as it is installed, under a systemd that is the first process, to be sourced: the gateway
# of the lab is the machine itself, with its real system bus and journal. uplinkd has the directories
# that the lab shows elsewhere, and $log follows what its unit says.

# What the unit sees: it has a /tmp of its own.
[ -z "${UPLINKD_VM-}" ] || export TMPDIR=/run

# shellcheck disable=SC2034 # for lab.sh
boot_options="--systemd --seconds 560"
# shellcheck disable=SC2034
teller=plugin
# $lab_of is lab.sh or one that goes on from it.
# shellcheck source-path=SCRIPTDIR source=pppoe-lab.sh
. "$(dirname "$0")/${lab_of-lab.sh}"
unset DBUS_SYSTEM_BUS_ADDRESS # the machine is ours, and so is its bus

ip() {
	if [ "$*" = "netns add $lab-gw" ]; then
		command ip netns attach "$lab-gw" $$
	else
		command ip "$@"
	fi
}

# The build must be one with --prefix=/usr, or neither pppd nor D-Bus would find their parts.
install_uplinkd() {
	meson install -C "$build" --no-rebuild --quiet
	[ -e /usr/lib/systemd/system/uplinkd.service ] || fail "$build has not --prefix=/usr"
	mkdir -p /etc/uplinkd/hooks.d /run/uplinkd
	ln -s "$conf" /etc/uplinkd/uplinkd.conf
	ln -s /etc/uplinkd/hooks.d "$hooks"
	ln -sfn /run/uplinkd "$tmp/run"
	systemctl daemon-reload
	journalctl --follow --unit uplinkd --output short-monotonic >"$log" &
}

# property PROPERTY: of the unit
property() {
	systemctl show --property "$1" --value uplinkd
}

# drop_in NAME <LINES: into the unit
drop_in() {
	mkdir -p /run/systemd/system/uplinkd.service.d
	cat >"/run/systemd/system/uplinkd.service.d/$1.conf"
	systemctl daemon-reload
}

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
