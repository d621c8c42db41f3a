#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""exchange.py udp|tcp|sctp ADDRESS PORT SIZE - sends so many bytes to serve.py in one datagram, or
in one line, and prints who answers, whom that saw, and how many bytes of ours came back.
exchange.py serve NAME PORT - the same as serve.py, for SCTP, in the foreground.
"""
import socket
import sys

KINDS = {"udp": (socket.SOCK_DGRAM, 0), "tcp": (socket.SOCK_STREAM, 0),
         "sctp": (socket.SOCK_STREAM, 132)}


def read_line(s):
    data = b""
    while not data.endswith(b"\n"):
        more = s.recv(65536)
        if not more:
            break
        data += more
    return data


def serve(name, port):
    with socket.socket(socket.AF_INET, *KINDS["sctp"]) as listener:
        listener.bind(("", port))
        listener.listen(16)
        print("listening", flush=True)
        while True:
            s, peer = listener.accept()
            with s:
                s.sendall(f"{name} {peer[0]} ".encode() + read_line(s))


def ask(kind, address, port, size):
    try:
        with socket.socket(socket.AF_INET, *KINDS[kind]) as s:
            s.settimeout(10)
            s.connect((address, port))
            s.sendall(b"x" * (size - 1) + b"\n")
            name, seen, data = read_line(s).decode().split(" ")
            print(name, seen, len(data))
    except (OSError, ValueError) as error:
        print("error:", str(error).lower())


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]))
else:
    ask(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
