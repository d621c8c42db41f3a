#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What ipvsadm saved is restored by uplinkctl ipvs, and what that saved by ipvsadm.
modules="ip_vs nf_conntrack ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh"
. "$(dirname "$0")/lab.sh"

# Every scheduler, protocol, method and option.
table() {
	local i=0 scheduler

	for scheduler in rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh; do
		i=$((i + 1))
		echo "-A -t 10.9.0.$i:80 -s $scheduler"
		echo "-a -t 10.9.0.$i:80 -r 172.16.0.10:8080 -m -w $i"
		echo "-a -t 10.9.0.$i:80 -r 172.16.0.11:80 -m -w 0"
	done
	cat <<-'END'
		-A -u 10.9.0.1:53 -s rr -o
		-a -u 10.9.0.1:53 -r 172.16.0.10:53 -g -w 1
		-A --sctp-service 10.9.0.1:9 -s wlc
		-A -t 10.9.0.50:0 -s wlc -p 300
		-a -t 10.9.0.50:0 -r 172.16.0.12:0 -i -w 3
		-A -t 10.9.0.51:443 -s wrr -p 60 -M 255.255.255.0
		-a -t 10.9.0.51:443 -r 172.16.0.12:443 -m -w 7 -x 100 -y 80
		-A -t 10.9.0.52:80 -s sh -b sh-port,sh-fallback
		-A -t 10.9.0.53:80 -s mh -b mh-port
		-A -f 1 -s wlc -p 600
		-a -f 1 -r 172.16.0.10:0 -g -w 1
		-A -t [2001:db8::1]:80 -s wlc -p 300 -M 64
		-a -t [2001:db8::1]:80 -r [fd00::2]:80 -m -w 2
		-A -f 2 -6 -s rr
		-a -f 2 -6 -r [fd00::2]:0 -g -w 1
	END
}

# saved: in an order that does not depend on who did it
saved() {
	lvs -S -n | sort
}

# same WHAT FILE FILE
same() {
	diff "$2" "$3" || fail "$1"
	echo "- $1: $(wc -l <"$2") lines"
}

themselves() {
	table | lvs -R
	saved >"$tmp/theirs"
	lvs -C
	lvs -R <"$tmp/theirs"
	saved >"$tmp/again"
	same "ipvsadm restores its own" "$tmp/theirs" "$tmp/again"
	lvs -C
}

ours() {
	lvs_is_there
	lvs -R <"$tmp/theirs"
	saved >"$tmp/ours"
	same "uplinkctl restores ipvsadm's" "$tmp/theirs" "$tmp/ours"
}

back() {
	[ -e "$tmp/ours" ] || skip_part "uplinkctl saved nothing"
	lvs -R <"$tmp/ours"
	saved >"$tmp/again"
	same "ipvsadm restores uplinkctl's" "$tmp/ours" "$tmp/again"
}

namespace gw
echo 'gateway = { };' >"$conf"
daemon_start
part "ipvsadm to ipvsadm" themselves
language=uplinkctl
part "ipvsadm to uplinkctl" ours
language=ipvsadm
part "uplinkctl to ipvsadm" back
parts_end
