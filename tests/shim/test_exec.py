# SPDX-License-Identifier: Apache-2.0
"""Processes beside a delegated container's own."""
import os
import signal

import rig
import wire
from rig import CREATED, RUNNING, STOPPED, fails, within


def test_a_guest_takes_none(r):
    cid, _, c = r.running("/urunit", "fake.wait", guest=True)
    fails(wire.UNIMPLEMENTED, lambda: c.call("Exec", id=cid, exec_id="e", spec=r.exec_spec("/bin/true")),
          "exec is not supported", "virtual machine")
    r.finish(c, cid)


def test_its_life_and_its_events(r):
    cid, b, c = r.running("/init", "fake.wait")
    paths, ends = r.fifos("stdout", "stderr")
    c.call("Exec", id=cid, exec_id="e1", spec=r.exec_spec("/bin/sh", "-c", "echo out; echo err >&2; exit 9"), **paths)
    state = c.call("State", id=cid, exec_id="e1")
    assert state["id"] == "e1" and state["exec_id"] == "" and state["pid"] == 0 and state["status"] == CREATED, state
    assert state["stdout"] == paths["stdout"], state
    fails(wire.PRECONDITION, lambda: c.call("Kill", id=cid, exec_id="e1", signal=9), "not created")
    wait = c.send("Wait", id=cid, exec_id="e1")
    pid = c.call("Start", id=cid, exec_id="e1")["pid"]
    assert c.answer(wait)["exit_status"] == 9
    assert rig.read_all(ends["stdout"]) == b"out\n" and rig.read_all(ends["stderr"]) == b"err\n"
    state = c.call("State", id=cid, exec_id="e1")
    assert state["status"] == STOPPED and state["pid"] == pid and state["exit_status"] == 9, state
    fails(wire.NOT_FOUND, lambda: c.call("Kill", id=cid, exec_id="e1", signal=9))
    fails(wire.UNKNOWN, lambda: c.call("ResizePty", id=cid, exec_id="e1", width=1, height=1))
    fails(wire.EXISTS, lambda: c.call("Exec", id=cid, exec_id="e1", spec=r.exec_spec("/bin/true")))
    assert c.call("Delete", id=cid, exec_id="e1")["exit_status"] == 9
    fails(wire.NOT_FOUND, lambda: c.call("State", id=cid, exec_id="e1"))
    exit_event = r.events.wait_for("/tasks/exit", id="e1")
    assert exit_event["container_id"] == cid and exit_event["pid"] == pid and exit_event["exit_status"] == 9
    assert r.events.topics(cid) == ["/tasks/create", "/tasks/start", "/tasks/exec-added", "/tasks/exec-started",
                                    "/tasks/exit"], r.events.topics(cid)
    assert not [f for f in os.listdir(b) if f.startswith("e1")], os.listdir(b)
    r.finish(c, cid)


def test_pids_name_them_and_kill_reaches_them_alone(r):
    cid, _, c = r.running("/init", "fake.wait")
    c.call("Exec", id=cid, exec_id="sleeper", spec=r.exec_spec("/bin/sleep", "1000"))
    pid = c.call("Start", id=cid, exec_id="sleeper")["pid"]
    assert c.call("State", id=cid, exec_id="sleeper")["status"] == RUNNING
    info = next(p["info"] for p in c.call("Pids", id=cid)["processes"] if p["pid"] == pid)
    assert info["type_url"] == "containerd.runc.v1.ProcessDetails"
    assert wire.decode(wire.PROCESS_DETAILS, info["value"])["exec_id"] == "sleeper"
    fails(wire.PRECONDITION, lambda: c.call("Delete", id=cid, exec_id="sleeper"), "running")
    c.call("Kill", id=cid, exec_id="sleeper", signal=signal.SIGTERM)
    assert r.ended(c, cid, "sleeper") == 143
    assert c.call("State", id=cid)["status"] == RUNNING
    c.call("Delete", id=cid, exec_id="sleeper")
    r.finish(c, cid)


def test_the_init_process_ends_last(r):
    cid, _, c = r.running("/init", "fake.wait")
    for n in range(3):
        c.call("Exec", id=cid, exec_id="e%d" % n, spec=r.exec_spec("/bin/sleep", "1000"))
        c.call("Start", id=cid, exec_id="e%d" % n)
    c.call("Exec", id=cid, exec_id="late", spec=r.exec_spec("/bin/true"))
    c.call("Kill", id=cid, signal=9)
    assert r.ended(c, cid) == 137
    r.events.wait_for("/tasks/exit", id=cid)
    exits = [e["id"] for t, e, _ in r.events.events if t == "/tasks/exit"]
    assert sorted(exits) == sorted(["e0", "e1", "e2", cid]) and exits[-1] == cid, exits
    fails(wire.PRECONDITION, lambda: c.call("Start", id=cid, exec_id="late"), "init process is not running")
    r.finish(c, cid, kill=False)


def test_one_that_cannot_be_started(r):
    cid, _, c = r.running("/init", "fake.wait")
    c.call("Exec", id=cid, exec_id="e", spec=r.exec_spec("/nothere"))
    wait = c.send("Wait", id=cid, exec_id="e")
    fails(wire.UNKNOWN, lambda: c.call("Start", id=cid, exec_id="e"), "OCI runtime exec failed", "/nothere")
    assert c.answer(wait)["exit_status"] == 0
    c.call("Delete", id=cid, exec_id="e")
    fails(wire.INVALID, lambda: c.call("Exec", id=cid, exec_id="../e", spec=r.exec_spec("/bin/true")))
    r.finish(c, cid)


