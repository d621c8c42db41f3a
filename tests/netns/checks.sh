#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Health checks of every kind against servers that answer wrongly, not at all and well again, and
# what follows from their verdicts: the sorry server, the quorum with its hysteresis, a server that
# is only inhibited, the slow start of one that returns, and load feedback by an agent.
. "$(dirname "$0")/lab.sh"
lab_up 2
serve web1 web1b 81
serve web2 web2b 8001
serve client sorry 80

# A server is sick while there is a file that says so.
cat >"$tmp/health" <<-END
	#!/bin/sh
	! test -e "$tmp/sick.\$1.\$2"
END
chmod 755 "$tmp/health"
sick() {
	touch "$tmp/sick.$1"
}
well() {
	rm "$tmp/sick.$1"
}

printf 'HTTP/1.0 200 OK\r\n\r\nall is well\n' >"$tmp/page"
echo 192.0.2.1 >"$tmp/name"
echo 'up 100%' >"$tmp/agent"
start web1 "$helpers/say.py" http 8080 "$tmp/page"
start web1 "$helpers/say.py" dns 8053 "$tmp/name"
start web1 "$helpers/say.py" line 8081 "$tmp/agent"
all_listen() {
	n web1 ss -lntu | awk '/:80(80|53|81) / { n++ } END { exit n != 3 }'
}
wait_for 20 all_listen
# One failure in a row is what a machine that stood still does to any check, and the rush after that
# may be another.
script="check = { kind = \"script\"; path = \"$tmp/health\"; interval = \"300ms\"; fail = 4; pass = 2; };"

