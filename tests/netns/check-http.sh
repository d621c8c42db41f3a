#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-http: a server that answers with the wrong status, or without the text it should have, gets
# no more new connections, and says why; it gets them again when its page is well.
. "$(dirname "$0")/lab.sh"
lab_up 1

# A page that is what the files say, on port 8080 of web1; web2 has serve.py's.
cat >"$tmp/page.py" <<'END'
import http.server, sys

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = open(sys.argv[1]).read().split(" ", 1)
        self.send_response(int(status))
        self.end_headers()
        self.wfile.write(text.encode())

http.server.HTTPServer(("", 8080), Page).serve_forever()
END
page() {
	echo "$*" >"$tmp/page.new"
	mv "$tmp/page.new" "$tmp/page"
}
page 200 all is well
start web1 python3 "$tmp/page.py" "$tmp/page" 2>>"$tmp/servers.log"
wait_for 20 n web1 curl -sf http://127.0.0.1:8080/

config "" <<'END'
services = (
  { name = "www"; listen = [ "tcp/dsl0:80" ]; scheduler = "rr";
    servers = (
      { address = "172.16.0.2:80";
        check = { kind = "http"; port = 8080; path = "/health"; match = "^all is well$";
                  fail = 2; pass = 2; }; },
      { address = "172.16.0.3:8000"; } ); }
);
END
daemon_start

# A check that came too late may have been the last one needed; the next says again why.
reason_is() {
	[ "$(server www 172.16.0.2:80 reason)" = "$1" ]
}

shares() {
	for _ in {1..8}; do
		ask inet 203.0.113.5 80
	done | tally 1
}

wait_for 20 server_is www 172.16.0.2:80 up
expect "both serve" "web1:4 web2:4" "$(shares)"
page 503 all is well
wait_for 20 server_is www 172.16.0.2:80 down
wait_for 20 reason_is "http status 503"
echo "- the reason: http status 503"
expect "one serves" "web2:8" "$(shares)"
page 200 all is well
wait_for 20 server_is www 172.16.0.2:80 up
expect "both serve again" "web1:4 web2:4" "$(shares)"
page 200 not so well
wait_for 20 server_is www 172.16.0.2:80 down
wait_for 20 reason_is "http status 200, expression does not match"
echo "- the reason: http status 200, expression does not match"
expect "one serves" "web2:8" "$(shares)"
