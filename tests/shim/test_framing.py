# SPDX-License-Identifier: Apache-2.0
"""ttrpc as such: what is no request, what is too much, and many at once."""
import os
import resource
import socket
import struct
import time

import wire
from rig import fails
from wire import frame


def raw(c, data, stream):
    c.sock.sendall(data)
    return wire.decode(wire.RESPONSE, c.raw_answer(stream))


def request(service="containerd.task.v2.Task", method="Connect", payload=b"\x0a\x01x", **more):
    return wire.encode(wire.REQUEST, {"service": service, "method": method, "payload": payload, **more})


def test_wrong_streams_and_garbage_leave_the_connection_usable(r):
    cid, _, c = r.shim("/init")
    assert raw(c, frame(2, 1, request()), 2)["status"]["code"] == wire.INVALID
    c.stream = 9
    assert c.call("Connect", id="x")["shim_pid"] == r.pids[-1]
    for used in (11, 9, 1):
        assert raw(c, frame(used, 1, request()), used)["status"]["code"] == wire.INVALID
    for n, garbage in enumerate((b"\xff\xff\xff", b"\x0a\x05x", request(payload=b"\xff\xff"))):
        status = raw(c, frame(13 + 2 * n, 1, garbage), 13 + 2 * n)["status"]
        assert status["code"] == wire.INVALID and "decoded" in status["message"], status
    assert raw(c, frame(21, 3, b"data"), 21)["status"]["code"] == wire.INVALID
    # A type that does not exist is nothing to answer.
    c.sock.sendall(frame(23, 77, b"odd") + frame(25, 2, b""))
    c.stream = 29
    assert c.call("Connect", id="x")["task_pid"] == 0
    r.shutdown(c, cid)


def test_a_frame_that_is_too_long(r):
    cid, _, c = r.shim("/init")
    too_long = (4 << 20) + 1
    c.sock.sendall(frame(101, 1, b"x" * too_long))
    assert wire.decode(wire.RESPONSE, c.raw_answer(101))["status"]["code"] == wire.EXHAUSTED
    c.stream = 101
    assert c.call("Connect", id="x")["shim_pid"] == r.pids[-1]
    # The longest that is allowed is read, and is no request.
    c.sock.sendall(frame(105, 1, b"\xff" * (4 << 20)))
    assert wire.decode(wire.RESPONSE, c.raw_answer(105))["status"]["code"] == wire.INVALID
    c.stream = 105
    r.shutdown(c, cid)


def test_unknown_services_and_methods_are_named(r):
    cid, _, c = r.shim("/init")
    status = raw(c, frame(3, 1, request("containerd.task.v9.Task")), 3)["status"]
    assert status["code"] == wire.UNIMPLEMENTED and "containerd.task.v9.Task" in status["message"], status
    status = raw(c, frame(5, 1, request(method="Dance")), 5)["status"]
    assert status["code"] == wire.UNIMPLEMENTED and "Dance" in status["message"], status
    # Cut in the middle of a letter: what Go gets must be text nevertheless (wire.py is as strict).
    status = raw(c, frame(7, 1, request(method="x" + "\u00e9" * 60)), 7)["status"]
    assert status["code"] == wire.UNIMPLEMENTED and "x\u00e9" in status["message"], status
    c.stream = 7
    r.shutdown(c, cid)


def test_both_versions_of_the_service_answer_alike(r):
    cid, _, c = r.shim("/init")
    for method in wire.TASK:
        if method in ("Shutdown", "Create"):
            continue
        answers = []
        for service in ("containerd.task.v2.Task", "containerd.task.v3.Task"):
            stream, _ = c.send(method, service=service, id="nobody")
            answers.append(c.raw_answer(stream))
        assert answers[0] == answers[1], method
    r.shutdown(c, cid)


def test_a_thousand_calls_beside_one_that_waits(r):
    cid, _, c = r.container("/init", "fake.wait")
    c.call("Start", id=cid)
    waiting = c.send("Wait", id=cid)
    sent = [c.send("State" if n % 2 else "Connect", id=cid) for n in range(1000)]
    for n, s in enumerate(sent):
        assert ("bundle" in c.answer(s)) == bool(n % 2)
    assert not c.has_answer(waiting, 0.05)
    c.call("Kill", id=cid, signal=9)
    assert c.answer(waiting)["exit_status"] == 137
    r.finish(c, cid, kill=False)


