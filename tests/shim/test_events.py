# SPDX-License-Identifier: Apache-2.0
"""Events: their envelopes, and a containerd that is away, deaf, or knows no ttrpc."""
import os
import time

import rig
import wire
from rig import fails, within


def test_what_an_event_says(r):
    paths, _ = r.fifos("stdout")
    before = time.time()
    cid, b, c = r.container("/init", "fake.wait", io=paths)
    topic, event, envelope = r.events.events[0] if r.events.events else (
        r.events.wait_for("/tasks/create"), None, None) and r.events.events[0]
    assert topic == "/tasks/create" and envelope["namespace"] == rig.NS, envelope
    assert before - 1 <= envelope["timestamp"]["seconds"] <= time.time() + 1
    assert event["bundle"] == b and event["io"]["stdout"] == paths["stdout"] and event["io"]["terminal"] is False, event
    assert event["pid"] == c.call("State", id=cid)["pid"]
    r.finish(c, cid)


def test_containerd_is_away_for_a_while(r):
    """Restarted in the middle: connections break, events wait, and arrive once and in order."""
    cid, b, c = r.running("/init", "fake.wait")
    r.events.wait_for("/tasks/start", container_id=cid)
    r.events.close()
    c.close()
    again = r.connect()
    assert again.call("State", id=cid)["status"] == rig.RUNNING
    again.call("Pause", id=cid)
    again.call("Resume", id=cid)
    again.call("Kill", id=cid, signal=9)
    assert r.ended(again, cid) == 137
    assert [p["pid"] for p in again.call("Pids", id=cid)["processes"]] == [again.call("State", id=cid)["pid"]]
    time.sleep(float(os.environ.get("AWAY_SECONDS", "3")))
    r.events.open()
    r.events.wait_for("/tasks/exit", id=cid)
    assert r.events.topics(cid) == ["/tasks/create", "/tasks/start", "/tasks/paused", "/tasks/resumed", "/tasks/exit"], (
        r.events.topics(cid))
    r.finish(again, cid, kill=False)


def test_a_containerd_that_never_comes_back_holds_nothing_up(r):
    cid, b, c = r.running("/init", "fake.wait")
    r.events.wait_for("/tasks/start", container_id=cid)
    r.events.close()
    before = rig.own_memory(r.pids[-1])
    for _ in range(80):
        c.call("Pause", id=cid)
        c.call("Resume", id=cid)
    assert rig.own_memory(r.pids[-1]) - before < 200, (before, rig.own_memory(r.pids[-1]))
    c.call("Kill", id=cid, signal=9)
    r.ended(c, cid)
    c.call("Delete", id=cid)
    pid, path = r.pids[-1], r.sockets[-1]
    begin = time.monotonic()
    try:
        c.call("Shutdown", id=cid)
    except EOFError:
        pass
    within(2, lambda: not os.path.exists(path), "the socket goes")
    # Until it ends its name may have become another shim's, whose socket is none of its business.
    r.start(cid, b)
    within(8, lambda: not os.path.exists("/proc/%d/exe" % pid) or not readable(pid), "the shim ends")
    assert time.monotonic() - begin < 7
    another = r.connect()
    assert r.pids[-1] != pid
    r.events.open()
    r.shutdown(another, cid)


def test_one_that_is_about_to_end_takes_no_new_container(r):
    cid, b, c = r.running("/init", "fake.exit=0")
    r.ended(c, cid)
    r.events.close()
    c.call("Delete", id=cid)
    c.call("Shutdown", id=cid)
    fails(wire.UNAVAILABLE, lambda: c.call("Create", id=cid, bundle=b, options=r.options()), "about to end")
    r.events.open()


def readable(pid):
    try:
        return os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return ""


def test_one_that_takes_and_does_not_answer(r):
    r.events.silent = True
    cid, _, c = r.running("/init", "fake.exit=0")
    assert r.ended(c, cid) == 0
    r.events.silent = False
    # The first was not confirmed, so it is sent again; nothing overtakes it.
    r.events.wait_for("/tasks/exit", id=cid)
    topics = r.events.topics(cid)
    assert topics[-3:] == ["/tasks/create", "/tasks/start", "/tasks/exit"] and topics[:-3] == ["/tasks/create"], topics
    r.finish(c, cid, kill=False)


def test_refusals(r):
    """"Not now" holds up all that follows, "never" is the end of one event alone."""
    r.events.refusals = [14, 1, 4, 0, 3]
    cid, _, c = r.running("/init", "fake.exit=0")
    assert r.ended(c, cid) == 0
    r.events.wait_for("/tasks/exit", id=cid)
    topics = r.events.topics(cid)
    assert topics == ["/tasks/create"] * 4 + ["/tasks/start", "/tasks/exit"], topics
    r.finish(c, cid, kill=False)


def test_without_a_socket_containerds_program_publishes(r):
    program = r.dir + "/publisher"
    with open(program, "w") as f:
        f.write("#!/bin/sh\necho \"$*\" >>%s/published\ncat >>%s/bodies\n" % (r.dir, r.dir))
    os.chmod(program, 0o755)
    cid, b = r.bundle("/init", "fake.exit=0")
    words = [program if w == "/nothere" else w for w in r.words(cid, "start")]
    p = r.run(b, *words, env={"TTRPC_ADDRESS": ""})
    r.note(p.stdout.decode())
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options())
    c.call("Start", id=cid)
    r.ended(c, cid)
    r.finish(c, cid, kill=False)

    def published():
        try:
            with open(r.dir + "/published") as f:
                return f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
    within(5, lambda: len(published()) == 4, "four events")
    assert published() == ["--address %s publish --namespace %s --topic /tasks/%s" % (r.address, rig.NS, t)
                           for t in ("create", "start", "exit", "delete")], published()
    with open(r.dir + "/bodies", "rb") as f:
        assert b"containerd.events.TaskCreate" in f.read()
