#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# IPsec: strongSwan at both ends brings up a tunnel by IKEv2 and carries pings in ESP, without the
# gateway's doing (so that the peers are known to work) and through a service of kind = "ipsec".
modules="xfrm_user esp4 af_key authenc cbc hmac sha256_generic aes_generic veth"
. "$(dirname "$0")/lab.sh"

# charon keeps its process id in /run, hence a /run of its own for each.
charon_start() {
	local dir=$tmp/$1

	mkdir -p "$dir"
	cat >"$dir/strongswan.conf" <<-END
		charon {
			load_modular = yes
			install_routes = yes
			plugins {
				include /etc/strongswan.d/charon/*.conf
				vici { socket = unix://$dir/vici }
			}
		}
	END
	# shellcheck disable=SC2016 # for that shell to expand
	start "$1" env STRONGSWAN_CONF="$dir/strongswan.conf" unshare --mount sh -c \
		'mount -t tmpfs run /run && exec /usr/lib/ipsec/charon' >"$dir/log" 2>&1
	wait_for 20 swan "$1" --stats # its socket is there before it answers
}

# swan HOST COMMAND...
swan() {
	n "$1" env STRONGSWAN_CONF="$tmp/$1/strongswan.conf" swanctl "${@:2}" --uri "unix://$tmp/$1/vici"
}

# peer HOST LOCAL-ID REMOTE-ADDRESS REMOTE-ID LOCAL-NET REMOTE-NET
peer() {
	cat >"$tmp/$1/swanctl.conf" <<-END
		connections {
			net {
				version = 2
				proposals = aes128-sha256-modp2048
				remote_addrs = $3
				local { auth = psk
					id = $2 }
				remote { auth = psk
					id = $4 }
				children {
					net { local_ts = $5
						remote_ts = $6
						esp_proposals = aes128-sha256 }
				}
			}
		}
		secrets {
			ike { secret = "of the laboratory" }
		}
	END
	swan "$1" --load-all --file "$tmp/$1/swanctl.conf" >"$tmp/$1/load" 2>&1 || fail "$(cat "$tmp/$1/load")"
}

# tunnel RESPONDER-ADDRESS [STATES-IN-UDP]: up, and carries
tunnel() {
	peer servers responder %any initiator 10.20.0.1/32 10.10.0.1/32
	peer clients initiator "$1" responder 10.10.0.1/32 10.20.0.1/32
	swan clients --initiate --child net >"$tmp/initiate" 2>&1 || fail "$(tail -n 20 "$tmp/initiate" "$tmp/clients/log" "$tmp/servers/log")"
	expect "pings in ESP" "5 received" \
		"$(n clients ping -c 5 -i 0.2 -W 2 -I 10.10.0.1 10.20.0.1 | grep -o '[0-9]* received')"
	expect "ESP states at the client" 2 "$(n clients ip xfrm state | grep -c 'proto esp')"
	expect "those in UDP" "${2-0}" "$(n clients ip xfrm state | { grep -c 'encap type espinudp' || true; })"
	swan clients --terminate --ike net >/dev/null
}

through_service() {
	cat >"$conf" <<-'END'
		services = ( { name = "vpn"; kind = "ipsec"; listen = [ "10.9.0.1" ];
		               servers = ( { address = "172.16.0.10"; } ); } );
	END
	"$build/src/uplinkd" --check "$conf" >"$tmp/check" 2>&1 || {
		grep -q "kind" "$tmp/check" || fail "$(cat "$tmp/check")"
		skip_part "uplinkd knows no such kind yet"
	}
	daemon_start
	tunnel 10.9.0.1 2 # its peer's address is translated
}

# The client's packets arrive unchanged, so that nobody takes to UDP because of NAT.
by_route() {
	n servers ip address add 10.9.0.2/32 dev lo
	n gw ip -batch - <<-END
		route delete local 10.9.0.0/16 dev lo
		route add 10.9.0.2 via 172.16.0.10
	END
	sed -i 's/10.9.0.1/10.9.0.2/; s/kind = /method = "route"; kind = /' "$conf"
	ctl reload
	tunnel 10.9.0.2
	expect "the association" "10.0.0.2 . 10.9.0.2" \
		"$(n gw nft list map netdev uplinkd guarded4 | grep -o '10.0.0.2 . 10.9.0.2')"
}

between
n clients ip address add 10.10.0.1/32 dev lo
n servers ip address add 10.20.0.1/32 dev lo
charon_start clients
charon_start servers
part "direct" tunnel 172.16.0.10
part "through a service" through_service
part "through a service by route" by_route
parts_end
