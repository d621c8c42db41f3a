#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""serve.py NAME PORT... - a server that tells whom it sees.

Listens on TCP and UDP, IPv4 and IPv6. "GET ..." is answered by an HTTP response with the body
"NAME ADDRESS"; any other line or datagram by "NAME ADDRESS LINE", as often as one comes. Goes into
the background once it listens, so that the caller need not wait for it.
"""
import os
import socket
import socketserver
import sys

name = sys.argv[1].encode()


def plain(address):
    return address[0].removeprefix("::ffff:").encode()


class Stream(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            self.talk()
        except ConnectionError:
            pass

    def talk(self):
        answer = name + b" " + plain(self.client_address)
        for line in self.rfile:
            if not line.startswith(b"GET "):
                self.wfile.write(answer + b" " + line)
                continue
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + answer + b"\n")
            return


class Datagram(socketserver.BaseRequestHandler):
    """Answers from the address that was asked, which need not be the one the route would choose."""

    def handle(self):
        data, asked = self.request
        answer = name + b" " + plain(self.client_address) + b" " + data
        self.server.socket.sendmsg([answer], asked, 0, self.client_address)


class DualStack:
    address_family = socket.AF_INET6
    allow_reuse_address = True
    request_queue_size = 512
    daemon_threads = True

    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class Streams(DualStack, socketserver.ThreadingTCPServer):
    pass


class Datagrams(DualStack, socketserver.UDPServer):
    def server_bind(self):
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        super().server_bind()

    def get_request(self):
        data, asked, _, client = self.socket.recvmsg(65535, 128)
        return (data, [(level, kind, info[:16] + bytes(4)) for level, kind, info in asked]), client


servers = [kind(("::", int(port)), handler) for port in sys.argv[2:]
           for kind, handler in ((Streams, Stream), (Datagrams, Datagram))]
if os.fork():
    sys.exit(0)
os.dup2(os.open(os.devnull, os.O_RDWR), 1)

import threading  # noqa: E402 - threads do not survive the fork

for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
servers[0].serve_forever()
