# SPDX-License-Identifier: Apache-2.0
"""The life of a container, guests and delegated ones: states, statuses, orders, and every refusal."""
import os
import signal
import subprocess
import time

import rig
import wire
from rig import CREATED, PAUSED, RUNNING, STOPPED, fails, mounts_below, within

GUEST = {"guest": True}


def life(r, *args, status, **kind):
    cid, _, c = r.running(*args, **kind)
    waited = c.call("Wait", id=cid)
    assert waited["exit_status"] == status, waited
    event = r.events.wait_for("/tasks/exit", id=cid)
    state = c.call("State", id=cid)
    assert state["status"] == STOPPED and state["pid"] == event["pid"] > 0, state
    deleted = c.call("Delete", id=cid)
    for other in (event, state, deleted):
        assert other["exit_status"] == status and other["exited_at"] == waited["exited_at"], (other, waited)
    r.shutdown(c, cid)
    r.events.wait_for("/tasks/delete", container_id=cid)
    assert r.events.topics(cid) == ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"], r.events.topics()


def test_a_containers_own_status(r):
    life(r, "/init", "fake.exit=7", status=7)


def test_a_guests_own_status(r):
    life(r, "/urunit", "fake.exit=7", status=7, **GUEST)


def test_a_guests_death_by_signal(r):
    life(r, "/urunit", "fake.signal=11", status=139, **GUEST)


def test_a_guest_killed(r):
    cid, _, c = r.running("/urunit", "fake.wait", **GUEST)
    c.call("Kill", id=cid, signal=9)
    assert r.ended(c, cid) == 137
    assert r.events.wait_for("/tasks/exit", id=cid)["exit_status"] == 137
    assert r.finish(c, cid, kill=False)["exit_status"] == 137


def test_unknown_containers(r):
    cid, _, c = r.shim("/init")
    for method in ("State", "Start", "Wait", "Delete", "Pids", "Stats", "Pause", "Resume", "Kill", "Exec", "Update",
                   "ResizePty", "CloseIO", "Checkpoint"):
        fails(wire.NOT_FOUND, lambda m=method: c.call(m, id="nobody"), "not found")
    assert c.call("Connect", id="nobody") == {"shim_pid": r.pids[0], "task_pid": 0, "version": ""}
    r.shutdown(c, cid)


def test_states_and_the_calls_that_they_allow(r):
    for kind in ({}, GUEST):
        word = "/urunit" if kind else "/init"
        cid, b, c = r.container(word, "fake.wait", **kind)
        fails(wire.EXISTS, lambda: c.call("Create", id=cid, bundle=b))
        state = c.call("State", id=cid)
        assert state["status"] == CREATED and state["pid"] > 0 and state["bundle"] == b, state
        assert c.call("Connect", id=cid)["task_pid"] == state["pid"]
        fails(wire.UNKNOWN, lambda: c.call("Pause", id=cid))
        assert c.call("Start", id=cid)["pid"] == state["pid"]
        assert c.call("State", id=cid)["status"] == RUNNING
        fails(wire.UNKNOWN, lambda: c.call("Start", id=cid), "running already")
        fails(wire.PRECONDITION, lambda: c.call("Delete", id=cid), "running process")
        fails(wire.UNKNOWN, lambda: c.call("Resume", id=cid), "not paused")
        c.call("Pause", id=cid)
        assert c.call("State", id=cid)["status"] == PAUSED
        fails(wire.UNKNOWN, lambda: c.call("Pause", id=cid), "paused already")
        c.call("Resume", id=cid)
        assert c.call("State", id=cid)["status"] == RUNNING
        r.events.wait_for("/tasks/paused", container_id=cid)
        r.events.wait_for("/tasks/resumed", container_id=cid)
        c.call("Kill", id=cid, signal=9)
        assert r.ended(c, cid) == 137
        fails(wire.NOT_FOUND, lambda: c.call("Kill", id=cid, signal=9, all=True), "already finished")
        fails(wire.UNKNOWN, lambda: c.call("Start", id=cid), "stopped")
        fails(wire.UNKNOWN, lambda: c.call("Pause", id=cid), "stopped")
        fails(wire.UNKNOWN, lambda: c.call("Update", id=cid), "stopped")
        c.call("CloseIO", id=cid, stdin=True)
        c.call("Delete", id=cid)
        fails(wire.NOT_FOUND, lambda: c.call("Delete", id=cid))
        r.shutdown(c, cid)


