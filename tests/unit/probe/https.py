#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""https.py CERTIFICATE - a server of HTTPS on ports of its own, one for IPv4, one for IPv6.

Prints the two ports. Answers every request with the name that TLS was asked for as the body. Ends
when its stdin does.
"""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])


def answer(client):
    asked = []
    context.sni_callback = lambda tls, name, _: asked.append(name or "nobody")
    try:
        with context.wrap_socket(client, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + asked[0].encode())
    except OSError:
        pass  # a client that does not like our certificate


def serve(listener):
    while True:
        answer(listener.accept()[0])


listeners = [socket.create_server(("127.0.0.1", 0)),
             socket.create_server(("::1", 0), family=socket.AF_INET6)]
for listener in listeners:
    threading.Thread(target=serve, args=[listener], daemon=True).start()
print(*(listener.getsockname()[1] for listener in listeners), flush=True)
sys.stdin.read()
