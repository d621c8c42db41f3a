#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# check-kinds: every kind of check finds a server well, finds it gone when its cable is pulled, and
# well again. An agent that cannot be asked leaves its last word standing; what it says counts at once.
. "$(dirname "$0")/lab.sh"
lab_up 1

# An agent on port 9000 of web1 that says what the file says.
cat >"$tmp/agent.py" <<'END'
import socket, sys

listener = socket.create_server(("", 9000))
while True:
    client = listener.accept()[0]
    client.sendall(open(sys.argv[1], "rb").read())
    client.close()
END
agent() {
	echo "$*" >"$tmp/agent.new"
	mv "$tmp/agent.new" "$tmp/agent"
}
agent up
start web1 python3 "$tmp/agent.py" "$tmp/agent" 2>>"$tmp/servers.log"

cat >"$tmp/check.sh" <<'END'
#!/bin/bash
exec 3<>"/dev/tcp/$1/$2"
END
chmod 755 "$tmp/check.sh"

# service NAME PORT CHECK
service() {
	echo "{ name = \"$1\"; listen = [ \"tcp/dsl0:$2\" ]; servers = ( { address = \"172.16.0.3:8000\";"
	echo "check = { $3 interval = \"1s\"; fail = 2; pass = 2; }; } ); },"
}

config "" < <(
	echo 'services = ('
	service tcp 81 'kind = "tcp";'
	service http 82 'kind = "http";'
	service icmp 83 'kind = "icmp";'
	service udp 84 'kind = "udp"; send = "hello\\n"; expect = "web2 172.16.0.1";'
	service script 85 "kind = \"script\"; path = \"$tmp/check.sh\";"
	echo '{ name = "agent"; listen = [ "tcp/dsl0:86" ]; scheduler = "wrr"; servers = (
		{ address = "172.16.0.2:80"; weight = 4; agent = { port = 9000; interval = "200ms"; }; },
		{ address = "172.16.0.3:8000"; weight = 4; } ); }'
	echo ');'
)
daemon_start

# states_are STATE: all of the five
states_are() {
	[ "$(ctl status --json | jq -r '[.services[:5][].servers[0].state] | unique | join(" ")')" = "$1" ]
}

agent_is() {
	[ "$(ctl status --json | jq -r '.services[5].servers[0].state')" = "$1" ]
}

shares() {
	for _ in {1..12}; do
		ask inet 203.0.113.5 86
	done | tally 1
}

wait_for 20 states_are up
n lan ip link set web2 down
wait_for 20 states_are down
ctl status --json | jq -r '.services[:5][] | "- \(.name): \(.servers[0].reason)"'
n lan ip link set web2 up
wait_for 20 states_are up

agent 'down # disk full'
wait_for 20 agent_is down
expect "an agent says down" "web2:12" "$(shares)"
agent 'up 50%'
wait_for 20 agent_is up
expect "an agent asks for half" "web1:4 web2:8" "$(shares)"
