#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Real peers follow an address change within a second, by what arrives at the server: an upload by
# QUIC (ngtcp2) and the keep-alives of a SIP telephone (sipp) go on with another address of their
# line, with that of the other line when theirs dies, and after the way back; the upload ends whole
# and no request stays without its answer.
. "$(dirname "$0")/lab.sh"
for program in gtlsserver gtlsclient sipp; do
	command -v $program >/dev/null || skip "$program is neither installed nor unpacked"
done
sip=5070 quic=4433
lab_up 2
config "tier = 1;" "tier = 2;" <<'END'
policies = ( { name = "rest"; use = [ "dsl0", "dsl1" ]; } );
END
daemon_start

# What the server hears, by a witness: "SECONDS IP ADDRESS.PORT > ..."
start inet tcpdump -lnqtt -i any "dst host $inet4 and udp and (port $sip or port $quic)" \
	>"$tmp/heard" 2>"$tmp/tcpdump.log"
wait_for 20 grep -q listening "$tmp/tcpdump.log"

certificate=$top/tests/unit/probe/server.pem # with its key
start inet gtlsserver -q $inet4 $quic "$certificate" "$certificate" >"$tmp/quic.server" 2>&1

# listens PORT: somebody does, who would else be taken for unreachable
listens() {
	[ -n "$(n inet ss -Hlnu "src $inet4:$1")" ]
}

cat >"$tmp/answer.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="answer"><recv request="OPTIONS"/><send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>
END
cat >"$tmp/keep-alive.xml" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="keep-alive"><send retrans="200"><![CDATA[

OPTIONS sip:box@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=[branch]
From: <sip:me@[local_ip]>;tag=[call_number]
To: <sip:box@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 OPTIONS
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/></scenario>
END
start inet sipp -nostdin -sf "$tmp/answer.xml" -i $inet4 -p $sip -deadcall_wait 0 -trace_err \
	-error_file "$tmp/sip.server" >/dev/null
wait_for 20 listens $sip
start client sipp -nostdin -sf "$tmp/keep-alive.xml" -i 172.16.0.10 -p 5060 -r 10 -trace_err \
	-error_file "$tmp/sip.client" $inet4:$sip >"$tmp/sip.screen" 2>&1
telephone=$!

# An upload, as it is the sender who must find out: it lasts until its reins are let go.
head -c 30000000 /dev/urandom >"$tmp/upload"
n client tc qdisc add dev eth0 root tbf rate 4mbit burst 16kb latency 50ms
wait_for 20 listens $quic
start client gtlsclient -q --exit-on-all-streams-close -m POST -d "$tmp/upload" \
	$inet4 $quic "https://inet/upload" >"$tmp/quic.client" 2>&1
upload=$!

# last PORT: the source of the last packet to it; first PORT ADDRESS SINCE: ms until one from there
last() {
	awk -v to="$inet4.$1:" '$7 == to { from = $5 } END { sub(/\.[0-9]*$/, "", from); print from }' <"$tmp/heard"
}
first() {
	awk -v to="$inet4.$1:" -v from="$2." -v since="$3" 'index($5, from) == 1 && $7 == to && $1 > since {
		print int(($1 - since) * 1000); exit }' "$tmp/heard"
}
both_last() {
	[ "$(last $sip)" = "$1" ] && [ "$(last $quic)" = "$1" ]
}

# heard WHAT ADDRESS: both are, from this address, since $changed
heard() {
	wait_for 20 both_last "$2"
	echo "- $1: from $2, SIP after $(first $sip "$2" "$changed") ms, QUIC after $(first $quic "$2" "$changed") ms"
}

wait_for 20 both_last "${address4[0]}"
echo "- at first: from ${address4[0]}"
check "this is the only line" ctl disable dsl1

provider_gives 0 203.0.113.9
changed=$EPOCHREALTIME
n gw ip address delete "${address4[0]}/24" dev dsl0
n gw ip address add 203.0.113.9/24 dev dsl0
provider_takes_back 0 "${address4[0]}"
heard "another address" 203.0.113.9
check "there are two" ctl enable dsl1

changed=$EPOCHREALTIME
line_cut 0
heard "the line is dead" "${address4[1]}"

line_mend 0
wait_for 20 line_is 0 up
changed=$EPOCHREALTIME
line_cut 1
heard "the other is" 203.0.113.9

changed=$EPOCHREALTIME
line_unplug 0
line_mend 1
heard "and its interface is gone" "${address4[1]}"

n client tc qdisc delete dev eth0 root
wait $upload || fail "the upload ended with $?: $(tail -n 3 "$tmp/quic.client")"
kill -USR1 $telephone
wait $telephone || fail "the telephone ended with $?: $(tail -n 3 "$tmp/sip.client")"
