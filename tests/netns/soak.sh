#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything at once, in random order: services of every kind under load while lines are cut,
# pulled out, silent, lossy and mended, their probes refused, their prefixes given and taken, their
# sessions up and down, servers die and return, the file and the table of ipvs change, servers are
# weighed and drained, somebody flushes the ruleset, and the daemon is killed. Whenever it is quiet
# again there is nothing to do, and nothing is done; every service answers, nothing is left in the
# counts, what belongs to others is untouched, and the daemon has not grown.
#
# UPLINKD_SOAK_SEED repeats a run, UPLINKD_SOAK_ROUNDS and UPLINKD_SOAK_STEPS make it longer.
. "$(dirname "$0")/lab.sh"
lab_up 2

seed=${UPLINKD_SOAK_SEED:-1} rounds=${UPLINKD_SOAK_ROUNDS:-2} steps=${UPLINKD_SOAK_STEPS:-12}
vip=203.0.113.20 # of the servers by direct routing
declare -A down=() line_state=([0]=up [1]=up)
loads=() history=()
RANDOM=$seed
echo "- seed $seed"

# One of the arguments, in $chosen: a subshell would have a RANDOM of its own.
choose() {
	local i=$((RANDOM % $# + 1))

	chosen=${!i}
}

for web in web1 web2; do
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_ignore <<<1 >/dev/null
	n "$web" tee /proc/sys/net/ipv4/conf/{all,eth0}/arp_announce <<<2 >/dev/null
	n "$web" ip address add $vip/32 dev lo
done
serve web2 web2 80 53
serve web1 web1 8053
n p0 ip route add $vip/32 via "${address4[0]}"
provider_gives 0 $vip

# A server is sick while there is a file that says so.
cat >"$tmp/health" <<-END
	#!/bin/sh
	! test -e "$tmp/sick.\$1"
END
chmod 755 "$tmp/health"

n gw nft -f - <<-'NFT'
	table inet foreign {
		set kept { type ipv4_addr; elements = { 192.0.2.200 }; }
	}
	table netdev foreign {
		chain kept { meta mark 1 accept; }
	}
NFT
foreign() {
	n gw nft list table inet foreign
	n gw nft list table netdev foreign
}

for i in 0 1; do
	provider_delegates "$i" "2001:db8:a10$i::/56"
done

# variant NUMBER: services of every kind; some of it differs from one number to the next.
variant() {
	local schedulers=(wlc lc sed nq wrr) check servers lines=("" "")
	local over=(wrr least-latency least-used overflow fo) failback=(when-stable at-once manual)
	local probes="probes = ( { kind = \"icmp\"; targets = [ \"198.51.100.11\", \"2001:db8:f::12\" ];
		interval = \"200ms\"; timeout = \"500ms\"; }"

	# Without probes, with them, with more of them and marks; a quota that is soon used up; nets.
	case $(($1 / 2 % 4)) in
	1) lines[0]="$probes );" ;;
	2) lines=("$probes, { kind = \"tcp\"; targets = [ \"$inet4:80\" ]; } ); quorum = 2;"
		"$probes ); latency = { low = \"300ms\"; high = \"400ms\"; };") ;;
	3) lines=("$probes, { kind = \"arp\"; } ); mtu = 1492;" "quota = { bytes = \"10MB\"; }; nptv6 = true;") ;;
	esac
	lines[0]+=" failback = \"${failback[$1 / 8 % 3]}\"; bandwidth = { up = \"10mbit\"; down = \"10mbit\"; };"
	lines[1]+=" tier = $(($1 / 3 % 2 + 1)); metered = $([ $(($1 % 3)) = 0 ] && echo true || echo false);
		bandwidth = { up = \"10mbit\"; down = \"10mbit\"; };"
	check="check = { kind = \"script\"; path = \"$tmp/health\"; interval = \"500ms\"; fail = 2; pass = 1; };"
	servers='servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:80"; },
	                     { address = "[fd00::2]:80"; }, { address = "[fd00::3]:80"; } );'
	config "${lines[@]}" <<-END
		policies = ( { name = "some"; from = [ "10.2.$(($1 % 100)).0/24" ]; use = [ "dsl1" ]; },
		             { name = "kept"; from = [ "172.16.0.19" ]; use = [ "dsl0", "dsl1" ]; on_failover = "keep"; },
		             { name = "rest"; use = [ "dsl0", "dsl1" ]; scheduler = "${over[$1 % 5]}"; } );
		services = (
		  { name = "simple"; listen = [ "tcp/dsl0:80", "tcp/dsl1:80" ]; $check $servers },
		  { name = "load"; listen = [ "tcp/dsl0:81", "tcp/dsl1:81" ]; $check
		    scheduler = "${schedulers[$1 % 5]}"; $servers },
		  { name = "persistent"; listen = [ "tcp/dsl0:82", "tcp/dsl1:82" ]; persistent = "30s";
		    scheduler = "wlc"; $check $servers },
		  { name = "hashed"; listen = [ "tcp/dsl0:83", "tcp/dsl1:83" ]; scheduler = "mh"; $check $servers },
		  { name = "limits"; listen = [ "tcp/dsl0:84", "tcp/dsl1:84" ]; $check
		    limits = { connections = 500; client_rate = "5000/s"; }; $servers },
		  { name = "by-line"; listen = [ "tcp/dsl0:85", "tcp/dsl1:85" ]; scheduler = "wlc"; $check
		    servers = ( { address = "172.16.0.2:80"; uplinks = [ "dsl0" ]; },
		                { address = "172.16.0.3:80"; weight = $(($1 % 4 + 1)); } ); },
		  { name = "locality"; listen = [ "tcp/dsl0:86", "tcp/dsl1:86" ]; scheduler = "lblcr"; $check $servers },
		  { name = "one"; listen = [ "udp/dsl0:5140", "udp/dsl1:5140" ]; one_packet = true; $check
		    servers = ( { address = "172.16.0.2:53"; }, { address = "172.16.0.3:53"; } ); },
		  { name = "names"; listen = [ "udp/dsl0:53", "udp/dsl1:53" ]; scheduler = "lc"; $check
		    servers = ( { address = "172.16.0.2:8053"; upper = 200; }, { address = "172.16.0.3:8053"; } ); },
		  { name = "direct"; listen = [ "tcp/$vip:80" ]; scheduler = "wlc"; method = "route"; $check
		    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); },
		  { name = "keys"; kind = "ipsec"; listen = [ "$vip" ];
		    servers = ( { address = "172.16.0.2"; }, { address = "172.16.0.3"; } ); }
		  $([ $(($1 % 2)) = 0 ] || echo ", { name = \"more\"; listen = [ \"tcp/dsl0:$((1000 + $1))\" ]; $check $servers }")
		);
	END
}

