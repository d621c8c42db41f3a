#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""hold.py [options] ADDRESS PORT - connections to serve.py that stand and say nothing.

Opens them one after the other, each with one message, prints who answered ("NAME ADDRESS"), and
then waits in silence. One that ends prints "NAME: connection reset by peer" or what else it was
told, with the seconds since the epoch before it. SIGTERM closes all.
"""
import argparse
import os
import select
import signal
import socket
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("port", type=int)
parser.add_argument("-n", type=int, default=1, help="how many connections")
parser.add_argument("-t", type=float, default=10, help="seconds to wait for an answer")
parser.add_argument("--bind", help="source address")
parser.add_argument("--gap", type=float, default=0, help="seconds between two connections")
options = parser.parse_args()


def connect():
    family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(options.t)
    if options.bind:
        s.bind((options.bind, 0))
    s.connect((options.address, options.port))
    s.sendall(b"hold\n")
    answer = s.recv(2048).decode().rsplit(" ", 1)[0]
    print(answer, flush=True)
    return s, answer.split()[0]


def listen_to(s):
    """What ended the connection, or None."""
    try:
        return None if s.recv(2048) else "closed"
    except OSError as error:
        return os.strerror(error.errno).lower()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
held = {}
for _ in range(options.n):
    try:
        held.update([connect()])
    except OSError as error:
        print(f"error: {os.strerror(error.errno).lower() if error.errno else 'timed out'}", flush=True)
    time.sleep(options.gap)
print("held", flush=True)
while held:
    for s in select.select(list(held), [], [])[0]:
        end = listen_to(s)
        if end:
            print(f"{time.time():.3f} {held.pop(s)}: {end}", flush=True)
