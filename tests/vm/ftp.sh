#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# FTP, whose data connections are agreed upon within the control connection: vsftpd asked by curl in
# each of the four ways, without a gateway's doing (so that the peers are known to work) and through
# a service with helper = "ftp".
modules="nf_conntrack_ftp nf_nat_ftp veth"
. "$(dirname "$0")/lab.sh"

# vsftpd is started with "secure" files owned by root, and serves its own directory.
ftp_server() {
	mkdir -p "$tmp/ftp/empty"
	head -c 100000 /dev/urandom >"$tmp/ftp/file"
	chmod -R a+rX,go-w "$tmp/ftp"
	cat >"$tmp/vsftpd.conf" <<-END
		listen=YES
		listen_address=172.16.0.10
		background=NO
		anonymous_enable=YES
		no_anon_password=YES
		anon_root=$tmp/ftp
		secure_chroot_dir=$tmp/ftp/empty
		port_enable=YES
		connect_from_port_20=YES
		pasv_min_port=40000
		pasv_max_port=40010
		xferlog_enable=NO
		seccomp_sandbox=NO
	END
	start servers vsftpd "$tmp/vsftpd.conf" >"$tmp/servers.log" 2>&1
	wait_for 10 n servers sh -c 'ss -Hltn "sport = 21" | grep -q .'
}

# fetch ADDRESS [OPTION-OF-CURL...]: the file, whole
fetch() {
	timeout 30 nsenter --net="/run/netns/$lab-clients" curl -sS --max-time 20 "${@:2}" \
		-o "$tmp/fetched" "ftp://$1/file" || fail "curl ${*:2}"
	cmp "$tmp/ftp/file" "$tmp/fetched"
	rm "$tmp/fetched"
}

# ways ADDRESS WHAT: all four
ways() {
	part "EPSV $2" fetch "$1"
	part "PASV $2" fetch "$1" --disable-epsv
	part "EPRT $2" fetch "$1" --ftp-port -
	part "PORT $2" fetch "$1" --ftp-port - --disable-eprt
}

through_service() {
	cat >"$conf" <<-'END'
		services = ( { name = "ftp"; listen = [ "tcp/10.9.0.1:21" ]; helper = "ftp";
		               servers = ( { address = "172.16.0.10:21"; } ); } );
	END
	"$build/src/uplinkd" --check "$conf" >"$tmp/check" 2>&1 || {
		grep -q "helper" "$tmp/check" || fail "$(cat "$tmp/check")"
		echo "skip service: uplinkd knows no helper yet"
		return
	}
	daemon_start
	ways 10.9.0.1 "through a service"
}

between
# The way back of active data connections is the server's own doing; no one else translates.
ftp_server
ways 172.16.0.10 "direct"
through_service
parts_end