def test_a_failed_create_leaves_nothing_and_says_why(r):
    cid, b, c = r.shim("/nothere", mounted=True)
    message = fails(wire.UNKNOWN, lambda: c.call(
        "Create", id=cid, bundle=b, options=r.options(),
        rootfs=[{"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind", "ro"]}]))
    assert message.startswith("OCI runtime create failed: ") and "/nothere" in message, message
    assert not mounts_below(b)
    fails(wire.NOT_FOUND, lambda: c.call("Delete", id=cid))
    assert not os.path.exists("%s/%s/%s" % (r.root, rig.NS, cid))
    r.shutdown(c, cid)


def test_a_guest_that_cannot_be_gives_urunc_s_words(r):
    def wrong(config):
        config.setdefault("annotations", {})["com.urunc.unikernel.hypervisor"] = "qemuu"
    cid, b, c = r.shim("/urunit", change=wrong, **GUEST)
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options()),
          "OCI runtime create failed: ", "unsupported monitor 'qemuu'")
    r.shutdown(c, cid)


def test_short_lives_keep_their_order(r):
    """A process that ends while it is being started: many of them in one shim."""
    def one_pod(config):
        config.setdefault("annotations", {})["io.kubernetes.cri.sandbox-id"] = "short"
    n = int(os.environ.get("SHORT_LIVES", "30"))
    cid, b = r.bundle("/bin/true", change=one_pod)
    r.start(cid, b)
    c = r.connect()
    for i in range(n):
        if i:
            cid, b = r.bundle("/bin/true", change=one_pod)
        c.call("Create", id=cid, bundle=b, options=r.options())
        start = c.send("Start", id=cid)
        wait = c.send("Wait", id=cid)
        c.answer(start)
        assert c.answer(wait)["exit_status"] == 0
        c.call("Delete", id=cid)
        r.events.wait_for("/tasks/delete", container_id=cid)
        assert r.events.topics(cid) == ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"], r.events.topics(cid)
    r.shutdown(c, cid)


def test_death_between_create_and_start(r):
    for kind in ({}, GUEST):
        cid, _, c = r.container("/urunit" if kind else "/init", "fake.wait", **kind)
        pid = c.call("State", id=cid)["pid"]
        os.kill(pid, signal.SIGKILL)
        r.events.wait_for("/tasks/exit", id=cid)
        assert r.events.topics(cid) == ["/tasks/create", "/tasks/exit"]
        fails(wire.UNKNOWN, lambda: c.call("Start", id=cid), "stopped")
        assert r.finish(c, cid)["exit_status"] == 137


def test_a_container_that_was_never_started_can_be_deleted(r):
    def shared(config):
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "pid"]
    for kind in ({}, GUEST, {"change": shared}):
        cid, _, c = r.container("/urunit" if kind is GUEST else "/init", "fake.wait", **kind)
        pid = c.call("State", id=cid)["pid"]
        assert c.call("Delete", id=cid)["pid"] == pid
        assert not os.path.exists("/proc/%d" % pid)
        r.events.wait_for("/tasks/delete", container_id=cid)
        assert r.events.topics(cid) == ["/tasks/create", "/tasks/exit", "/tasks/delete"], r.events.topics(cid)
        r.shutdown(c, cid)


def test_waiting_before_at_and_after_the_end(r):
    cid, _, c = r.container("/init", "fake.wait")
    waits = [c.send("Wait", id=cid) for _ in range(20)]
    other = r.connect()
    dropped = other.send("Wait", id=cid)
    other.close()
    c.call("Start", id=cid)
    waits += [c.send("Wait", id=cid)]
    c.call("Kill", id=cid, signal=9)
    answers = [c.answer(w) for w in waits] + [c.call("Wait", id=cid)]
    assert all(a == answers[0] for a in answers) and answers[0]["exit_status"] == 137, answers
    assert dropped
    r.finish(c, cid, kill=False)


def test_signals_by_number(r):
    paths, ends = r.fifos("stdout")
    cid, _, c = r.running("/init", "fake.wait", "fake.ignore=TERM", io=paths)
    rig.read_some(ends["stdout"], b"WAITING")
    for signo in (signal.SIGUSR1, signal.SIGWINCH):
        c.call("Kill", id=cid, signal=signo)
        rig.read_some(ends["stdout"], b"SIGNAL %d" % signo)
    fails(wire.INVALID, lambda: c.call("Kill", id=cid, signal=99), "no signal 99")
    r.finish(c, cid)