def test_one_whose_terminal_does_not_come(r):
    """The runtime says that it runs, and sends no terminal: nothing is left of it."""
    odd = r.dir + "/odd"
    with open(odd, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' exec '*) while [ \"$1\" != --pid-file ]; do shift; done\n"
                "sleep 1000 >/dev/null 2>&1 & echo $! >%s/pid; printf %%s $! >\"$2\"; exit 0 ;; esac\n"
                "exec %s/bin/urunc \"$@\"\n" % (r.dir, rig.BUILD))
    os.chmod(odd, 0o755)
    cid, b, c = r.shim("/init", "fake.wait")
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=odd))
    c.call("Start", id=cid)
    c.call("Exec", id=cid, exec_id="e", terminal=True, spec=r.exec_spec("/bin/true"))
    fails(wire.UNKNOWN, lambda: c.call("Start", id=cid, exec_id="e"), "has not sent the terminal")
    with open(r.dir + "/pid") as f:
        pid = int(f.read())
    within(5, lambda: not os.path.exists("/proc/%d" % pid), "the process ends")
    c.call("Delete", id=cid, exec_id="e")
    r.finish(c, cid)


def test_who_waits_for_one_that_is_never_started_hears_of_the_containers_end(r):
    cid, _, c = r.running("/init", "fake.wait")
    c.call("Exec", id=cid, exec_id="never", spec=r.exec_spec("/bin/true"))
    wait = c.send("Wait", id=cid, exec_id="never")
    assert not c.has_answer(wait, 0.1)
    r.finish(c, cid)
    assert c.answer(wait)["exit_status"] == 0


def test_none_while_it_is_paused(r):
    cid, _, c = r.running("/init", "fake.wait")
    c.call("Pause", id=cid)
    fails(wire.UNKNOWN, lambda: c.call("Exec", id=cid, exec_id="e", spec=r.exec_spec("/bin/true")), "paused")
    c.call("Resume", id=cid)
    r.finish(c, cid)


def test_its_input_and_the_end_of_it(r):
    cid, _, c = r.running("/init", "fake.wait")
    paths, ends = r.fifos("stdin", "stdout")
    c.call("Exec", id=cid, exec_id="e", spec=r.exec_spec("/bin/cat"), **paths)
    c.call("Start", id=cid, exec_id="e")
    w = os.open(paths["stdin"], os.O_WRONLY)
    os.write(w, b"first\n")
    rig.read_some(ends["stdout"], b"first\n")
    # A client that goes away is not the end.
    os.close(w)
    assert not c.has_answer(c.send("Wait", id=cid, exec_id="e"), 0.2)
    w = os.open(paths["stdin"], os.O_WRONLY)
    os.write(w, b"second\n")
    rig.read_some(ends["stdout"], b"second\n")
    c.call("CloseIO", id=cid, exec_id="e", stdin=True)
    assert not c.has_answer(c.send("Wait", id=cid, exec_id="e"), 0.2)
    os.close(w)
    assert r.ended(c, cid, "e") == 0
    c.call("Delete", id=cid, exec_id="e")
    r.finish(c, cid)


def test_input_that_is_closed_before_the_start(r):
    """ctr says so as soon as its own input ends, which may be before it has started the process."""
    cid, _, c = r.running("/init", "fake.wait")
    paths, ends = r.fifos("stdin", "stdout")
    c.call("Exec", id=cid, exec_id="e", spec=r.exec_spec("/bin/cat"), **paths)
    c.call("CloseIO", id=cid, exec_id="e", stdin=True)
    start = c.send("Start", id=cid, exec_id="e")
    w = os.open(paths["stdin"], os.O_WRONLY)  # waits for the shim
    os.write(w, b"all of it")
    os.close(w)
    c.answer(start)
    assert rig.read_all(ends["stdout"]) == b"all of it"
    assert r.ended(c, cid, "e") == 0
    r.finish(c, cid)


def test_a_terminal(r):
    cid, _, c = r.running("/init", "fake.wait")
    paths, ends = r.fifos("stdin", "stdout")
    c.call("Exec", id=cid, exec_id="t", terminal=True, **paths,
           spec=r.exec_spec("/bin/sh", "-c", "test -t 0 && test -t 1 && echo tty; read x; busybox stty size; exit 4"))
    c.call("Start", id=cid, exec_id="t")
    rig.read_some(ends["stdout"], b"tty\r\n")
    c.call("ResizePty", id=cid, exec_id="t", width=132, height=43)
    w = os.open(paths["stdin"], os.O_WRONLY)
    os.write(w, b"x\n")
    assert b"43 132\r\n" in rig.read_all(ends["stdout"])
    os.close(w)
    assert r.ended(c, cid, "t") == 4
    within(5, lambda: not [d for d in os.listdir("/tmp") if d.startswith("pty") and
                           os.path.exists("/tmp/%s/pty.sock" % d)], "the console's socket goes")
    r.finish(c, cid)
