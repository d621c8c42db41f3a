#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""late.py ADDRESS PORT FILE: a DNS server whose answers (truncated, without a record) come late.

FILE says how late, a line for each client: "ADDRESS MILLISECONDS"; others are answered at once. It
is read again for every question.
"""
import heapq
import select
import socket
import sys
import time


def delay(path, client):
    with open(path, encoding="ascii") as lines:
        for line in lines:
            words = line.split()
            if words and words[0] == client:
                return float(words[1]) / 1000
    return 0


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((sys.argv[1], int(sys.argv[2])))
    answers = []
    while True:
        wait = max(0, answers[0][0] - time.monotonic()) if answers else None
        if select.select([server], [], [], wait)[0]:
            query, client = server.recvfrom(2048)
            answer = query[:2] + bytes([query[2] | 0x82]) + query[3:]
            heapq.heappush(answers, (time.monotonic() + delay(sys.argv[3], client[0]), answer, client))
        while answers and answers[0][0] <= time.monotonic():
            server.sendto(*heapq.heappop(answers)[1:])


main()
