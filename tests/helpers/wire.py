#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""wire.py NAME NAME - a wire between two point-to-point interfaces, as PPP would make.

Makes two tun devices (which can be moved to other namespaces) and carries packets between them
until it ends; then both are gone, as after a hang-up. Prints its process id when they exist.
"""
import fcntl
import os
import select
import struct
import sys

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


ends = [tun(name) for name in sys.argv[1:3]]
child = os.fork()
if child:
    print(child)
    sys.exit(0)
os.dup2(os.open(os.devnull, os.O_RDWR), 1)
while True:
    for end in select.select(ends, [], [])[0]:
        packet = os.read(end, 65536)
        try:
            os.write(ends[1 - ends.index(end)], packet)
        except OSError:
            pass  # that end is down: the packet is lost
