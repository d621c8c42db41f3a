#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""say.py http|line|dns PORT FILE - a server that says what the file says at that moment.

http answers every request with the file as the whole response; line sends it and closes; dns
answers every question with the address that the file holds, and with a failure when it is empty.
"""
import socket
import sys
import threading

kind, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def text():
    with open(path, "rb") as file:
        return file.read()


def talk(connection):
    connection.settimeout(30)
    if kind == "http":
        request = b""
        while b"\r\n\r\n" not in request:
            more = connection.recv(4096)
            if not more:
                return  # who was stopped in the midst of asking
            request += more
    connection.sendall(text())
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(4096):
        pass


def serve(connection):
    with connection:
        try:
            talk(connection)
        except OSError:
            pass


def streams():
    server = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()


def answer(question):
    address = text().strip().decode()
    name_end = question.index(b"\0", 12) + 5
    code = 0 if address else 2  # no error, or a failure of the server
    head = question[:2] + bytes([0x84, code, 0, 1, 0, 1 if address else 0, 0, 0, 0, 0])
    record = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(address) if address else b""
    return head + question[12:name_end] + record


def datagrams():
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("", port))
    while True:
        question, client = server.recvfrom(2048)
        server.sendto(answer(question), client)


datagrams() if kind == "dns" else streams()
