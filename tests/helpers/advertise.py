#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""advertise.py INTERFACE LIFETIME [PREFIX PREFERRED]... - one router advertisement.

LIFETIME is the router's, in seconds (0: no longer a default router); each /64 PREFIX is for
autoconfiguration, with a preferred lifetime (0: deprecated) and a valid one of an hour.
"""
import socket
import struct
import sys

interface, lifetime = sys.argv[1], int(sys.argv[2])
prefixes = zip(sys.argv[3::2], sys.argv[4::2])
message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, lifetime, 0, 0)
for prefix, preferred in prefixes:
    message += struct.pack("!BBBBIII16s", 3, 4, 64, 0xC0, 3600, int(preferred), 0,
                           socket.inet_pton(socket.AF_INET6, prefix))
with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as s:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    s.sendto(message, ("ff02::1", 0, 0, socket.if_nametoindex(interface)))