# --- what may happen --------------------------------------------------------------------------

must() {
	"$@" >"$tmp/must" 2>&1 || fail "$*: $(cat "$tmp/must")"
}

flap() {
	local i

	choose 0 1
	i=$chosen
	if [ "${line_state[$i]}" = up ]; then
		choose cut pulled silent lossy limited
		line_state[$i]=$chosen
		case $chosen in
		cut) line_cut "$i" ;;
		pulled) line_unplug "$i" ;;
		silent) line_silence "$i" ;;
		lossy) line_loses "$i" "numgen random mod 100 < 30" ;;
		limited) line_loses "$i" "icmp type echo-request limit rate over 1/second" ;;
		esac
	else
		mend "$i"
	fi
}

# line_loses LINE WHAT: the provider drops these packets.
line_loses() {
	n "p$1" nft -f - <<-NFT
		table netdev loss {
			chain in { type filter hook ingress device "customer" priority -10; $2 drop; }
		}
	NFT
}

mend() {
	case ${line_state[$1]} in
	silent) line_speak "$1" ;;
	lossy | limited) n "p$1" nft delete table netdev loss ;;
	cut) line_mend "$1" ;;
	pulled)
		line_connect "$1"
		n gw ip address add "${address4[$1]}/24" dev "dsl$1"
		n gw ip address add "${address6[$1]}/64" dev "dsl$1"
		;;
	esac
	line_state[$1]=up
}

# The address that a check is told of a server.
sick_or_well() {
	choose 172.16.0.2 172.16.0.3 fd00::2 fd00::3
	if [ -e "$tmp/sick.$chosen" ]; then
		rm "$tmp/sick.$chosen"
	else
		touch "$tmp/sick.$chosen"
	fi
}

host() {
	choose web1 web2
	if [ -n "${down[$chosen]:-}" ]; then
		n lan ip link set "$chosen" up
		down[$chosen]=
	else
		n lan ip link set "$chosen" down
		down[$chosen]=yes
	fi
}

change_file() {
	variant "$RANDOM"
	must ctl reload
}

