#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""ftp.py serve NAME PORT | ftp.py ask ADDRESS PORT MODE - enough FTP to need a helper.

The server answers any data connection with "NAME ADDRESS", the client's as it sees it, and writes
"listening" once it listens. MODE is port, pasv, eprt or epsv (RFC 959, RFC 2428); the client prints
what it was sent.
"""
import re
import socket
import sys
import threading


def commands(stream):
    for line in stream:
        word, _, rest = line.strip().partition(" ")
        yield word.upper(), rest


def six(address, port):
    return address.replace(".", ",") + f",{port >> 8},{port & 255}"


def from_six(text):
    parts = re.search(r"(\d+,){5}\d+", text)[0].split(",")
    return ".".join(parts[:4]), int(parts[4]) * 256 + int(parts[5])


class Session(threading.Thread):
    def __init__(self, control, name):
        super().__init__(daemon=True)
        self.control, self.name = control, name
        self.stream = control.makefile("rw", newline="\r\n")
        self.data = None

    def say(self, text):
        self.stream.write(text + "\n")
        self.stream.flush()

    def passive(self, extended):
        listener = socket.create_server((self.control.getsockname()[0], 0), family=self.control.family)
        host, port = listener.getsockname()[:2]
        self.data = lambda: listener.accept()[0]
        self.say(f"229 Entering (|||{port}|)" if extended else f"227 Entering ({six(host, port)})")

    def active(self, address):
        source = (self.control.getsockname()[0], 0)
        self.data = lambda: socket.create_connection(address, 5, source)
        self.say("200 fine")

    def run(self):
        self.say("220 " + self.name)
        for word, rest in commands(self.stream):
            if word in ("PASV", "EPSV"):
                self.passive(word == "EPSV")
            elif word == "PORT":
                self.active(from_six(rest))
            elif word == "EPRT":
                self.active((rest.split("|")[2], int(rest.split("|")[3])))
            elif word == "LIST":
                self.send()
            else:
                self.say("200 fine")

    def send(self):
        self.say("150 here it comes")
        with self.data() as data:
            data.sendall(f"{self.name} {data.getpeername()[0]}\n".encode())
        self.say("226 done")


def serve(name, port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=False)
    plain = socket.create_server(("0.0.0.0", port))
    print("listening", flush=True)
    threading.Thread(target=accept, args=(plain, name), daemon=True).start()
    accept(listener, name)


def accept(listener, name):
    while True:
        Session(listener.accept()[0], name).start()


def ask(address, port, mode):
    control = socket.create_connection((address, port), 5)
    stream = control.makefile("rw", newline="\r\n")
    host = control.getsockname()[0]

    def say(text):
        stream.write(text + "\n")
        stream.flush()
        return stream.readline()

    stream.readline()
    if mode in ("pasv", "epsv"):
        answer = say(mode.upper())
        if mode == "pasv":
            target = from_six(answer)
        else:
            target = address, int(re.search(r"\|\|\|(\d+)\|", answer)[1])
        data = socket.create_connection(target, 5)
        say("LIST")
    else:
        listener = socket.create_server((host, 0), family=control.family)
        listener.settimeout(5)
        number = listener.getsockname()[1]
        say("PORT " + six(host, number) if mode == "port" else
            f"EPRT |{2 if ':' in host else 1}|{host}|{number}|")
        say("LIST")
        data = listener.accept()[0]
    print(data.makefile().read().strip(), flush=True)


try:
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        ask(sys.argv[2], int(sys.argv[3]), sys.argv[4])
except OSError as error:
    print("error: " + str(error.strerror or error).lower(), flush=True)