def test_shutdown_waits_for_the_last_container(r):
    cid, _, c = r.container("/init", "fake.wait")
    c.call("Shutdown", id=cid)
    c.call("Shutdown", id=cid, now=True)
    assert c.call("State", id=cid)["status"] == CREATED
    assert os.path.exists(r.sockets[-1])
    pid = r.pids[-1]
    begin = time.monotonic()
    r.finish(c, cid)
    within(5, lambda: not os.path.exists("/proc/%d/exe" % pid) or is_zombie(pid), "the shim ends")
    assert time.monotonic() - begin < 5


def is_zombie(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_pids(r):
    for kind in ({}, GUEST):
        cid, _, c = r.container("/urunit" if kind else "/init", "fake.wait", **kind)
        init = c.call("State", id=cid)["pid"]
        assert [p["pid"] for p in c.call("Pids", id=cid)["processes"]] == [init]
        c.call("Start", id=cid)
        pids = within(10, lambda: (lambda p: p if len(p) > 1 else None)(
            [p["pid"] for p in c.call("Pids", id=cid)["processes"]]), "a second process")
        assert init in pids, pids
        for pid in pids:
            with open("/proc/%d/cgroup" % pid) as f:
                assert cid in f.read()
        c.call("Kill", id=cid, signal=9)
        r.ended(c, cid)
        # An empty list would make containerd throw the end of the container away.
        assert [p["pid"] for p in c.call("Pids", id=cid)["processes"]] == [init]
        r.finish(c, cid, kill=False)


def test_stats(r):
    for kind in ({}, GUEST):
        cid, _, c = r.running("/urunit" if kind else "/init", "fake.wait", **kind)
        stats = c.call("Stats", id=cid)["stats"]
        metrics = wire.decode(wire.METRICS[stats["type_url"]], stats["value"])
        if "v1" in stats["type_url"]:
            assert metrics["memory"]["usage"]["usage"] > 0 and metrics["cpu"]["usage"]["total"] > 0, metrics
        else:
            assert metrics["memory"]["usage"] > 0 and metrics["cpu"]["usage_usec"] > 0, metrics
        assert metrics["pids"]["current"] >= 1, metrics
        c.call("Kill", id=cid, signal=9)
        r.ended(c, cid)
        c.call("Delete", id=cid)
        fails(wire.NOT_FOUND, lambda: c.call("Stats", id=cid))
        r.shutdown(c, cid)


def limit(config):
    config["linux"].setdefault("resources", {})["memory"] = {"limit": 32 << 20}


def test_update_reaches_the_runtime(r):
    cid, _, c = r.running("/init", "fake.wait", change=limit)
    c.call("Update", id=cid, resources={"type_url": "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources",
                                        "value": b'{"memory":{"limit":67108864,"swap":67108864}}'})
    stats = c.call("Stats", id=cid)["stats"]
    memory = wire.decode(wire.METRICS[stats["type_url"]], stats["value"])["memory"]
    got = memory["usage"]["limit"] if "v1" in stats["type_url"] else None
    assert got in (None, 64 << 20), memory
    fails(wire.UNKNOWN, lambda: c.call("Update", id=cid, resources={"type_url": "x", "value": b"no json"}),
          "OCI runtime update failed")
    r.finish(c, cid)


def test_oom_is_told_before_the_end(r):
    def small(config):
        config["linux"].setdefault("resources", {})["memory"] = {"limit": 16 << 20, "swap": 16 << 20}
    cid, _, c = r.running("/bin/sh", "-c", "x=0123456789abcdef; while :; do x=$x$x; done", change=small)
    assert r.ended(c, cid) == 137
    r.events.wait_for("/tasks/exit", id=cid)
    topics = r.events.topics(cid)
    assert topics.index("/tasks/oom") < topics.index("/tasks/exit"), topics
    r.finish(c, cid, kill=False)


def test_what_lives_beside_the_init_process_dies_with_it(r):
    """A container in the host's PID namespace: nothing in the kernel ends its other processes."""
    def shared(config):
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "pid"]
        config["process"]["args"] = ["/bin/sh", "-c", "sleep 1234567 & exec sleep 7654321"]
    cid, _, c = r.running("x", change=shared)
    pids = within(10, lambda: (lambda p: p if len(p) > 1 else None)(
        [p["pid"] for p in c.call("Pids", id=cid)["processes"]]), "two processes")
    os.kill(c.call("State", id=cid)["pid"], signal.SIGKILL)
    assert r.ended(c, cid) == 137
    for pid in pids:
        within(5, lambda p=pid: not os.path.exists("/proc/%d" % p), "process %d dies" % pid)
    r.finish(c, cid, kill=False)


