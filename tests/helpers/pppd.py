#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""pppd.py SOCKET INTERFACE FIFO - what pppd's plugin tells: a message a line of KEY=VALUE words.

_ stands for a blank in a value. It lives until nobody writes to the FIFO any more, as the process
that has the session.
"""
import os
import socket
import sys

sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for line in open(sys.argv[3]):
    words = ["interface=" + sys.argv[2], "pid=" + str(os.getpid())]
    words += [word.replace("_", " ") for word in line.split()]
    sender.sendto("".join(word + "\n" for word in words).encode(), sys.argv[1])
