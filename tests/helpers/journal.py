#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""journal.py SOCKET - in place of journald: prints the entries that come in, a JSON object a line."""
import json
import socket
import sys

server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
while True:
    fields = (line.partition("=") for line in server.recv(65536).decode().splitlines())
    print(json.dumps({key: value for key, _, value in fields}), flush=True)
