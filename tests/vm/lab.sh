# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scenarios of tests/vm share, to be sourced: each starts itself again in the emulated
# machine, and there has all that scenarios of tests/netns have, see its lab.sh. Emulation is slow
# in starting processes (10 to 30 times), hence `ip -batch`, and crowd.c.
#
# $modules are the kernel modules that it needs, and $boot_options those of boot, given before this
# is sourced.

# shellcheck disable=SC2086 # the options are words
[ -n "${UPLINKD_VM-}" ] || exec "$(dirname "$0")/boot" ${boot_options-} --modules "${modules-}" -- "$0" "$@"

export UPLINKD_PATIENCE=5 # programs take long to start here
. "$(dirname "${BASH_SOURCE[0]}")/../netns/lab.sh"

failed=
# shellcheck disable=SC2034,SC2154 # for those who source this; from the other lab.sh
readonly crowd=$build/tests/vm/vm_crowd

# part NAME COMMAND...: says whether that part went well, and goes on. The part has a shell of its
# own: it may fail() anywhere, and what it sets is gone afterwards.
part() {
	local status=0

	set +e
	(
		set -e
		"${@:2}"
	)
	status=$?
	set -e
	case $status in
	0) echo "ok $1" ;;
	77) echo "skip $1: $(cat "$tmp/why")" ;;
	*) echo "not ok $1" && failed=yes ;;
	esac
}

# skip_part WHY: from within a part
skip_part() {
	echo "$*" >"$tmp/why"
	exit 77
}

# The last line of a scenario made of parts.
parts_end() {
	[ -z "$failed" ]
}

# The two that speak ipvsadm's language. lvs COMMAND...: the one that $language names
language=ipvsadm
lvs() {
	case $language in
	ipvsadm) n gw ipvsadm "$@" ;;
	uplinkctl) ctl ipvs "$@" ;;
	esac
}

lvs_is_there() {
	[ "$language" = ipvsadm ] || ctl ipvs -L -n >/dev/null 2>&1 || skip_part "uplinkctl has no verb ipvs"
}

# between: clients and servers with a gateway between, whose virtual addresses are 10.9.0.0/16:
#
#     clients 10.0.0.2, 10.1.0.0/16  ---  10.0.0.1 gw 172.16.0.1  ---  servers 172.16.0.10 to .29
between() {
	local i

	namespace clients
	namespace gw
	namespace servers
	ip -batch - <<-END
		link add gw netns $lab-clients type veth peer name wan0 netns $lab-gw
		link add gw netns $lab-servers type veth peer name lan0 netns $lab-gw
	END
	n clients ip -batch - <<-END
		address add 10.0.0.2/24 dev gw
		link set gw up
		route add default via 10.0.0.1
		route add local 10.1.0.0/16 dev lo
	END
	n gw ip -batch - <<-END
		address add 10.0.0.1/24 dev wan0
		address add 172.16.0.1/24 dev lan0
		link set wan0 up
		link set lan0 up
		route add 10.1.0.0/16 via 10.0.0.2
		route add local 10.9.0.0/16 dev lo
	END
	n gw sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	{
		for i in {10..29}; do
			echo "address add 172.16.0.$i/24 dev gw"
		done
		echo "link set gw up"
		echo "route add default via 172.16.0.1"
	} | n servers ip -batch -
}