def test_checkpoint_and_restore_are_refused_for_guests(r):
    cid, b, c = r.running("/urunit", "fake.wait", **GUEST)
    fails(wire.UNIMPLEMENTED, lambda: c.call("Checkpoint", id=cid, path=r.dir), "virtual machines")
    other, ob = r.bundle("/init")
    fails(wire.UNIMPLEMENTED, lambda: c.call("Create", id=other, bundle=ob, checkpoint="/x"), "checkpoint")
    r.finish(c, cid)


def test_names_that_are_paths_are_refused(r):
    cid, b, c = r.shim("/init")
    for bad in ("", "../x", "a/b", ".", "x" * 77, "-x"):
        fails(wire.INVALID, lambda name=bad: c.call("Create", id=name, bundle=b))
    fails(wire.INVALID, lambda: c.call("Create", id="x", bundle="relative"))
    r.shutdown(c, cid)


def test_the_runtimes_call_is_that_of_containerds_own_shim(r):
    """Words, environment and descriptors, told by a runtime that only notes them."""
    spy = r.dir + "/spy"
    with open(spy, "w") as f:
        f.write("""#!/bin/sh
printf '%%s\\n' "$@" >%(d)s/words
env >%(d)s/env
ls -l /proc/$$/fd >%(d)s/fds
pwd >%(d)s/cwd
exec %(build)s/bin/urunc "$@"
""" % {"d": r.dir, "build": rig.BUILD})
    os.chmod(spy, 0o755)
    cid, b = r.bundle("/init", "fake.wait")
    r.start(cid, b, env={"NOTIFY_SOCKET": "/x", "HELLO": "there"})
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=spy, systemd_cgroup=False, no_pivot_root=True))

    def noted(name):
        with open(r.dir + "/" + name) as f:
            return f.read().split("\n")[:-1]
    assert noted("words") == ["--root", "%s/%s" % (r.root, rig.NS), "--log", b + "/log.json", "--log-format", "json",
                              "create", "--bundle", b, "--pid-file", b + "/init.pid", "--no-pivot", cid], noted("words")
    assert "HELLO=there" in noted("env") and not [v for v in noted("env") if v.startswith("NOTIFY_SOCKET")]
    assert {line.split(" -> ")[1] for line in noted("fds")[1:]} == {"/dev/null", spy, r.dir + "/fds"}, noted("fds")
    assert noted("cwd") == [b]
    c.call("Start", id=cid)
    assert noted("words")[6:] == ["start", cid]
    c.call("Kill", id=cid, signal=9, all=True)
    assert noted("words")[6:] == ["kill", "--all", cid, "9"]
    r.ended(c, cid)
    c.call("Delete", id=cid)
    assert noted("words")[6:] == ["delete", cid]
    r.shutdown(c, cid)


def test_the_delegate_is_called_without_urunc_between(r):
    """For a delegated container urunc is asked at Create only."""
    wrapped = r.dir + "/bin"
    os.mkdir(wrapped)
    with open(wrapped + "/containerd-shim-urunc-v2", "wb") as to, open(rig.SHIM, "rb") as f:
        to.write(f.read())
    with open(wrapped + "/urunc", "w") as f:
        f.write("#!/bin/sh\necho \"$*\" >>%s/urunc-calls\nexec %s/bin/urunc \"$@\"\n" % (r.dir, rig.BUILD))
    for f in os.listdir(wrapped):
        os.chmod(wrapped + "/" + f, 0o755)
    cid, b = r.bundle("/init", "fake.exit=3")
    p = subprocess.run([wrapped + "/containerd-shim-urunc-v2", *r.words(cid, "start")], cwd=b, env=r.env, check=True,
                       stdin=subprocess.DEVNULL, capture_output=True)
    r.note(p.stdout.decode())
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options())
    c.call("Start", id=cid)
    assert r.ended(c, cid) == 3
    c.call("Delete", id=cid)
    with open(r.dir + "/urunc-calls") as f:
        calls = f.read().split("\n")[:-1]
    assert len(calls) == 1 and " create " in calls[0], calls
    r.shutdown(c, cid)
