#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""datagrams.py N ADDRESS PORT - N datagrams from one port to serve.py, an answer a line.

The socket is connected: an answer from another address or port does not come in.
"""
import os
import socket
import sys

count, address, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as s:
    s.settimeout(10)
    # None that others draw by lot: a gateway would take their answers for this one's a while longer.
    s.bind(("", 10000 + os.getpid() % 20000))
    s.connect((address, port))
    for _ in range(count):
        try:
            s.send(b"hello")
            print(s.recv(2048).decode().rsplit(" ", 1)[0], flush=True)
        except TimeoutError:
            print("error: timed out", flush=True)
        except OSError as error:
            print("error: " + error.strerror.lower(), flush=True)
