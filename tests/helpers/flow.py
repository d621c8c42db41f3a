#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0-or-later
"""flow.py tcp|udp ADDRESS PORT - one long conversation with serve.py, a message every 20 ms.

Prints who answers and which source address that server sees, at first and at every change, with
the seconds since the epoch; then, on SIGTERM or when the connection breaks, one line of totals:
  1700000000.123 inet sees 203.0.113.5
  1700000003.456 broken: connection reset by peer
  sent 150 answered 148 longest-silence-ms 61
"""
import os
import select
import signal
import socket
import sys
import time

INTERVAL = 0.02
LINGER = {"tcp": 15, "udp": 2}  # at most, for what is still to come: TCP sends again
protocol, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Flow:
    def __init__(self):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(family, kind)
        self.socket.settimeout(15)
        self.socket.connect((address, port))
        self.socket.setblocking(False)
        self.stopped = False
        self.sent = self.silence = 0
        self.answered = set()
        self.seen, self.rest = None, b""
        self.last_answer = time.monotonic()

    def stop(self, *_):
        self.stopped = True

    def say(self, text):
        print(f"{time.time():.3f} {text}", flush=True)

    def send(self):
        self.sent += 1
        try:
            self.socket.send(b"%d\n" % self.sent)
        except BlockingIOError:
            pass
        except OSError:
            if protocol == "tcp":
                raise

    def heard(self, line):
        name, source, number = line.decode().split()
        now = time.monotonic()
        self.silence = max(self.silence, now - self.last_answer)
        self.last_answer = now
        self.answered.add(int(number))
        if (name, source) != self.seen:
            self.seen = (name, source)
            self.say(f"{name} sees {source}")

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except (BlockingIOError, OSError) as error:
            # An ICMP error on a UDP socket is news of one datagram, not the end of the flow.
            if protocol == "tcp" and not isinstance(error, BlockingIOError):
                raise
            return
        if not data and protocol == "tcp":
            raise ConnectionAbortedError(103, "")
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.heard(line)

    def receive_until(self, deadline, enough=lambda: False):
        while not enough() and (left := deadline - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                self.receive()

    def run(self):
        due = time.monotonic()
        while not self.stopped:
            self.send()
            # What a standstill held up is not made up for: all at once it would overflow the server.
            due = max(due + INTERVAL, time.monotonic())
            self.receive_until(due)
        # In turns: a machine that stands still takes the time of one of them.
        for _ in range(round(LINGER[protocol] / INTERVAL)):
            self.receive_until(time.monotonic() + INTERVAL, lambda: len(self.answered) == self.sent)


flow = Flow()
signal.signal(signal.SIGTERM, flow.stop)
try:
    flow.run()
except OSError as error:
    flow.say("broken: " + os.strerror(error.errno).lower())
print(f"sent {flow.sent} answered {len(flow.answered)} "
      f"longest-silence-ms {flow.silence * 1000:.0f}", flush=True)
