#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""ask.py [options] ADDRESS PORT - short connections to serve.py, an answer a line.

A failure is a line too: "error: connection refused". With -n 0 it asks until SIGTERM.
"""
import argparse
import collections
import errno
import os
import signal
import socket
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("port", type=int)
parser.add_argument("-n", type=int, default=1, help="how many connections (0: until SIGTERM)")
parser.add_argument("-w", type=int, default=1, help="how many at a time")
parser.add_argument("-u", action="store_true", help="UDP")
parser.add_argument("-t", type=float, default=10, help="seconds to wait for an answer")
parser.add_argument("--connect", type=float, help="seconds to wait for a connection")
parser.add_argument("--gap", type=float, default=0, help="seconds between two connections")
parser.add_argument("--bind", help="source address")
parser.add_argument("--port", dest="source", type=int, default=0, help="source port, each time")
parser.add_argument("--device", help="bind to this interface")
parser.add_argument("--mark", type=lambda text: int(text, 0), help="the socket's mark")
parser.add_argument("--tos", type=lambda text: int(text, 0), help="type of service byte")
options = parser.parse_args()

family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
lock = threading.Lock()
kept = collections.deque(maxlen=200)
asked = 0
stopped = False


def stop(*_):
    global stopped
    stopped = True


def prepare(s):
    s.settimeout(options.connect or options.t)
    if options.mark is not None:
        s.setsockopt(socket.SOL_SOCKET, 36, options.mark)  # SO_MARK
    if options.device:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options.device.encode())
    if options.tos is not None and family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options.tos)
    elif options.tos is not None:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, options.tos)
    if options.source:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if options.bind or options.source:
        s.bind((options.bind or "", options.source))


def connect(s):
    """From a given port as soon as the connection before has had its last acknowledgement."""
    deadline = time.monotonic() + options.t
    while True:
        try:
            return s.connect((options.address, options.port))
        except OSError as error:
            if not options.source or error.errno != errno.EADDRNOTAVAIL or time.monotonic() > deadline:
                raise
        time.sleep(0.001)


def ask():
    kind = socket.SOCK_DGRAM if options.u else socket.SOCK_STREAM
    try:
        with socket.socket(family, kind) as s:
            prepare(s)
            connect(s)
            s.settimeout(options.t)
            if options.u and not options.source:
                # Ports are drawn by lot, and one that is drawn twice is the same flow again.
                kept.append(s.dup())
            if options.u:
                s.send(b"hello")
                return s.recv(2048).decode().rsplit(" ", 1)[0]
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: s.recv(4096), b""))
            return answer.decode().partition("\r\n\r\n")[2].strip() or "error: empty answer"
    except TimeoutError:
        return "error: timed out"
    except OSError as error:
        if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES):
            return "error: unreachable"
        return "error: " + os.strerror(error.errno).lower()


def next_turn():
    global asked
    with lock:
        asked += 1
        return not stopped and (options.n == 0 or asked <= options.n)


def work():
    while next_turn():
        answer = ask()
        with lock:
            print(answer, flush=True)
        time.sleep(options.gap)


signal.signal(signal.SIGTERM, stop)
workers = [threading.Thread(target=work) for _ in range(options.w)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