def test_byte_by_byte_and_cut_off(r):
    cid, _, c = r.shim("/init")
    for byte in frame(3, 1, request()):
        c.sock.sendall(bytes([byte]))
    assert wire.decode(wire.RESPONSE, c.raw_answer(3))["status"] is None
    before = len(os.listdir("/proc/%d/fd" % r.pids[-1]))
    for cut in (3, 10, 20):
        other = socket.socket(socket.AF_UNIX)
        other.connect(r.sockets[-1])
        other.sendall(frame(1, 1, request())[:cut])
        other.close()
    c.stream = 3
    end = time.monotonic() + 5
    while len(os.listdir("/proc/%d/fd" % r.pids[-1])) > before:
        assert time.monotonic() < end, "connections stay open"
        c.call("Connect", id="x")
    r.shutdown(c, cid)


def test_another_user_is_shown_the_door(r):
    cid, _, c = r.shim("/init")
    # The socket's mode keeps others out; who got in nevertheless is looked at.
    os.chmod(r.sockets[-1], 0o666)
    os.chmod("/run/containerd/s", 0o711)
    os.chmod("/run/containerd", 0o711)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        verdict = b"served"
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(5)
            s.connect(r.sockets[-1])
            s.sendall(frame(1, 1, request()))
            if s.recv(1) == b"":
                verdict = b"closed"
        except (BrokenPipeError, ConnectionResetError):
            verdict = b"closed"
        except OSError as e:
            verdict = str(e).encode()
        os.write(write, verdict)
        os._exit(0)
    os.waitpid(pid, 0)
    os.chmod("/run/containerd/s", 0o700)
    assert os.read(read, 100) == b"closed"
    os.close(read)
    os.close(write)
    r.shutdown(c, cid)


def test_no_descriptor_for_a_connection(r):
    """It waits without costing time, and is served when there is one."""
    cid, _, c = r.shim("/init")
    pid = r.pids[-1]
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))
    late = wire.Client(r.sockets[-1])
    r.clients.append(late)
    sent = late.send("Connect", id=cid)
    before = ticks(pid)
    assert not late.has_answer(sent, 1.5)
    assert ticks(pid) - before < 20, (before, ticks(pid))
    assert c.call("Connect", id=cid)["shim_pid"] == pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, hard))
    assert late.answer(sent)["shim_pid"] == pid
    r.shutdown(c, cid)


def ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        return sum(int(n) for n in f.read().rsplit(")", 1)[1].split()[11:13])


def test_a_deadline_is_told_and_the_work_goes_on(r):
    cid, _, c = r.running("/init", "fake.wait")
    begin = time.monotonic()
    fails(wire.DEADLINE, lambda: c.call("Wait", id=cid, timeout_nano=200 * 10**6))
    assert 0.15 < time.monotonic() - begin < 5
    fails(wire.DEADLINE, lambda: c.call("Kill", id=cid, signal=9, timeout_nano=1))
    assert c.call("Wait", id=cid)["exit_status"] == 137
    r.finish(c, cid, kill=False)


def test_a_peer_that_reads_nothing_costs_little(r):
    cid, b, c = r.shim("/init")
    other = socket.socket(socket.AF_UNIX)
    other.connect(r.sockets[-1])
    other.settimeout(0.5)
    data = b"".join(frame(2 * n + 1, 1, request()) for n in range(100000))
    try:
        other.sendall(data)
    except TimeoutError:
        pass
    assert c.call("Connect", id="x")["shim_pid"] == r.pids[-1]
    with open("/proc/%d/smaps_rollup" % r.pids[-1]) as f:
        rss = next(int(line.split()[1]) for line in f if line.startswith("Rss:"))
    assert rss < 3000, "%d KiB" % rss
    other.close()
    assert struct.calcsize(">IIBB") == 10
    r.shutdown(c, cid)
