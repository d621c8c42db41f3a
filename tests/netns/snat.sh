#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What source address leaves: the line's own, another one that was asked for, none at all for
# prefixes that the provider routes to us, and never a foreign one.
. "$(dirname "$0")/lab.sh"
lab_up 3

# The client has addresses that are routed to us over the first line.
n client ip address add 198.18.64.65/32 dev eth0
n client ip address add 2001:db8:a:64::65/128 dev eth0 preferred_lft 0
n gw ip route add 198.18.64.64/28 via 172.16.0.10
n gw ip route add 2001:db8:a:64::/64 via fd00::10
n p0 ip route add 198.18.64.64/28 via 203.0.113.5
n p0 ip route add 2001:db8:a:64::/64 via 2001:db8:a::5
provider_gives 0 198.18.64.65
provider_gives 0 2001:db8:a:64::65
line_address 1 192.0.2.6/24
line_address 1 192.0.2.7/24
config 'prefixes = [ "198.18.64.64/28", "2001:db8:a:64::/64" ];' 'snat = "192.0.2.6";' 'snat = "masquerade";' <<'END'
policies = (
  { name = "to0"; ports = [ "tcp/80", "udp/53" ]; use = [ "dsl0" ]; },
  { name = "to1"; ports = [ "tcp/443" ]; use = [ "dsl1" ]; },
  { name = "to2"; ports = [ "tcp/5060" ]; use = [ "dsl2" ]; }
);
END
daemon_start

leaves_as() {
	expect "$1" "inet $2" "$(ask "${@:3}")"
}

leaves_as "the line's address" 203.0.113.5 client $inet4 80
leaves_as "a routed prefix" 198.18.64.65 client --bind 198.18.64.65 $inet4 80
leaves_as "a routed prefix, UDP" 198.18.64.65 client -u --bind 198.18.64.65 $inet4 53
leaves_as "a routed prefix, IPv6" 2001:db8:a:64::65 client --bind 2001:db8:a:64::65 $inet6 80
leaves_as "the line's address, IPv6" 2001:db8:a::5 client $inet6 80
leaves_as "that prefix over another line" 192.0.2.6 client --bind 198.18.64.65 $inet4 443
leaves_as "an address that was asked for" 192.0.2.6 client $inet4 443
leaves_as "the box with any address of the line" 192.0.2.7 gw --bind 192.0.2.7 $inet4 443
leaves_as "masquerade" 100.64.2.5 client $inet4 5060
leaves_as "masquerade, IPv6" 2001:db8:c::5 client $inet6 5060
serve client client 8080
expect "in to a routed prefix" "client $inet4" "$(ask inet 198.18.64.65 8080)"
expect "in to a routed prefix, IPv6" "client $inet6" "$(ask inet 2001:db8:a:64::65 8080)"