config "" "" <<END
services = (
  { name = "http"; listen = [ "tcp/dsl0:1001" ];
    check = { kind = "http"; path = "/health"; status = "200"; match = "all is w"; port = 8080;
              interval = "500ms"; fail = 4; pass = 2; };
    servers = ( { address = "172.16.0.2:80"; }, { address = "[fd00::2]:80"; } ); },
  { name = "dns"; listen = [ "udp/dsl0:1002" ];
    check = { kind = "dns"; name = "www.example"; port = 8053; interval = "500ms"; fail = 4; pass = 2; };
    servers = ( { address = "172.16.0.2:53"; } ); },
  { name = "udp"; listen = [ "udp/dsl0:1003" ];
    check = { kind = "udp"; send = "ask\\\\n"; expect = "web1 172"; interval = "500ms"; fail = 4; pass = 2; };
    servers = ( { address = "172.16.0.2:53"; }, { address = "172.16.0.3:8053"; } ); },
  { name = "icmp"; listen = [ "tcp/dsl0:1004" ];
    check = { kind = "icmp"; interval = "500ms"; fail = 4; pass = 2; };
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.99:80"; } ); },
  { name = "late"; listen = [ "tcp/dsl0:1005" ];
    check = { kind = "tcp"; initial = "down"; interval = "500ms"; fail = 4; pass = 3; };
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8009"; } ); },
  { name = "shop"; listen = [ "tcp/dsl0:80" ]; scheduler = "rr"; $script
    sorry = "172.16.0.10:80"; quorum = 2; quorum_hysteresis = 1;
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.2:81"; },
                { address = "172.16.0.3:8000"; }, { address = "172.16.0.3:8001"; } ); },
  { name = "single"; listen = [ "tcp/dsl0:82" ]; scheduler = "rr"; $script
    sorry = "172.16.0.10:80"; servers = ( { address = "172.16.0.2:80"; } ); },
  { name = "inhibited"; listen = [ "tcp/dsl0:83" ]; scheduler = "rr"; $script
    on_failure = "inhibit"; persistent = "1m";
    servers = ( { address = "172.16.0.2:80"; }, { address = "172.16.0.3:8001"; } ); },
  { name = "slow"; listen = [ "tcp/dsl0:84" ]; $script slow_start = "20s";
    servers = ( { address = "172.16.0.2:80"; weight = 100; },
                { address = "172.16.0.3:8000"; weight = 100; } ); },
  { name = "agent"; listen = [ "tcp/dsl0:85" ];
    servers = ( { address = "172.16.0.2:80"; weight = 4; agent = { port = 8081; interval = "500ms"; }; },
                { address = "172.16.0.3:8000"; weight = 2; } ); }
);
END
daemon_start

expect "at once, when the first verdict is not waited for" "up" "$(server http 172.16.0.2:80 state)"
wait_for 20 server_is late 172.16.0.2:80 up
expect_match "no server at first" "*up -> down (not checked yet)" "$(ctl events | grep 'late.*172.16.0.2:80' | head -n 1)"
reason_is() {
	[[ $(server "$1" "$2" reason) == *$3* ]]
}
wait_for 20 reason_is late 172.16.0.3:8009 "connection refused"
expect "nobody listens" "down" "$(server late 172.16.0.3:8009 state)"

# http: a page that says otherwise, a status that is not allowed, and well again
printf 'HTTP/1.0 200 OK\r\n\r\nsick\n' >"$tmp/page"
wait_for 20 server_is http 172.16.0.2:80 down
wait_for 20 server_is http '[fd00::2]:80' down
wait_for 20 reason_is http 172.16.0.2:80 match
echo "- http, the text"
expect "http, nobody left" "error: connection refused" "$(ask inet 203.0.113.5 1001)"
printf 'HTTP/1.0 503 Sorry\r\n\r\nall is well\n' >"$tmp/page"
wait_for 20 reason_is http 172.16.0.2:80 503
printf 'HTTP/1.0 200 OK\r\n\r\nall is well\n' >"$tmp/page"
wait_for 20 server_is http 172.16.0.2:80 up
expect "http, back" "web1 198.51.100.10" "$(ask inet 203.0.113.5 1001)"

# dns, udp, icmp
expect "dns" "up" "$(server dns 172.16.0.2:53 state)"
: >"$tmp/name"
wait_for 20 server_is dns 172.16.0.2:53 down
expect_match "dns, the reason" "?*" "$(server dns 172.16.0.2:53 reason)"
echo 192.0.2.1 >"$tmp/name"
wait_for 20 server_is dns 172.16.0.2:53 up
wait_for 20 server_is udp 172.16.0.3:8053 down
expect "udp, only the right answer" "up" "$(server udp 172.16.0.2:53 state)"
expect "udp" "web1:4" "$(ask inet -n 4 -u 203.0.113.5 1003 | tally 1)"
wait_for 20 server_is icmp 172.16.0.99:80 down
expect "icmp" "up web1:4" "$(server icmp 172.16.0.2:80 state) $(ask inet -n 4 203.0.113.5 1004 | tally 1)"

# the quorum: lost below 1, regained from 3 on
for name in 2:80 2:81 3:8000 3:8001; do
	wait_for 20 server_is shop 172.16.0.$name up
done
expect "all" "web1:1 web1b:1 web2:1 web2b:1" "$(ask inet -n 4 203.0.113.5 80 | tally 1)"
for name in 2.80 2.81 3.8000; do
	sick 172.16.0.$name
	wait_for 20 server_is shop "172.16.0.${name/./:}" down
done
expect "one left is enough" "web2b:4" "$(ask inet -n 4 203.0.113.5 80 | tally 1)"
wait_for 20 server_is single 172.16.0.2:80 down
expect "without a quorum the last one decides" "sorry:2" "$(ask inet -n 2 203.0.113.5 82 | tally 1)"
sick 172.16.0.3.8001
wait_for 20 server_is shop 172.16.0.3:8001 down
expect "none" "sorry:4" "$(ask inet -n 4 203.0.113.5 80 | tally 1)"
for name in 2.80 2.81; do
	well 172.16.0.$name
	wait_for 20 server_is shop "172.16.0.${name/./:}" up
done
expect "two are not enough to come back" "sorry:4" "$(ask inet -n 4 203.0.113.5 80 | tally 1)"
wait_for 20 server_is single 172.16.0.2:80 up
expect "nor needed" "web1:2" "$(ask inet -n 2 203.0.113.5 82 | tally 1)"
well 172.16.0.3.8000
wait_for 20 server_is shop 172.16.0.3:8000 up
expect "three are" "web1:1 web1b:1 web2:1" "$(ask inet -n 3 203.0.113.5 80 | tally 1)"
well 172.16.0.3.8001

# inhibited: who has been there comes back, nobody is reset, nobody new comes
wait_for 20 server_is inhibited 172.16.0.2:80 up
wait_for 20 server_is inhibited 172.16.0.3:8001 up
hold inhibited1 inet --bind 198.51.100.11 203.0.113.5 83
hold inhibited2 inet --bind 198.51.100.12 203.0.113.5 83
expect "clients of both" "web1 web2b" "$(cat <(held inhibited1) <(held inhibited2) | awk '{ print $1 }' | sort | paste -sd' ')"
[ "$(held inhibited1 | awk '{ print $1 }')" = web1 ] && mine=198.51.100.11 || mine=198.51.100.12
sick 172.16.0.2.80
wait_for 20 server_is inhibited 172.16.0.2:80 down
expect "new clients" "web2b:3" "$(for i in 3 4 5; do ask inet --bind 198.51.100.1$i 203.0.113.5 83; done | tally 1)"
expect "an old client" "web1:3" "$(ask inet -n 3 --bind "$mine" 203.0.113.5 83 | tally 1)"
expect "nobody was reset" "" "$(ends inhibited1)$(ends inhibited2)"

# slow start
wait_for 20 server_is slow 172.16.0.2:80 down
well 172.16.0.2.80
wait_for 20 server_is slow 172.16.0.2:80 up
share=$(server slow 172.16.0.2:80 share)
check "it begins small, with $share" [ "$share" -lt 60 ]
share_is() {
	[ "$(server "$1" "$2" share)" = "$3" ]
}
grows() {
	local now

	now=$(server slow 172.16.0.2:80 share)
	[ "$now" -gt "$share" ] && [ "$now" -lt 100 ]
}
wait_for 20 grows
wait_for 60 share_is slow 172.16.0.2:80 100

# agent
expect "the agent says nothing special" "web1:4 web2:2" "$(ask inet -n 6 203.0.113.5 85 | tally 1)"
echo '50%' >"$tmp/agent"
wait_for 20 share_is agent 172.16.0.2:80 2
expect "half" "web1:3 web2:3" "$(ask inet -n 6 203.0.113.5 85 | tally 1)"
hold agent inet -n 2 203.0.113.5 85
echo 'drain' >"$tmp/agent"
wait_for 20 server_is agent 172.16.0.2:80 drained
wait_for 20 reason_is agent 172.16.0.2:80 drain
echo "- in its own words"
expect "drained" "web2:6" "$(ask inet -n 6 203.0.113.5 85 | tally 1)"
expect "who was there stays" "" "$(ends agent)"
echo 'maint' >"$tmp/agent"
wait_for 20 server_is agent 172.16.0.2:80 down
expect "and not any more" "web1: connection reset by peer" "$(wait_for 20 grep -q reset "$tmp/held.agent"; ends agent)"
echo 'ready up 100%' >"$tmp/agent"
wait_for 20 server_is agent 172.16.0.2:80 up
expect "back" "web1:4 web2:2" "$(ask inet -n 6 203.0.113.5 85 | tally 1)"

# A reload leaves verdicts alone.
sick 172.16.0.2.80
wait_for 20 server_is single 172.16.0.2:80 down
told() {
	ctl events | grep 'service  *single' | cut -d' ' -f3-
}
told >"$tmp/told"
sed -i 's/"late"/"later"/' "$conf"
ctl reload
expect "it stays down" "down sorry:2" \
	"$(server single 172.16.0.2:80 state) $(ask inet -n 2 203.0.113.5 82 | tally 1)"
expect "nothing is told twice" "$(cat "$tmp/told")" "$(told)"
