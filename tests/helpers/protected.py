#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""protected.py serve NAME ADDRESS... [silent] - IPsec as seen from outside.
protected.py ask ADDRESS WHAT SOURCE [SECONDS]

The server answers ESP, AH, UDP 500 and UDP 4500 with "NAME" behind as much of a header as the
protocol has; a silent one hears key exchanges and says nothing. WHAT is ike, ike-done (with the
responder's SPI), nat, esp or ah; the client prints who answered, or the ICMP error, or "silence".
"""
import select
import socket
import struct
import sys

PORTS = {"ike": 500, "ike-done": 500, "nat": 4500}
PROTOCOLS = {"esp": 50, "ah": 51}
HEADERS = {
    "ike": b"initiate" + bytes(8) + bytes(12),
    "ike-done": b"initiate" + b"responds" + bytes(12),
    "nat": bytes(4) + b"initiate" + b"responds" + bytes(12),
    "esp": struct.pack("!II", 0x1001, 1),
    "ah": struct.pack("!BBHIII", 59, 1, 0, 0x1002, 1, 0),
}


def bodies(data, raw4):
    return data[(data[0] & 15) * 4:] if raw4 else data


def bind(s, address, port):
    # Also to an address that is still being tried: IPV6_FREEBIND, IP_FREEBIND.
    if s.family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, 78, 1)
    else:
        s.setsockopt(socket.IPPROTO_IP, 15, 1)
    s.bind((address, port))


def listen(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for protocol in PROTOCOLS.values():
        s = socket.socket(family, socket.SOCK_RAW, protocol)
        bind(s, address, 0)
        yield s, protocol
    for port in (500, 4500):
        s = socket.socket(family, socket.SOCK_DGRAM)
        bind(s, address, port)
        yield s, port


def serve(name, addresses, silent):
    sockets = {s: what for address in addresses for s, what in listen(address)}
    print("listening", flush=True)
    while True:
        for s in select.select(list(sockets), [], [])[0]:
            answer(s, sockets[s], name, silent)


def answer(s, what, name, silent):
    data, client = s.recvfrom(4096)
    raw = what in PROTOCOLS.values()
    body = bodies(data, raw and s.family == socket.AF_INET)
    # A raw socket also hears what it sent to itself through a loop; answers end with a mark.
    if body.endswith(b"!") or (silent and not raw):
        return
    header = 8 if what == 50 else 16 if what == 51 else len(body)
    s.sendto(body[:header] + name.encode() + b"!", client)


def ask(address, what, source, seconds=10):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    raw = what in PROTOCOLS
    kind = (socket.SOCK_RAW, PROTOCOLS[what]) if raw else (socket.SOCK_DGRAM,)
    with socket.socket(family, *kind) as s:
        if family == socket.AF_INET:
            s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        else:
            s.setsockopt(socket.IPPROTO_IPV6, 25, 1)  # IPV6_RECVERR
        s.settimeout(float(seconds))
        s.bind((source, 0))
        s.connect((address, PORTS.get(what, 0)))
        s.send(HEADERS[what])
        try:
            data = bodies(s.recv(4096), raw and family == socket.AF_INET)
            return data[len(HEADERS[what]):-1].decode()
        except TimeoutError:
            return "silence"
        except OSError as error:
            return "error: " + error.strerror.lower()


if sys.argv[1] == "serve":
    serve(sys.argv[2], [a for a in sys.argv[3:] if a != "silent"], "silent" in sys.argv)
else:
    print(ask(*sys.argv[2:6]))
