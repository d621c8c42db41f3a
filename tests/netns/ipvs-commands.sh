#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Services made in the language of ipvsadm: they serve at once, beside those of the file, outlive
# the daemon, come back from what -S printed, and a batch with a mistake changes nothing.
. "$(dirname "$0")/lab.sh"
lab_up 1
config "" "" <<-'END'
	services = (
	  { name = "file"; listen = [ "tcp/dsl0:8080" ]; servers = ( { address = "172.16.0.2:80"; } ); }
	);
END
daemon_start

vip=${address4[0]}
ipvs() {
	ctl ipvs "$@"
}

# status CODE ARGUMENT...
status() {
	local code=0

	ipvs "${@:2}" >"$tmp/out" 2>&1 || code=$?
	expect "exit status of ipvs ${*:2}" "$1" "$code"
}

shares() {
	expect "$1" "$2" "$(ask inet -n 6 "$vip" 80 | tally 1)"
}

check "a service" ipvs -A -t "$vip:80" -s wrr
check "a server" ipvs -a -t "$vip:80" -r 172.16.0.2:80 -m
check "another" ipvs -a -t "$vip:80" -r 172.16.0.3:8000 -m -w 2
shares "served" "web1:2 web2:4"
expect "listed" "TCP  $vip:80 wrr
  -> 172.16.0.2:80                Masq    1
  -> 172.16.0.3:8000              Masq    2" \
	"$(ipvs -Ln -t "$vip:80" | tail -n +3 | sed 's/  *[0-9]*  *[0-9]* *$//;1s/$//')"
expect "beside the file's" "file tcp/$vip/80" \
	"$(ctl services --json | jq -r '[.. | .name? // empty] | join(" ")')"

check "a weight" ipvs -e -t "$vip:80" -r 172.16.0.2:80 -m -w 2
shares "another weight" "web1:3 web2:3"
saved=$(ipvs -S -n)

status 255 -A -t "$vip:80"
expect "refused" "Service already exists" "$(cat "$tmp/out")"
status 255 -D -t "$vip:8080"
status 2 -a -t "$vip:80"
status 1 -L -n -t "$vip:81"
status 255 -A -f 256
if printf '%s\n' "-A -t $vip:81 -s rr" "-a -t $vip:82 -r 172.16.0.2 -m" | ipvs -R 2>"$tmp/out"; then
	fail "a batch with a mistake was done"
fi
expect "the mistake" "command 2 of 2: Service not defined" "$(cat "$tmp/out")"
expect "nothing changed" "$saved" "$(ipvs -S -n)"

check "stop" daemon_stop
daemon_start
shares "after a restart" "web1:3 web2:3"
daemon_kill
daemon_start
shares "after a crash" "web1:3 web2:3"
expect "saved" "$saved" "$(ipvs -S -n)"
check "reload" ctl reload
expect "after a reload" "$saved" "$(ipvs -S -n)"

check "clear" ipvs -C
expect "cleared" "" "$(ipvs -S -n)"
expect "only the file's" "1" "$(ipvs -L -n | grep -c '^TCP')"
ipvs -R <<<"$saved"
expect "restored" "$saved" "$(ipvs -S -n)"
shares "restored" "web1:3 web2:3"

check "the older way" ipvs -A -t "$vip:88" -R 172.16.0.2:80 -w 1
expect "served" "web1:1" "$(ask inet -n 1 "$vip" 88 | tally 1)"
