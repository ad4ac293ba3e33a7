#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for tests. resolver.py ADDRESS PORT ANSWER: says "ready" and gives this IPv4 address for every name that has one."""
import socket
import struct
import sys


def answer(query, address):
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack("!H", query[end - 4 : end - 2])[0]
    found = int(kind == 1)
    reply = query[:2] + struct.pack("!HHHHH", 0x8580, 1, found, 0, 0) + query[12:end]
    if found:
        reply += struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    return reply


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    text, peer = s.recvfrom(4096)
    s.sendto(answer(text, sys.argv[3]), peer)
