#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A client keeps its server: by address or net, IPv4 and IPv6, over reload, restart and sudden death
# of the daemon; it finds another when that server dies and stays there; a drained server keeps its
# clients or not, as the file says. Further all ports of an address, and services by firewall mark,
# which somebody else's table gives.
. "$(dirname "$0")/lab.sh"
lab_up 2
serve web1 web1 5001 5002
serve web2 web2 5001 5002
provider_gives 0 203.0.113.20
provider_gives 0 203.0.113.21
provider_gives 0 203.0.113.22

persistent='persistent = "5m"; scheduler = "rr";
    check = { kind = "tcp"; interval = "500ms"; fail = 6; pass = 2; };'
pair='servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; } );'
write() {
	config "" "" <<-END
		services = (
		  { name = "www"; listen = [ "tcp/dsl0:80", "tcp/dsl0:81", "tcp/dsl1:80" ]; $persistent
		    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; },
		                { address = "[fd00::2]:80"; }, { address = "[fd00::3]:8000"; } ); },
		  { name = "nets"; listen = [ "tcp/dsl0:82" ]; $persistent netmask = 30; netmask6 = 126;
		    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8000"; },
		                { address = "[fd00::2]:80"; }, { address = "[fd00::3]:8000"; } ); },
		  { name = "expires"; listen = [ "tcp/dsl0:83" ]; $persistent expire_quiescent = true; $pair },
		  { name = "whole"; listen = [ "tcp/203.0.113.20:0", "udp/203.0.113.20:0" ]; scheduler = "rr"; persistent = "5m";
		    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); },
		  { name = "marked"; listen = [ "mark/0x50000" ]; scheduler = "rr"; persistent = "5m";
		    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); },
		  { name = "plain"; listen = [ "mark/0x60000" ]; scheduler = "rr"; $pair }
		);
		domains = ( { name = "tryme.example"; interface = "dsl0";
		  addresses = [ "203.0.113.20/24", "203.0.113.21/24", "203.0.113.22/24" ]; } );
		# $1
	END
}
write first
# Whoever marks does so before anything of ours, and outside our bits.
n gw nft -f - <<'END'
table ip foreign {
	chain marks {
		type filter hook prerouting priority -151
		ip daddr 203.0.113.21 tcp dport 5001-5002 meta mark set 0x50000
		ip daddr 203.0.113.22 tcp dport 5001 meta mark set 0x50000
		ip daddr 203.0.113.22 tcp dport 80 meta mark set 0x60000
	}
}
END
daemon_start

# who ADDRESS CLIENT PORT [options]: which server that client gets, three times
who() {
	ask inet -n 3 --bind "$2" "${@:4}" "$1" "$3" | tally 1
}

# everyone: the servers of ten clients at the first service
everyone() {
	local i

	for i in {10..19}; do
		who 203.0.113.5 "198.51.100.$i" 80
		who 2001:db8:a::5 "2001:db8:f::$i" 80
	done | paste -sd' '
}

before=$(everyone)
expect "spread evenly" "web1:3:10 web2:3:10" "$(tr ' ' '\n' <<<"$before" | tally 1)"
expect "again" "$before" "$(everyone)"
for i in 10 11; do
	expect "another port, client $i" "$(who 203.0.113.5 "198.51.100.$i" 80)" "$(who 203.0.113.5 198.51.100.$i 81)"
	expect "another line, client $i" "$(who 203.0.113.5 "198.51.100.$i" 80)" "$(who 192.0.2.5 198.51.100.$i 80)"
done

nets() {
	for i in "$@"; do
		who 203.0.113.5 "198.51.100.$i" 82
	done | tally 1
}
expect_match "the net of .12 to .15" "web?:3:4" "$(nets 12 13 14 15)"
expect "and another" "web1:3:1 web2:3:1" "$(nets 13 16)"
expect_match "IPv6, the net of ::14 to ::17" "web?:3:4" "$(for i in 14 15 16 17; do who 2001:db8:a::5 "2001:db8:f::$i" 82; done | tally 1)"

write second
ctl reload
expect "after a reload" "$before" "$(everyone)"
ctl weight plain 172.16.0.2:80 2
expect "after another change" "$before" "$(everyone)"
daemon_stop
expect "without a daemon" "$before" "$(everyone)"
daemon_start
expect "after a restart" "$before" "$(everyone)"
expect "a restart changes nothing" "nothing to do" "$(ctl plan)"
daemon_kill
daemon_start
expect "after kill -9" "$before" "$(everyone)"

# all ports of an address
expect_match "one server for all ports" "web?:3:3" \
	"$( (who 203.0.113.20 198.51.100.10 5001; who 203.0.113.20 198.51.100.10 5002; who 203.0.113.20 198.51.100.10 5001 -u) | tally 1)"
expect "another client, the other one" "web1:3 web2:3" \
	"$( (ask inet -n 3 203.0.113.20 5001; ask inet -n 3 --bind 198.51.100.11 203.0.113.20 5002) | tally 1)"

# by mark
expect_match "marked: one server for ports and addresses" "web?:3:3" \
	"$( (who 203.0.113.21 198.51.100.10 5001; who 203.0.113.21 198.51.100.10 5002; who 203.0.113.22 198.51.100.10 5001) | tally 1)"
expect "marked: another client, the other one" "web1:3 web2:3" \
	"$( (ask inet -n 3 203.0.113.21 5001; ask inet -n 3 --bind 198.51.100.11 203.0.113.22 5001) | tally 1)"
expect "marked, not persistent" "web1:3 web2:3" "$(ask inet -n 6 203.0.113.22 80 | tally 1)"
expect "and not marked" "error: connection refused:1" "$(ask inet -t 1 203.0.113.22 81 | tally 1)"

# drained
mine=$(ask inet --bind 198.51.100.18 203.0.113.5 83 | awk '{ print $1 }')
name=$([ "$mine" = web1 ] && echo 172.16.0.2:80 || echo 172.16.0.3:8000)
other=$([ "$mine" = web1 ] && echo web2 || echo web1)
ctl drain expires "$name"
expect "drained, and it expires" "$other:3" "$(who 203.0.113.5 198.51.100.18 83)"
ctl weight expires "$name" 1
expect "and it is for good" "$other:3" "$(who 203.0.113.5 198.51.100.18 83)"
mine=$(ask inet --bind 198.51.100.18 203.0.113.5 80 | awk '{ print $1 }')
name=$([ "$mine" = web1 ] && echo 172.16.0.2:80 || echo 172.16.0.3:8000)
ctl drain www "$name"
expect "drained, and it stays" "$mine:3" "$(who 203.0.113.5 198.51.100.18 80)"
ctl weight www "$name" 1

# dead
n lan ip link set web1 down
wait_for 20 server_is www 172.16.0.2:80 down
wait_for 20 server_is www '[fd00::2]:80' down
expect "all at the other one" "web2:3:20" "$(everyone | tr ' ' '\n' | tally 1)"
n lan ip link set web1 up
wait_for 20 server_is www 172.16.0.2:80 up
wait_for 20 server_is www '[fd00::2]:80' up
expect "and there they stay" "web2:3:20" "$(everyone | tr ' ' '\n' | tally 1)"
