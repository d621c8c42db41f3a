#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The example hooks, as they are shipped. dyndns tells a server of HTTPS each line's address, over
# that line, with name and password, and again when it has changed or the line is back; what the
# server has against it is in the log. mail tells of lines that go down or come back, not of those
# that start.
. "$(dirname "$0")/lab.sh"
lab_up 2

certificate=$top/tests/unit/probe/server.pem # of www.example, with its key
cat >"$tmp/update.py" <<'END'
import base64, http.server, ssl, sys


class Update(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        who = base64.b64decode(self.headers.get("Authorization", "Basic ").split()[1]).decode()
        print(self.client_address[0], who, self.path, flush=True)
        known = who == 'me:top "sec\\ret'
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"good\n" if known else b"badauth\n")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer((sys.argv[1], 8443), Update)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[2])
server.socket = tls.wrap_socket(server.socket, server_side=True)
print("serves", flush=True)
server.serve_forever()
END
start inet python3 "$tmp/update.py" $inet4 "$certificate" >"$tmp/updates" 2>>"$tmp/servers.log"
wait_for 20 grep -q serves "$tmp/updates"

cat >"$tmp/dyndns" <<END
dsl0 a.example.net www.example me top "sec\\ret
dsl1 b.example.net www.example me wrong
END
# Where curl finds that name here, and whom it trusts.
cat >"$tmp/.curlrc" <<END
connect-to = "::$inet4:8443"
cacert = "$certificate"
END
mkdir "$tmp/bin"
cat >"$tmp/bin/mail" <<END
#!/bin/sh
echo "\$*" >>"$tmp/mails"
cat >>"$tmp/mail.bodies"
END
chmod 755 "$tmp/bin/mail"
hook 50-dyndns <<<"CURL_HOME='$tmp' DYNDNS_FILE='$tmp/dyndns' exec '$top/examples/hooks.d/50-dyndns'"
hook 60-mail <<<"PATH='$tmp/bin':\$PATH MAILTO=admin exec '$top/examples/hooks.d/60-mail'"

# told SOURCE WHO QUERY: how often the server was
told() {
	grep -cxF "$1 $2 /nic/update?$3" "$tmp/updates" || true
}
told_is() {
	[ "$(told "${@:2}")" = "$1" ]
}

config "" "" <<<''
daemon_start
wait_for 20 told_is 1 "${address4[0]}" 'me:top "sec\ret' "hostname=a.example.net&myip=${address4[0]}"
wait_for 20 told_is 1 "${address4[1]}" me:wrong "hostname=b.example.net&myip=${address4[1]}"
echo "- each line by itself, by its name"
wait_for 20 grep -q "hook 50-dyndns (uplink dsl0): a.example.net: good" "$log"
wait_for 20 grep -q "hook 50-dyndns (uplink dsl1): exit status 22" "$log"
expect "what the server says is in the log" 1 "$(grep -c "hook 50-dyndns (uplink dsl1): curl: .* 401" "$log")"
check "no mail of what starts" test ! -e "$tmp/mails"

provider_gives 0 203.0.113.9
n gw ip address delete "${address4[0]}/24" dev dsl0
n gw ip address add 203.0.113.9/24 dev dsl0
provider_takes_back 0 "${address4[0]}"
wait_for 20 told_is 1 203.0.113.9 'me:top "sec\ret' "hostname=a.example.net&myip=203.0.113.9"
echo "- another address"

line_cut 0
wait_for 20 grep -q "uplink dsl0: .*-> down" "$tmp/mails"
line_mend 0
wait_for 20 told_is 2 203.0.113.9 'me:top "sec\ret' "hostname=a.example.net&myip=203.0.113.9"
wait_for 20 grep -q "uplink dsl0: .*-> up" "$tmp/mails"
echo "- back, and told again"
expect "both mails" 2 "$(wc -l <"$tmp/mails")"
expect_match "the first" "-s *: uplink dsl0: *no carrier* admin" "$(head -n 1 "$tmp/mails")"
check "with all there is to know" grep -q ^UPLINKD_OLD_STATE=up "$tmp/mail.bodies"
