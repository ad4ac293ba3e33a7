# SPDX-License-Identifier: Apache-2.0
"""Streams of containers: fifos and their readers, files, loggers, terminals."""
import hashlib
import os
import time

import rig
import wire
from rig import RUNNING, fails, within


def test_no_streams_are_the_null_device(r):
    cid, b, c = r.running("/init", "fake.wait")
    pid = c.call("State", id=cid)["pid"]
    for fd in (0, 1, 2):
        assert os.readlink("/proc/%d/fd/%d" % (pid, fd)) == "/dev/null"
    r.finish(c, cid)


def test_one_stream_alone(r):
    paths, ends = r.fifos("stdout")
    cid, _, c = r.running("/init", "fake.say=hello", io=paths)
    assert rig.read_all(ends["stdout"]) == b"hello\n"
    r.finish(c, cid)
    paths, ends = r.fifos("stderr")
    cid, _, c = r.running("/bin/sh", "-c", "echo oops >&2", io=paths)
    assert rig.read_all(ends["stderr"]) == b"oops\n"
    r.finish(c, cid)


def test_ten_megabytes_byte_by_byte(r):
    for kind, args in (({}, ("/bin/sh", "-c", "busybox seq 1 1400000")),):
        paths, ends = r.fifos("stdout", "stderr")
        cid, _, c = r.running(*args, io=paths, **kind)
        got = rig.read_all(ends["stdout"], 60)
        want = b"".join(b"%d\n" % n for n in range(1, 1400001))
        assert len(want) > 9 << 20 and hashlib.sha256(got).digest() == hashlib.sha256(want).digest(), len(got)
        r.finish(c, cid)


def test_a_guests_output_and_input(r):
    paths, ends = r.fifos("stdin", "stdout", "stderr")
    cid, _, c = r.running("/urunit", "fake.quiet", "fake.say=booted", "fake.echo", "fake.exit=5", io=paths, guest=True)
    rig.read_some(ends["stdout"], b"booted\n")
    w = os.open(paths["stdin"], os.O_WRONLY)
    os.write(w, b"typed\n")
    rig.read_some(ends["stdout"], b"typed\n")
    c.call("CloseIO", id=cid, stdin=True)
    os.close(w)
    assert r.ended(c, cid) == 5
    r.finish(c, cid, kill=False)


def test_the_reader_sees_the_end_before_delete_and_may_come_late(r):
    paths, ends = r.fifos("stdout")
    os.close(ends["stdout"])
    r.fds.remove(ends["stdout"])
    cid, _, c = r.running("/init", "fake.say=left behind", io=paths)
    assert r.ended(c, cid) == 0
    late = os.open(paths["stdout"], os.O_RDONLY | os.O_NONBLOCK)
    assert rig.read_late(late) == b"left behind\n"
    os.close(late)
    r.finish(c, cid)


def test_readers_that_go_and_come(r):
    """While nobody reads the container waits; it is not killed, and nothing is lost."""
    paths, ends = r.fifos("stdout")
    cid, _, c = r.running("/bin/sh", "-c", "busybox seq 1 60000; echo done", io=paths)
    got = rig.read_some(ends["stdout"], b"\n1000\n")
    os.close(ends["stdout"])
    r.fds.remove(ends["stdout"])
    assert not c.has_answer(c.send("Wait", id=cid), 0.5)
    assert c.call("State", id=cid)["status"] == RUNNING
    before = sum(cpu(r.pids[-1]))
    time.sleep(0.5)
    assert sum(cpu(r.pids[-1])) - before <= 5, "the shim spins"
    again = os.open(paths["stdout"], os.O_RDONLY | os.O_NONBLOCK)
    got += rig.read_all(again)
    os.close(again)
    assert got == b"".join(b"%d\n" % n for n in range(1, 60001)) + b"done\n", len(got)
    assert r.ended(c, cid) == 0
    r.finish(c, cid, kill=False)


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        return [int(n) for n in f.read().rsplit(")", 1)[1].split()[11:13]]


def test_who_keeps_the_stream_open_delays_delete_and_no_more(r):
    """A process outside of the container has its output, too: Delete waits a while, and is asked twice meanwhile."""
    paths, _ = r.fifos("stdout")
    cid, _, c = r.running("/init", "fake.wait", io=paths)
    init = c.call("State", id=cid)["pid"]
    kept = os.open("/proc/%d/fd/1" % init, os.O_WRONLY)
    c.call("Kill", id=cid, signal=9)
    assert r.ended(c, cid) == 137
    begin = time.monotonic()
    first = c.send("Delete", id=cid)
    second = c.send("Delete", id=cid)
    assert not c.has_answer(first, 1)
    assert c.call("State", id=cid)["status"] == rig.STOPPED
    assert c.answer(first)["exit_status"] == 137
    assert 5 < time.monotonic() - begin < 20
    fails(wire.NOT_FOUND, lambda: c.answer(second))
    os.close(kept)
    r.shutdown(c, cid)


def test_a_log_file(r):
    log = r.dir + "/new/dir/log"
    for n in (1, 2):
        cid, _, c = r.running("/bin/sh", "-c", "echo out %d; echo err %d >&2" % (n, n),
                              io={"stdout": "file://" + log, "stderr": "file://" + log})
        r.ended(c, cid)
        r.finish(c, cid, kill=False)
    with open(log) as f:
        assert f.read() == "out 1\nerr 1\nout 2\nerr 2\n"
    assert os.stat(log).st_mode & 0o777 == 0o644


