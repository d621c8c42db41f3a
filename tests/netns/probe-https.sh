#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# probe-https: pages by TLS and scripts over a line that nothing else of the box would use. They
# leave by it, from its address of the target's family, and follow a change of that; a portal that
# answers everything with a page of its own, a certificate that nobody vouches for, a script that
# fails and one that never ends are each told as what they are.
. "$(dirname "$0")/lab.sh"
lab_up 2
certificate=$top/tests/unit/probe/server.pem # of www.example, with its key

# It answers with its name and the client's address, after so many seconds, and writes down what TLS
# was asked for. One whose address is gone says nothing more, nor that it ends.
cat >"$tmp/page.py" <<'END'
import socket, ssl, sys, threading, time

name, certificate, delay, *addresses = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
context.sni_callback = lambda tls, name, _: setattr(tls, "asked", name)


def answer(client, address):
    client.settimeout(5)
    try:
        with context.wrap_socket(client, server_side=True) as tls:
            tls.recv(4096)
            time.sleep(float(delay))
            tls.sendall(f"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{name} {address}\n".encode())
            print(f"{address} {getattr(tls, 'asked', 'nobody')}\n", end="", flush=True)
    except OSError:
        pass  # a client that does not like our certificate


def serve(listener):
    while True:
        client, (address, *_) = listener.accept()
        threading.Thread(target=answer, args=[client, address]).start()


for address in addresses:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, 8443), family=family)
    threading.Thread(target=serve, args=[listener]).start()
print("serves", flush=True)
END
# page_server NAMESPACE NAME DELAY ADDRESS...
page_server() {
	start "$1" python3 "$tmp/page.py" "$2" "$certificate" "${@:3}" >>"$tmp/pages.$2" 2>>"$tmp/servers.log"
	wait_for 20 grep -q serves "$tmp/pages.$2"
}
# Who waits a second for each answer does not take one that is late for lost, and has heard from all
# targets what is wrong before the line is down.
page_server inet inet 1 198.51.100.13 2001:db8:f::13
page_server p0 portal 0 "${gateway4[0]}" "${gateway6[0]}"

# probe_by PROBE SETTINGS: the first line has that one alone; the box itself uses the second
probe_by() {
	config "tier = 2; $2 probes = ( { $1 timeout = \"10s\"; } );" "" <<<''
}
https="interval = \"200ms\"; kind = \"https\"; targets = [ \"198.51.100.13:8443\", \"[2001:db8:f::13]:8443\" ];"
https+=" host = \"www.example\"; match = \"^inet \";"

seen_from() {
	grep -qxF "$1 www.example" "$tmp/pages.inet"
}
# sources: from where the server was asked, since it was last forgotten
sources() {
	sed -n 's/ www.example$//p' "$tmp/pages.inet" | sort -u | paste -sd' '
}
reason_is() {
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $(line 0 state) == down && $(line 0 reason) == $1 ]]
}

probe_by "$https" "fail = 2;"
daemon_start
wait_for 20 seen_from "${address4[0]}"
wait_for 20 seen_from "${address6[0]}"
wait_for 60 line_is 0 up
expect "pages, by the line alone" "${address6[0]} ${address4[0]}" "$(sources)"

n gw ip address delete "${address4[0]}/24" dev dsl0
line_address 0 203.0.113.9/24
provider_takes_back 0 "${address4[0]}"
wait_for 20 seen_from 203.0.113.9
# Nothing that was asked from the other address is still to be written down.
none_from() {
	[ -z "$(n inet ss -Htn state established "dst $1")" ]
}
wait_for 20 none_from "${address4[0]}"
: >"$tmp/pages.inet"
wait_for 20 seen_from 203.0.113.9
expect "from another address" 203.0.113.9 "$(sources | tr ' ' '\n' | grep -F .)"
check "and the line is up" line_is 0 up

echo "--- a portal"
n p0 nft -f - <<-NFT
	table inet portal {
		chain in {
			type nat hook prerouting priority dstnat
			iifname "line" tcp dport 8443 redirect
		}
	}
NFT
wait_for 60 reason_is "*match*"
echo "- $(line 0 reason)"
n p0 nft delete table inet portal
wait_for 60 line_is 0 up

echo "--- a certificate that nobody vouches for"
# From the fourth outage on the line would have to answer without a pause for 10 s each time.
daemon_stop
rm -f "$tmp/run/trust"
probe_by "$https verify = true;" "fail = 2;"
daemon_start
wait_for 60 reason_is "*certificate*"
echo "- $(line 0 reason)"

echo "--- scripts"
cat >"$tmp/script" <<END
#!/bin/sh
case \$(cat "$tmp/does") in
ask) exec curl -sf --interface "\$UPLINKD_INTERFACE" -o /dev/null "http://\$1" ;;
fail) exit 7 ;;
hang) exec sleep 1000 ;;
esac
END
chmod 755 "$tmp/script"
echo ask >"$tmp/does"
# A script that is slow to start has time to say what is wrong before the line is down.
probe_by "kind = \"script\"; path = \"$tmp/script\"; targets = [ \"198.51.100.14\" ];" "fail = 20; pass = 2;"
check "reload" ctl reload
wait_for 60 line_is 0 up
echo "- one that asks"
echo fail >"$tmp/does"
wait_for 60 reason_is "*status 7*"
echo "- $(line 0 reason)"
echo ask >"$tmp/does"
wait_for 60 line_is 0 up
echo hang >"$tmp/does"
wait_for 60 reason_is "*"
echo "- $(line 0 reason)"
echo ask >"$tmp/does"
wait_for 60 line_is 0 up
expect "no more than one runs" "" "$(pgrep -P "$daemon" -f "$tmp/script" | sed 1d)"