ipvs() {
	local port

	choose 2001 2002 2003
	port=$chosen
	choose rr wlc sh
	if [[ $(ctl ipvs -S -n) = *"-A -t 203.0.113.5:$port "* ]]; then
		choose -D -E
		if [ "$chosen" = -D ]; then
			must ctl ipvs -D -t "203.0.113.5:$port"
		else
			must ctl ipvs -E -t "203.0.113.5:$port" -s wrr
		fi
	else
		must ctl ipvs -R <<-END
			-A -t 203.0.113.5:$port -s $chosen
			-a -t 203.0.113.5:$port -r 172.16.0.2:80 -m
			-a -t 203.0.113.5:$port -r 172.16.0.3:80 -m -w 3
		END
	fi
}

weigh() {
	local service

	choose simple load persistent hashed by-line
	service=$chosen
	choose 0 1 5
	must ctl weight "$service" 172.16.0.3:80 "$chosen"
}

drain() {
	choose simple load limits
	must ctl drain "$chosen" 172.16.0.3:80 300ms
}

no_foreign() {
	local i

	for i in 0 1; do
		[ "$(provider_foreign "p$i")" = 0 ] || fail "p$i got packets with foreign source addresses"
	done
}

# Only what leaves while there are no rules at all is forgiven.
flush_ruleset() {
	local i

	no_foreign
	n gw nft delete table inet uplinkd 2>/dev/null || true
	n gw nft delete table netdev uplinkd 2>/dev/null || true
	wait_for 30 n gw nft list chain inet uplinkd egress
	for i in 0 1; do
		n "p$i" nft reset counter netdev provider foreign >/dev/null
	done
}

kill_daemon() {
	daemon_kill
	daemon_start
}

disable() {
	choose dsl0 dsl1
	must ctl disable "$chosen"
	must ctl enable "$chosen"
}

# A DHCPv6 client is given a prefix, which an interface inside gets a part of, or loses it.
delegate() {
	local i

	choose 0 1
	i=$chosen
	choose yes no
	if [ "$chosen" = yes ]; then
		must ctl delegate "dsl$i" "2001:db8:a10$i::/56"
		n gw ip address replace "2001:db8:a10$i:1::1/64" dev lan0
	else
		n gw ip address delete "2001:db8:a10$i:1::1/64" dev lan0 2>/dev/null || true
		must ctl delegate "dsl$i"
	fi
}

session() {
	local i

	choose 0 1
	i=$chosen
	choose ip-up ipv6-up ip-down
	must ctl ppp-event "$chosen" "dsl$i" mtu=1492
}

failback() {
	choose dsl0 dsl1
	ctl failback "$chosen" >"$tmp/failback" 2>&1 || grep -q "not held back" "$tmp/failback" ||
		fail "failback: $(cat "$tmp/failback")"
}

# --- what has to be so when it is quiet -------------------------------------------------------

# load ASK-OPTIONS...: which leaves the machine some time for what happens
load() {
	start inet "$helpers/ask.py" -n 0 -t 1 --gap 0.01 "$@" >"$tmp/load.${#loads[@]}" 2>&1
	loads+=($!)
}

loads_begin() {
	local port

	loads=()
	for port in 80 81 82 85; do
		load -w 3 203.0.113.5 "$port"
	done
	load -w 2 192.0.2.5 81
	load -w 2 2001:db8:a::5 81
	load -w 2 $vip 80
	load -w 2 -u 203.0.113.5 5140
	load -w 2 -u 192.0.2.5 53
	start client "$helpers/ask.py" -n 0 -t 1 --gap 0.01 -w 2 $inet4 80 >"$tmp/load.out"
	loads+=($!)
}

loads_end() {
	local pid

	kill -TERM "${loads[@]}"
	for pid in "${loads[@]}"; do
		wait "$pid" || true
	done
	sort -u "$tmp"/load.* | awk '/Traceback/ { bad = 1 } END { exit bad }' || fail "a client broke"
}

calm() {
	local i web service

	rm -f "$tmp"/sick.*
	for i in 0 1; do
		mend "$i"
		n gw ip address delete "2001:db8:a10$i:1::1/64" dev lan0 2>/dev/null || true
		must ctl delegate "dsl$i"
		must ctl ppp-event ip-up "dsl$i"
	done
	# The operator's word begins a new life: nobody waits for a penalty to wear off.
	for i in 0 1; do
		must ctl disable "dsl$i"
		must ctl enable "dsl$i"
	done
	for web in web1 web2; do
		n lan ip link set "$web" up
	done
	down=()
	for service in simple load persistent hashed by-line limits; do
		must ctl weight "$service" 172.16.0.3:80 1
	done
	# Connections that ended are remembered for a while, and count.
	n gw conntrack -F >"$tmp/must" 2>&1
}