def test_plain_files(r):
    out = r.dir + "/out"
    with open(out, "w") as f:
        f.write("before\n")
    with open(r.dir + "/in", "w") as f:
        f.write("input\n")
    cid, _, c = r.running("/bin/cat", io={"stdin": r.dir + "/in", "stdout": out, "stderr": out})
    assert r.ended(c, cid) == 0
    r.finish(c, cid, kill=False)
    with open(out) as f:
        assert f.read() == "before\ninput\n"


LOGGER = """#!/bin/sh
printf '%%s\\n' "$@" >%(d)s/words
/usr/bin/env >%(d)s/env
trap 'echo TERM >>%(d)s/end' TERM
%(ready)s
/bin/cat <&3 >%(d)s/out &
a=$!
if [ -e /proc/$$/fd/4 ]; then /bin/cat <&4 >%(d)s/err & fi
exec 3<&- 4<&-
wait $a
echo END >>%(d)s/end
while [ -e %(d)s/words ] && ! /bin/grep -q TERM %(d)s/end; do read -t 1 x <%(d)s/never || :; done
"""


def logger(r, ready):
    path = r.dir + "/logger"
    os.mkfifo(r.dir + "/never")
    os.open(r.dir + "/never", os.O_RDWR)
    with open(path, "w") as f:
        f.write((LOGGER % {"d": r.dir, "ready": ready}).replace("read -t 1 x", "/usr/bin/timeout 0.1 /bin/cat"))
    os.chmod(path, 0o755)
    return path


def text(r, name):
    try:
        with open(r.dir + "/" + name) as f:
            return f.read()
    except FileNotFoundError:
        return ""


def test_a_logging_program(r):
    path = logger(r, "exec 5>&-")
    uri = "binary://%s?_DIR=/x%%20y&flag" % path
    cid, _, c = r.running("/bin/sh", "-c", "echo out; echo err >&2", io={"stdout": uri, "stderr": uri})
    assert r.ended(c, cid) == 0
    assert text(r, "words") == "_DIR\n/x y\nflag\n\n"
    variables = set(v.split("=")[0] for v in text(r, "env").split("\n") if v) - {"PWD", "_", "OLDPWD", "SHLVL"}
    assert variables == {"CONTAINER_ID", "CONTAINER_NAMESPACE"}, variables
    assert "CONTAINER_ID=%s\n" % cid in text(r, "env") and "CONTAINER_NAMESPACE=%s\n" % rig.NS in text(r, "env")
    within(5, lambda: text(r, "out") == "out\n" and text(r, "err") == "err\n", "the output")
    # It sees no end before the container is deleted.
    assert text(r, "end") == ""
    r.finish(c, cid, kill=False)
    within(10, lambda: "TERM" in text(r, "end"), "the logger is told to end")


def test_a_logging_program_of_a_terminal(r):
    """Programs in Go take descriptor 4 for standard error's pipe without a look: it must be one."""
    path = logger(r, "readlink /proc/self/fd/3 /proc/self/fd/4 >%s/pipes; exec 5>&-" % r.dir)
    cid, _, c = r.running("/bin/sh", "-c", "echo on a tty", io={"stdout": "binary://" + path},
                          create={"terminal": True}, change=terminal)
    assert r.ended(c, cid) == 0
    within(5, lambda: text(r, "out") == "on a tty\n", "the output")
    pipes = text(r, "pipes").split("\n")
    assert [p.split(":")[0] for p in pipes] == ["pipe", "pipe", ""] and pipes[0] != pipes[1], pipes
    assert text(r, "err") == ""
    r.finish(c, cid, kill=False)


def test_a_logging_program_that_is_never_ready(r):
    path = logger(r, "exit 1")
    cid, b, c = r.shim("/init")
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options(),
                                       stdout="binary-v2://" + path), "logging program ended")
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options(), stdout="odd://x"),
          "unknown scheme")
    r.shutdown(c, cid)


def terminal(config):
    config["process"]["terminal"] = True


def test_a_terminal(r):
    for kind in ({}, {"guest": True}):
        paths, ends = r.fifos("stdin", "stdout")
        args = ("/urunit", "fake.wait") if kind else (
            "/bin/sh", "-c", "test -t 0 && echo on a tty; read x; busybox stty size; exit 6")
        cid, _, c = r.running(*args, io=paths, create={"terminal": True}, change=terminal, **kind)
        if kind:
            rig.read_some(ends["stdout"], b"FAKE-REPORT")
            c.call("ResizePty", id=cid, width=100, height=30)
            c.call("Kill", id=cid, signal=9)
            assert r.ended(c, cid) == 137
        else:
            rig.read_some(ends["stdout"], b"on a tty\r\n")
            c.call("ResizePty", id=cid, width=100, height=30)
            w = os.open(paths["stdin"], os.O_WRONLY)
            os.write(w, b"\n")
            assert b"30 100\r\n" in rig.read_all(ends["stdout"])
            os.close(w)
            assert r.ended(c, cid) == 6
        r.finish(c, cid, kill=False)


def test_resize_and_close_without_streams(r):
    cid, _, c = r.running("/init", "fake.wait")
    c.call("ResizePty", id=cid, width=80, height=25)
    c.call("CloseIO", id=cid, stdin=True)
    r.finish(c, cid)
