#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Prefixes from a real DHCPv6 server by a real client, dhcpcd with our hook, and hosts inside that
# make themselves addresses of what radvd finds on the LAN interface: they speak by the line as they
# are; by the other line, when theirs is silent or has lost its carrier, translated; and when the
# server has another prefix they have it, too, and the old one is not preferred any more.
. "$(dirname "$0")/lab.sh"
for program in dhcpcd dhcpd radvd; do
	command -v $program >/dev/null || skip "$program is neither installed nor unpacked"
done
lab_up 2

config "probes = ( { kind = \"icmp\"; targets = [ \"2001:db8:f::11\" ]; interval = \"200ms\"; } ); tier = 1;" \
	"tier = 2; nptv6 = true;" <<<''
daemon_start
provider_delegates 1 2001:db8:b100::/56
check "the other line's prefix" ctl delegate dsl1 2001:db8:b100::/56

# dhcp_server PREFIX: the server of the first line delegates this one, and knows of none before
dhcp_server() {
	provider_delegates 0 "$1/56"
	cat >"$tmp/dhcpd6.conf" <<-END
		server-duid en 32473 "provider";
		default-lease-time 3600;
		preferred-lifetime 1800;
		option dhcp-renewal-time 2;
		option dhcp-rebinding-time 600;
		subnet6 2001:db8:a::/64 { prefix6 $1 $1 /56; }
	END
	: >"$tmp/dhcpd6.leases"
	start p0 dhcpd -6 -d -cf "$tmp/dhcpd6.conf" -lf "$tmp/dhcpd6.leases" -pf "$tmp/dhcpd6.pid" line \
		2>>"$tmp/servers.log"
	dhcpd=$!
}

# The client finds its hooks, its state and ours where they are on a machine.
dhcp_client() {
	mkdir -p "$tmp/bin" "$tmp/dhcpcd-hooks"
	ln -sf "$build/src/ctl/uplinkctl" "$tmp/bin/uplinkctl"
	cp "$top/hooks/dhcpcd" "$tmp/dhcpcd-hooks/50-uplinkd"
	cat >"$tmp/dhcpcd.conf" <<-END
		nodev
		duid
		ipv6only
		noipv6rs
		interface dsl0
			ia_pd 1 lan0/1/64
	END
	# shellcheck disable=SC2016 # for that shell to expand
	start gw unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none /run &&
		mkdir /run/dhcpcd /run/uplinkd && mount --bind "$0/run" /run/uplinkd &&
		mount -t tmpfs none /var/lib/dhcpcd && mount --bind "$0/dhcpcd-hooks" "$1/dhcpcd-hooks" &&
		PATH=$0/bin:$PATH exec dhcpcd -B -f "$0/dhcpcd.conf" dsl0 lan0' "$tmp" /usr/lib/dhcpcd \
		>"$tmp/dhcpcd.log" 2>&1
}

cat >"$tmp/radvd.conf" <<-'END'
	interface lan0 {
		AdvSendAdvert on;
		MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
		prefix ::/64 { };
	};
END

delegated_is() {
	[ "$(line 0 'delegated | join(" ")')" = "$1" ]
}

# preferred PREFIX, deprecated PREFIX: the host's address of it is
preferred() {
	n auto ip -6 -o address show dev eth0 scope global -deprecated -tentative | grep "$1"
}
deprecated() {
	n auto ip -6 -o address show dev eth0 scope global deprecated | grep "$1"
}

# auto_host: one that makes itself addresses of what it hears, and has no others
auto_host() {
	lab_host auto 30
	n auto ip -6 address flush dev eth0 scope global
	n auto ip -6 route delete default
	n auto tee /proc/sys/net/ipv6/conf/eth0/accept_ra <<<1 >/dev/null
}

# own PREFIX: what the host has of it
own() {
	n auto ip -6 -o address show dev eth0 scope global | grep -o "$1[^/]*"
}

# speaks WHAT FROM SEEN: from its address of that prefix, how the Internet sees it
speaks() {
	expect_match "$1" "inet $3" "$(ask auto --bind "$(own "$2")" $inet6 80)"
}

# ended NAME: a held connection was
ended() {
	[ "$(ends "$1")" = "inet: connection reset by peer" ]
}

dhcp_server 2001:db8:a100::
dhcp_client
auto_host
start gw radvd -n -C "$tmp/radvd.conf" -p "$tmp/radvd.pid" -m stderr 2>"$tmp/radvd.log"
wait_for 60 delegated_is 2001:db8:a100::/56
wait_for 60 preferred 2001:db8:a100:1:
expect "the client speaks from its link-local address" "" \
	"$(grep "message from" "$tmp/servers.log" | grep -v "from fe80::" || true)"
first=$(own 2001:db8:a100:1:)
speaks "by its line as it is" 2001:db8:a100:1: "$first"
hold silenced auto --bind "$first" $inet6 443
expect "and is heard of" "auto $inet6" "$(serve auto auto 80 && ask inet "$first" 80)"

echo "--- the line is silent"
line_silence 0
wait_for 20 line_is 0 down
wait_for 20 ended silenced
speaks "by the other, translated" 2001:db8:a100:1: "2001:db8:b100:*"
wait_for 20 deprecated 2001:db8:a100:1:
line_speak 0
wait_for 20 line_is 0 up
wait_for 20 preferred 2001:db8:a100:1:
speaks "by its own again" 2001:db8:a100:1: "$first"

echo "--- another prefix"
stop $dhcpd || true
hold renumbered auto --bind "$first" $inet6 80
dhcp_server 2001:db8:a200::
# What the client asked while there was no server it asks again after 10 s, then 20 s.
wait_for 60 delegated_is 2001:db8:a200::/56
wait_for 60 preferred 2001:db8:a200:1:
wait_for 20 not preferred 2001:db8:a100:1:
wait_for 20 ended renumbered
speaks "by its line as it is" 2001:db8:a200:1: "$(own 2001:db8:a200:1:)"

echo "--- no carrier"
hold cut auto --bind "$(own 2001:db8:a200:1:)" $inet6 80
line_cut 0
wait_for 20 line_is 0 down
wait_for 20 ended cut
wait_for 20 not preferred 2001:db8:a200:1:
speaks "by the other, translated" 2001:db8:a200:1: "@(2001:db8:b100:*|${address6[1]})"
wait_for 20 nothing_to_do # the client still clears away
echo "- nothing to do"
line_mend 0
wait_for 20 line_is 0 up
wait_for 60 delegated_is 2001:db8:a200::/56
wait_for 60 preferred 2001:db8:a200:1:
speaks "by its own again" 2001:db8:a200:1: "$(own 2001:db8:a200:1:)"
