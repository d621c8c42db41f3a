#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""again.py tcp|udp ADDRESS PORT [SOURCE-PORT] - somebody who does not give up.

tcp: holds a connection to serve.py, and opens another one the moment it ends. udp: a message every
20 ms from one socket that is connected to nobody, like a telephone or a tunnel. Prints who answers
and which source address that server sees, at first and at every change (udp) or with every
connection (tcp), and "ended: WHY", each with the seconds since the epoch; until SIGTERM.
"""
import os
import select
import signal
import socket
import sys
import time

protocol, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
source = int(sys.argv[4]) if len(sys.argv) > 4 else 0
family = socket.AF_INET6 if ":" in address else socket.AF_INET
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def say(text):
    print(f"{time.time():.3f} {text}", flush=True)


def connect():
    """One connection, from its beginning to its end."""
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(10)
        s.connect((address, port))
        s.sendall(b"hello\n")
        name, seen, _ = s.recv(2048).decode().split()
        say(f"{name} sees {seen}")
        s.settimeout(None)
        s.recv(2048)
        raise ConnectionAbortedError(103, "")


def stand():
    while True:
        try:
            connect()
        except OSError as error:
            say("ended: " + (os.strerror(error.errno).lower() if error.errno else "timed out"))


def talk():
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(("", source))
    s.setblocking(False)
    last, due = None, time.monotonic()
    while True:
        try:
            s.sendto(b"hello\n", (address, port))
        except OSError:
            pass  # no way just now; the next one may go
        due += 0.02
        while (left := due - time.monotonic()) > 0:
            if not select.select([s], [], [], left)[0]:
                break
            try:
                who = s.recv(2048).decode().split()[:2]
            except OSError:
                continue  # an ICMP error, of one message
            if who != last:
                last = who
                say(f"{who[0]} sees {who[1]}")


stand() if protocol == "tcp" else talk()