all_up() {
	[ "$(ctl status --json | jq -r '[.uplinks[].state, (.services[] | select(.name != "keys") |
		.servers[].state)] | unique | join(" ")')" = up ]
}

none_counted() {
	n gw conntrack -F
	[ "$(ctl services --json | jq '[.[].servers[] | .active] | add')" = 0 ] &&
		[ "$(ctl services --json | jq '[.[] | select(.name != "direct" and .name != "keys").servers[].inactive] | add')" = 0 ]
}

# Once may fail: behind NAT a server cannot tell which of two addresses was asked, and holds
# connections that have ended against new ones from the same port. Or the machine was so busy that
# checks of a service ran out of time.
answered() {
	[[ $(ask inet -t 3 "$@") = web* ]]
}

# answers WHAT ASK-OPTIONS...
answers() {
	local i

	for i in 1 2 3; do
		! answered "${@:2}" || return 0
		wait_for 60 all_up
	done
	fail "$1 does not answer, seed $seed, did: ${history[*]}"
}

all_answer() {
	local port address

	for address in 203.0.113.5 192.0.2.5; do
		for port in 80 81 82 83 84 85 86; do
			answers "$address port $port" "$address" "$port"
		done
		answers "one-packet at $address" -u "$address" 5140
		answers "names at $address" -u "$address" 53
	done
	for port in 80 81 82 83 84 86; do
		answers "IPv6 port $port" 2001:db8:a::5 "$port"
		answers "IPv6 port $port" 2001:db8:b::5 "$port"
	done
	answers "direct" $vip 80
	[[ $(ask client $inet4 80) = inet* ]] || fail "no way out"
}

resident() {
	awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"
}

# Checks under way have some, too: the fewest of many looks. find(1) fails if one goes meanwhile.
descriptors() {
	local fds

	for _ in {1..40}; do
		fds=("/proc/$daemon/fd/"*)
		echo ${#fds[@]}
	done | sort -n | head -n 1
}

quiet() {
	wait_for 60 all_up
	wait_for 60 idle
	wait_for 60 none_counted
	wait_for 20 nothing_to_do
	all_answer
	[ "$(foreign)" = "$theirs" ] || fail "a table of others was changed"
}

happens=(flap flap flap delegate session failback sick_or_well sick_or_well host change_file change_file ipvs ipvs weigh drain
	flush_ruleset kill_daemon disable)
theirs=$(foreign)
variant 0
export JOURNAL_STREAM=1 # so that the log tells how bad it is
daemon_start
# Connections by direct routing that broke off are forgotten soon.
must ctl ipvs --set 5 2 5
quiet
for ((round = 1; round <= rounds; round++)); do
	history=()
	loads_begin
	for ((i = 0; i < steps; i++)); do
		choose "${happens[@]}"
		history+=("$chosen")
		"$chosen"
		wait_for 20 ctl status
	done
	loads_end
	calm
	quiet
	echo "- round $round: ${history[*]}: $(cat "$tmp"/load.* | grep -c ^web) answers, $(resident) kB"
done
# What repeats costs nothing: the last daemon, the same changes over and over.
repeat() {
	local i

	for ((i = 0; i < 6; i++)); do
		variant "$i"
		must ctl reload
		ctl ipvs -C
		must ctl ipvs -A -t 203.0.113.5:2009 -s wlc
		touch "$tmp/sick.172.16.0.2"
		wait_for 20 server_is simple 172.16.0.2:80 down
		rm "$tmp/sick.172.16.0.2"
		wait_for 20 server_is simple 172.16.0.2:80 up
	done
	ctl ipvs -C
}
repeat
quiet
before=$(resident) files=$(descriptors)
repeat
quiet
no_more_descriptors() {
	[ "$(descriptors)" -le "$files" ]
}
wait_for 30 no_more_descriptors
echo "- file descriptors: $files at most, and the same again"
after=$(resident)
check "memory: $before kB, and the same again: $after kB" [ "$after" -lt $((before * 11 / 10 + 4096)) ]
expect "said beyond warnings" "" "$(grep -E '^(<[0-3]>|.*(out of memory|cannot (make a plan|read the kernel)))' "$log" | sort | uniq -c)"
check "flush" ctl flush
check "ipvs leaves it at rest" ctl ipvs -A -t 203.0.113.5:2009 -s wlc
expect "nothing of ours is left" "" "$(n gw nft list tables | grep uplinkd; n gw ip -o link show group 1970302059 2>/dev/null)"
