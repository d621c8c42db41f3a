#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""load.py SOURCE ADDRESS PORT KBIT: so many kbit a second of UDP packets, until it is ended.

What a busy machine delayed is sent after, so that the mean is right.
"""
import socket
import sys
import time

SIZE = 1222  # bytes; 1250 with the headers: 10 kbit


def main():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind((sys.argv[1], 0))
    to = (sys.argv[2], int(sys.argv[3]))
    gap = 10 / float(sys.argv[4])
    due = time.monotonic()
    while True:
        sender.sendto(bytes(SIZE), to)
        due += gap
        time.sleep(max(0, due - time.monotonic()))


main()
