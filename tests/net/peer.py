#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Both ends of a connection, for tests. serve NAME tcp:ADDRESS:PORT|udp:ADDRESS:PORT|tcp6:PORT|udp6:PORT ...: says "ready" and then answers.
call tcp|udp|loose[@PORT] ADDRESS PORT who|send N|take N: prints the answer, or "refused", or "silence". @PORT: from that port; loose:
UDP by a socket that is not connected."""
import hashlib
import socket
import sys
import threading

BLOCK = bytes(range(256)) * 256
LIMIT = 4


def listener(spec):
    kind, *rest = spec.split(":")
    family = socket.AF_INET6 if kind.endswith("6") else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM if kind.startswith("udp") else socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(("" if family == socket.AF_INET6 else rest[0], int(rest[-1])))
    if not kind.startswith("udp"):
        s.listen(16)
    return s


def answer(name, c, peer):
    with c:
        f = c.makefile("rb")
        words = f.readline().split()
        if not words:
            return
        if words[0] == b"who":
            c.sendall(f"{name} {peer[0]}\n".encode())
        elif words[0] == b"send":
            left = int(words[1])
            while left:
                c.sendall(BLOCK[: min(left, len(BLOCK))])
                left -= min(left, len(BLOCK))
        elif words[0] == b"take":
            left, h = int(words[1]), hashlib.sha1()
            while left:
                b = f.read(min(left, 1 << 20))
                if not b:
                    break
                h.update(b)
                left -= len(b)
            c.sendall((h.hexdigest() + "\n").encode())


def serve_tcp(name, s):
    while True:
        c, peer = s.accept()
        threading.Thread(target=answer, args=(name, c, peer), daemon=True).start()


def serve_udp(name, s):
    while True:
        data, peer = s.recvfrom(65536)
        s.sendto(f"{name} {peer[0]} {len(data)}".encode(), peer)


def serve(name, specs):
    sockets = [(spec, listener(spec)) for spec in specs]
    for spec, s in sockets:
        threading.Thread(target=serve_udp if spec.startswith("udp") else serve_tcp, args=(name, s), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def digest(n):
    h = hashlib.sha1()
    while n:
        h.update(BLOCK[: min(n, len(BLOCK))])
        n -= min(n, len(BLOCK))
    return h.hexdigest()


def call_udp(s, address, n, connected):
    s.settimeout(1.5)
    if connected:
        s.connect(address)
        s.send(b"x" * n)
    else:
        s.sendto(b"x" * n, address)
    return s.recv(65536).decode()


def call_tcp(s, address, words):
    s.settimeout(LIMIT)
    s.connect(address)
    s.sendall((" ".join(words) + "\n").encode())
    n = int(words[1]) if len(words) > 1 else 0
    s.settimeout(20)
    if words[0] == "take":
        left = n
        while left:
            s.sendall(BLOCK[: min(left, len(BLOCK))])
            left -= min(left, len(BLOCK))
        got = s.makefile().readline().strip()
        return "intact" if got == digest(n) else f"damaged: {got}"
    h, total = hashlib.sha1(), 0
    if words[0] == "who":
        return s.makefile().readline().strip()
    while True:
        b = s.recv(1 << 20)
        if not b:
            break
        h.update(b)
        total += len(b)
    return "intact" if total == n and h.hexdigest() == digest(n) else f"damaged: {total} of {n} bytes"


def call(kind, host, port, words):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind, _, own = kind.partition("@")
    s = socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", int(own or 0)))
    try:
        if kind == "tcp":
            print(call_tcp(s, (host, int(port)), words))
        else:
            print(call_udp(s, (host, int(port)), int(words[1]) if len(words) > 1 else 1, kind == "udp"))
    except ConnectionRefusedError:
        print("refused")
    except (socket.timeout, TimeoutError):
        print("silence")
    except OSError as e:
        print(e.strerror)


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3:])
else:
    call(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:])
