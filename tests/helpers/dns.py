#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""dns.py serve ADDRESS...   - answers every question for an A or AAAA with the asker's address
dns.py ask [-t TIMEOUT] SERVER - asks one such question and prints the answer, or "error: ..."

Serving it goes to the background once it can be asked.
"""
import argparse
import os
import select
import socket
import struct
import sys

QUESTION = bytes([1]) + b"q" + bytes([7]) + b"example" + bytes([0])
TYPES = {socket.AF_INET: 1, socket.AF_INET6: 28}


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def answer(message, family, source):
    """The question again, and the source if that is what was asked for."""
    end = message.index(0, 12) + 5
    asked = struct.unpack("!H", message[end - 4:end - 2])[0]
    known = asked == TYPES[family]
    header = message[:2] + struct.pack("!HHHHH", 0x8180, 1, known, 0, 0)
    data = socket.inet_pton(family, source)
    record = struct.pack("!HHHIH", 0xC00C, asked, 1, 0, len(data)) + data
    return header + message[12:end] + (record if known else b"")


def serve(addresses):
    sockets = {}
    for address in addresses:
        s = socket.socket(family_of(address), socket.SOCK_DGRAM)
        s.bind((address, 53))
        sockets[s] = family_of(address)
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    while True:
        for s in select.select(list(sockets), [], [])[0]:
            message, source = s.recvfrom(2048)
            s.sendto(answer(message, sockets[s], source[0]), source)


def ask(server, timeout):
    family = family_of(server)
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(timeout)
    question = struct.pack("!HHHHHH", os.getpid() & 0xFFFF, 0x100, 1, 0, 0, 0) + QUESTION
    try:
        s.connect((server, 53))
        s.send(question + struct.pack("!HH", TYPES[family], 1))
        size = 16 if family == socket.AF_INET6 else 4
        print(socket.inet_ntop(family, s.recv(2048)[-size:]))
    except OSError as error:
        print("error:", os.strerror(error.errno).lower() if error.errno else "timed out")


parser = argparse.ArgumentParser()
parser.add_argument("what", choices=["serve", "ask"])
parser.add_argument("addresses", nargs="+")
parser.add_argument("-t", type=float, default=10)
options = parser.parse_args()
if options.what == "serve":
    serve(options.addresses)
else:
    ask(options.addresses[0], options.t)
sys.exit(0)
