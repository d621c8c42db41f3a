#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The schedulers for caches, which go by destination: one service, known by a mark, takes the
# connections to 200 addresses, and each address keeps to its server as with kernel IPVS.
. "$(dirname "$0")/yardstick.sh"

# Marks must leave alone the bits of uplinkd's own.
mark() {
	echo $((service << 16))
}

ipvs_service() {
	local server

	{
		echo "-A -f $(mark) -s $1"
		for server in "${servers[@]}"; do
			echo "-a -f $(mark) -r ${server%:*} -m -w ${server#*=}"
		done
	} | n gw ipvsadm -R
}

write_config() {
	local listen=tcp/$address:80 server separator=

	[ "$service" = 0 ] || listen=mark/$(mark)
	{
		echo "services = ( { name = \"s$service\"; listen = [ \"$listen\" ]; scheduler = \"$1\"; servers = ("
		for server in "${servers[@]}"; do
			printf '%s  { address = "%s"; weight = %s; }' "$separator" "${server%:*}" "${server#*=}"
			separator=$',\n'
		done
		echo "); } );"
	} >"$conf"
}

mark_destinations() {
	n gw nft -f - <<-END
		table ip destinations {
			chain prerouting {
				type filter hook prerouting priority mangle - 10
				tcp dport 80 meta mark set ip daddr map @marks
			}
			map marks {
				type ipv4_addr : mark
				flags interval
				elements = { $(for i in {1..9}; do printf '10.9.%d.0/24 : %d, ' "$i" $((i << 16)); done) }
			}
		}
	END
}

# unfaithful NAME: destinations that were not always with one server
unfaithful() {
	awk '!seen[$2, $3]++ { servers[$2]++ } END { for (d in servers) n += servers[d] > 1; print n + 0 }' \
		"$tmp/$1.log"
}

# destinations NAME: how many there are at each server
destinations() {
	awk '!seen[$2, $3]++ { n[$3]++ } END { for (s in n) print s, n[s] }' "$tmp/$1.log" | sort |
		awk '{ print $2 }' | paste -sd' '
}

# by_destination SCHEDULER MOST [OPTION-OF-CROWD...]: MOST percent is the largest difference of a share
by_destination() {
	local percent

	address=10.9.$service.1
	ipvs_service "$1"
	come ipvs --destinations 200 --log "$tmp/ipvs.log" "${@:3}"
	n gw ipvsadm -C
	our_service "$1"
	come ours --destinations 200 --log "$tmp/ours.log" "${@:3}"
	percent=$(awk -v d="$(difference)" -v n="$count" 'BEGIN { printf "%.1f", 100 * d / n }')
	tell "$1" "largest difference of a share $percent %"
	echo "- destinations of each server: IPVS $(destinations ipvs), uplinkd $(destinations ours)"
	echo "- destinations with more than one server: IPVS $(unfaithful ipvs), uplinkd $(unfaithful ours)"
	[ "$(unfaithful ours)" -le "$(unfaithful ipvs)" ] || fail "destinations do not keep to a server"
	awk -v p="$percent" -v most="$2" 'BEGIN { exit p > most }'
}

# 200 destinations fall into 256 buckets as two hashes have it, and 4 deviations of that are 10 %.
yardstick_up
mark_destinations
case_of 5
try "dh" by_destination dh 10
weigh "weight * 100"
try "lblc, none overloaded" by_destination lblc 5 --rate "$rate"
try "lblcr, none overloaded" by_destination lblcr 5 --rate "$rate"
parts_end
