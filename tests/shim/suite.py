#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of the shim, one after the other, and tells in TAP.

usage: suite.py [WORD...]     only tests whose module or name holds one of the words
"""
import importlib
import os
import signal
import struct
import sys
import time
import traceback

import rig

MODULES = ["test_start", "test_framing", "test_task", "test_exec", "test_stdio", "test_mounts", "test_events",
           "test_recovery", "test_image", "test_soak"]
SECONDS = 120


def too_long(_signo, _frame):
    raise TimeoutError("the test took more than %d s" % SECONDS)


def run(test):
    r = rig.Rig()
    failed = True
    try:
        test(r)
        failed = False
    finally:
        r.close(failed)


def main():
    words = sys.argv[1:]
    tests = []
    for module in MODULES:
        for name, f in vars(importlib.import_module(module)).items():
            if name.startswith("test_") and callable(f):
                title = "%s: %s" % (module[5:], name[5:].replace("_", " "))
                if not words or any(w in module or w in name for w in words):
                    tests.append((title, f))
    print("1..%d" % len(tests), flush=True)
    # Two at a time: some only wait.
    taken_r, taken_w = os.pipe()
    os.write(taken_w, b"".join(struct.pack("H", n) for n in range(len(tests))))
    os.close(taken_w)
    workers = [os.fork() or work(tests, taken_r) for _ in range(int(os.environ.get("JOBS", "2")))]
    sys.exit(any([os.waitpid(pid, 0)[1] for pid in workers]))


def work(tests, taken):
    """Runs tests until none is left, and ends the process."""
    signal.signal(signal.SIGALRM, too_long)
    bad = 0
    while number := os.read(taken, 2):
        n, = struct.unpack("H", number)
        title, test = tests[n]
        rig.serial = 10000 * n
        begin = time.monotonic()
        signal.alarm(SECONDS)
        try:
            run(test)
            line = "ok %d - %s (%.1f s)" % (n + 1, title, time.monotonic() - begin)
        except Exception:  # pylint: disable=broad-except
            bad = 1
            line = "not ok %d - %s\n" % (n + 1, title) + "\n".join("# " + t for t in traceback.format_exc().splitlines())
        finally:
            signal.alarm(0)
        os.write(1, line.encode() + b"\n")
    os._exit(bad)


main()
