# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154 # lab.sh has the variables
#
# Kernel IPVS as the yardstick, to be sourced: the same clients come, and go, at the same times
# through IPVS, set up by ipvsadm, and through uplinkd, on the same kernel. Its time goes by the
# instructions that it takes, so that the load of this machine is no part of the result.

modules="ip_vs nf_conntrack ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_dh ip_vs_sh ip_vs_sed ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh"
boot_options="--steady --seconds 560"
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

seed=${SEED:-1}
service=0 # number of the virtual address, 10.9.NUMBER.1
count=1000
# shellcheck disable=SC2034 # for those who source this
rate=200 # a second
RANDOM=$seed

# case_of N: that many servers, of weights 1 to 10
case_of() {
	local i

	servers=()
	for ((i = 0; i < $1; i++)); do
		servers+=("172.16.0.$((10 + i)):80=$((RANDOM % 10 + 1))")
	done
}

# weigh EXPRESSION: gives each server another weight, of $weight
weigh() {
	local i weight

	for i in "${!servers[@]}"; do
		# shellcheck disable=SC2034 # in the expression
		weight=${servers[i]#*=}
		servers[i]=${servers[i]%=*}=$(($1))
	done
}

weights() {
	echo "${servers[*]#*=}"
}

# The scheduler changes when all servers are there: IPVS would start in the midst of a cycle, which
# depends on the order in which they were added.
ipvs_service() {
	local server other=rr

	[ "$1" != rr ] || other=wrr
	{
		echo "-A -t $address:80 -s $other"
		for server in "${servers[@]}"; do
			echo "-a -t $address:80 -r ${server%=*} -m -w ${server#*=}"
		done
		echo "-E -t $address:80 -s $1"
	} | n gw ipvsadm -R
}

our_service() {
	write_config "$1"
	ctl reload >"$tmp/reload" 2>&1 || fail "reload: $(cat "$tmp/reload")"
}

write_config() {
	local server separator=

	{
		echo "services = ( { name = \"s$service\"; listen = [ \"tcp/$address:80\" ]; scheduler = \"$1\"; servers = ("
		for server in "${servers[@]}"; do
			printf '%s  { address = "%s"; weight = %s; }' "$separator" "${server%=*}" "${server#*=}"
			separator=$',\n'
		done
		echo "); } );"
	} >"$conf"
}

# come NAME [OPTION-OF-CROWD...]: the clients, at $address; what was said is in $tmp/NAME
come() {
	"$crowd" --seed "$seed" --count "$count" "${@:2}" "$lab-clients" "$lab-servers" "$address:80" \
		"${servers[@]}" >"$tmp/$1" || fail "not all came through $1: $(paste -sd' ' "$tmp/$1")"
	n gw conntrack -F 2>/dev/null
}

# both SCHEDULER [OPTION-OF-CROWD...]
both() {
	address=10.9.$service.1
	ipvs_service "$1"
	come ipvs "${@:2}"
	n gw ipvsadm -C
	our_service "$1"
	come ours "${@:2}"
}

# taken NAME: connections of each server
taken() {
	awk '$1 == "server" { print $4 }' "$tmp/$1"
}

# difference: the largest, in connections of a server
difference() {
	paste <(taken ipvs) <(taken ours) |
		awk '{ d = $1 > $2 ? $1 - $2 : $2 - $1; if (d > most) most = d } END { print most + 0 }'
}

late() {
	awk '/^late/ { print $2 }' "$tmp/ipvs" "$tmp/ours" | paste -sd/
}

# tell SCHEDULER WHAT...
tell() {
	echo "- $1, weights $(weights): IPVS $(taken ipvs | paste -sd' '), uplinkd $(taken ours | paste -sd' ');" \
		"${*:2}, late by at most $(late) ms"
}

# try NAME COMMAND...: a part, on an address of its own
try() {
	service=$((service + 1))
	part "$@"
}

# yardstick_up: the gateway, with uplinkd running. A kernel with so little memory would track only
# some 7,000 connections.
yardstick_up() {
	echo 65536 >/proc/sys/net/netfilter/nf_conntrack_max
	between
	case_of 2
	address=10.9.0.1
	write_config rr
	daemon_start
}
