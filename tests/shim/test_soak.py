# SPDX-License-Identifier: Apache-2.0
"""Ten thousand requests, and many lives in one shim: memory, descriptors and children stay what they were."""
import os

import rig
import wire


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return f.read().split()


def ask(c, cid, n):
    """One of each that changes nothing, n times."""
    for i in range(n):
        sent = [c.send("State", id=cid), c.send("Connect", id=cid), c.send("Pids", id=cid), c.send("Stats", id=cid),
                c.send("State", id="nobody"), c.send("CloseIO", id=cid), c.send("ResizePty", id=cid, width=1, height=1),
                c.send("Kill", id="nobody", signal=1), c.send("Wait", id=cid, timeout_nano=1),
                c.send("Exec", id=cid, exec_id="../bad")]
        for s in sent:
            try:
                c.answer(s)
            except wire.RpcError:
                pass
        if i % 50 == 0:
            other = wire.Client(c.sock.getpeername())
            other.send("Wait", id=cid)
            other.close()
    return 10 * n


def test_ten_thousand_requests(r):
    cid, _, c = r.running("/init", "fake.wait")
    pid = r.pids[-1]
    ask(c, cid, 100)
    before, fds = rig.own_memory(pid), descriptors(pid)
    assert ask(c, cid, 1000) == 10000
    assert rig.own_memory(pid) - before <= 16, "%d KiB, then %d KiB" % (before, rig.own_memory(pid))
    rig.within(5, lambda: descriptors(pid) == fds, "as many descriptors as before")
    r.finish(c, cid)


def test_many_lives_in_one_shim(r):
    def pod(config):
        config.setdefault("annotations", {})["io.kubernetes.cri.sandbox-id"] = "soak%d" % os.getpid()
    sandbox, sb = r.bundle("/init", "fake.wait", change=pod)
    r.start(sandbox, sb)
    c = r.connect()
    pid = r.pids[-1]
    c.call("Create", id=sandbox, bundle=sb, options=r.options())
    c.call("Start", id=sandbox)
    keep = c.call("State", id=sandbox)["pid"]
    before = None
    for n in range(int(os.environ.get("SOAK_LIVES", "24"))):
        guest = n % 2 == 0
        paths, ends = r.fifos("stdin", "stdout", "stderr")
        cid, b = r.bundle("/urunit" if guest else "/init", "fake.exit=3", change=pod, guest=guest)
        c.call("Create", id=cid, bundle=b, options=r.options(), **paths)
        c.call("Start", id=cid)
        assert r.ended(c, cid) == 3
        for name in ("stdout", "stderr"):
            rig.read_all(ends[name])
            os.close(ends[name])
            r.fds.remove(ends[name])
        c.call("Delete", id=cid)
        if n == 9:
            before = rig.own_memory(pid), descriptors(pid)
    assert rig.own_memory(pid) - before[0] <= 16, "%d KiB, then %d KiB" % (before[0], rig.own_memory(pid))
    rig.within(5, lambda: descriptors(pid) <= before[1], "%d descriptors, then %d" % (before[1], descriptors(pid)))
    assert children(pid) == [str(keep)], children(pid)
    r.finish(c, sandbox)
