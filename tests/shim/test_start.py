# SPDX-License-Identifier: Apache-2.0
"""How a shim begins: modes, answers, addresses, grouping, and what it is as a process."""
import os
import shutil
import signal
import socket
import subprocess
import time

import rig
import wire
from rig import within


def end(r, c, cid):
    r.shutdown(c, cid)


def test_version_and_info_need_nothing(r):
    p = r.run(r.dir, "-v")
    assert p.returncode == 0 and b"Version:" in p.stdout, p
    p = r.run(r.dir, "-info")
    assert p.returncode == 0, p
    info = wire.decode(wire.RUNTIME_INFO, p.stdout)
    assert info["name"] == "io.containerd.urunc.v2" and info["version"]["version"], info
    assert info["features"]["type_url"].endswith("features/Features"), info
    assert b"ociVersionMax" in info["features"]["value"], info


def test_info_gives_the_options_back(r):
    options = wire.encode(wire.ANY, {"type_url": "runtimeoptions.v1.Options", "value": b"\x12\x04/cfg"[:0]})
    p = r.run(r.dir, "-info", stdin=options)
    assert wire.decode(wire.RUNTIME_INFO, p.stdout)["options"]["type_url"] == "runtimeoptions.v1.Options"


def test_a_namespace_is_needed(r):
    p = r.run(r.dir, "-id", "x", "start")
    assert p.returncode != 0 and p.stdout == b"" and b"namespace" in p.stderr and p.stderr.count(b"\n") == 1, p


def test_the_old_answer_is_the_address_and_nothing_else(r):
    cid, b = r.bundle("/init")
    for stdin in (b"", wire.encode(wire.ANY, {"type_url": "containerd.runc.v1.Options"}),
                  wire.encode(wire.ANY, r.options(binary_name="x")),
                  wire.encode(wire.ANY, {"type_url": "runtimeoptions.v1.Options",
                                         "value": wire.encode(wire.GENERIC_OPTIONS, {"config_body": b"x = 1\n"})}),
                  # What comes closest to the new way: a value that is the namespace.
                  wire.encode(wire.ANY, {"type_url": "containerd.runc.v1.Options", "value": rig.NS.encode()})[:0]):
        assert r.start(cid, b, stdin) == ("unix://" + r.path_of(cid)).encode()
    end(r, r.connect(), cid)


def test_the_new_answer_is_a_message(r):
    cid, b = r.bundle("/init")
    sockets = r.dir + "/s"
    out = r.start(cid, b, wire.encode(wire.BOOTSTRAP_PARAMS, {
        "instance_id": cid, "namespace": rig.NS, "log_level": -4, "containerd_ttrpc_address": r.events.path,
        "containerd_grpc_address": r.address, "socket_dir": sockets,
        "extensions": [{"value": {"type_url": "runtimeoptions.v1.Options"}}]}))
    result = wire.decode(wire.BOOTSTRAP_RESULT, out)
    assert result["version"] == 2 and result["protocol"] == "ttrpc", result
    assert result["address"].startswith("unix://" + sockets + "/"), result
    assert os.stat(sockets).st_mode & 0o777 == 0o700
    end(r, r.connect(), cid)


def test_an_any_whose_value_is_the_namespace_is_no_bootstrap(r):
    cid, b = r.bundle("/init")
    out = r.start(cid, b, wire.encode(wire.ANY, {"type_url": "x.Options", "value": rig.NS.encode()}))
    assert out.startswith(b"unix://"), out
    end(r, r.connect(), cid)


def test_a_socket_path_that_is_too_long_is_refused_in_words(r):
    cid, b = r.bundle("/init")
    p = r.run(b, *r.words(cid, "start"), stdin=wire.encode(wire.BOOTSTRAP_PARAMS, {
        "instance_id": cid, "namespace": rig.NS, "socket_dir": "/" + "d" * 60}))
    assert p.returncode != 0 and b"at most 106" in p.stderr and p.stdout == b"", p


def test_the_helper_leaves_nothing_open_and_the_socket_is_ready(r):
    cid, b = r.bundle("/init")
    read, write = os.pipe()
    p = subprocess.Popen([rig.SHIM, *r.words(cid, "start")], cwd=b, env=r.env, stdin=subprocess.DEVNULL, stdout=write,
                         stderr=write, pass_fds=[write])
    os.close(write)
    out = rig.read_all(read, 5)
    done = time.monotonic()
    r.note(out.decode())
    socket.socket(socket.AF_UNIX).connect(r.sockets[-1])
    assert p.wait() == 0
    assert time.monotonic() - done < 1
    os.close(read)
    c = r.connect()
    fds = {os.readlink("/proc/%d/fd/%s" % (r.pids[-1], f)) for f in os.listdir("/proc/%d/fd" % r.pids[-1])}
    assert all(f == "/dev/null" or f.startswith(("socket:", "anon_inode:")) or f.endswith("/log") for f in fds), fds
    end(r, c, cid)


def test_address_file(r):
    cid, b = r.bundle("/init")
    out = r.start(cid, b)
    with open(b + "/address", "rb") as f:
        assert f.read() == out
    assert sorted(os.listdir(b)) == ["address", "config.json", "rootfs"], os.listdir(b)
    assert os.stat(r.path_of(cid)).st_mode & 0o777 == 0o600
    end(r, r.connect(), cid)


def pod(name, key="io.kubernetes.cri.sandbox-id"):
    def change(config):
        config.setdefault("annotations", {})[key] = name
    return change


def test_containers_of_a_pod_share_a_shim(r):
    sandbox, sb = r.bundle("/init", change=pod("pod-a"))
    other, ob = r.bundle("/init", change=pod("pod-a"))
    out = r.start(sandbox, sb)
    assert out == ("unix://" + r.path_of("pod-a")).encode()
    c = r.connect()
    begin = time.monotonic()
    assert r.start(other, ob) == out
    assert time.monotonic() - begin < 1
    with open(ob + "/address", "rb") as f:
        assert f.read() == out
    assert r.connect().call("Connect", id="x")["shim_pid"] == r.pids[0]
    assert len(r.pids) == 1
    end(r, c, sandbox)


def test_a_newer_program_finds_the_shim_of_an_older_one(r):
    """Upgraded under a running pod: what start answers is what runs."""
    sandbox, sb = r.bundle("/init", change=pod("pod-u"))
    other, ob = r.bundle("/init", change=pod("pod-u"))
    old = r.dir + "/old-shim"
    shutil.copy(rig.SHIM, old)
    first = subprocess.run([old, *r.words(sandbox, "start")], cwd=sb, env=r.env, stdin=subprocess.DEVNULL,
                           capture_output=True, check=True).stdout
    os.unlink(old)
    r.note(first.decode())
    assert r.start(other, ob, wire.encode(wire.BOOTSTRAP_PARAMS, {"instance_id": other, "namespace": rig.NS}))
    assert r.sockets[0] == r.sockets[1]
    c = r.connect()
    c.call("Create", id=other, bundle=ob, options=r.options())
    r.finish(c, other)


def test_runcs_own_group_wins(r):
    def both(config):
        pod("pod-a")(config)
        pod("group-b", "io.containerd.runc.v2.group")(config)
    cid, b = r.bundle("/init", change=both)
    assert r.start(cid, b) == ("unix://" + r.path_of("group-b")).encode()
    end(r, r.connect(), cid)


def test_a_socket_that_nobody_serves_is_replaced(r):
    cid, b = r.bundle("/init")
    os.makedirs("/run/containerd/s", 0o700, exist_ok=True)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(r.path_of(cid))
    stale.listen(1)
    stale.close()
    r.start(cid, b)
    end(r, r.connect(), cid)


def stat_of(pid):
    with open("/proc/%d/stat" % pid) as f:
        return f.read().rsplit(")", 1)[1].split()


def test_the_daemon_as_a_process(r):
    cid, b = r.bundle("/init")
    parent = subprocess.Popen(["setsid", "sh", "-c", "echo 300 >/proc/self/oom_score_adj; cd %s; %s %s; read x" % (
        b, rig.SHIM, " ".join(r.words(cid, "start")))], env=r.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # The helper reads its options from the same standard input.
    parent.stdin.close()
    r.note(parent.stdout.readline().decode().strip() or parent.stdout.read().decode())
    c = r.connect()
    pid = r.pids[-1]
    stat = stat_of(pid)
    assert int(stat[2]) == pid, "a process group of its own: %s" % stat
    with open("/proc/%d/oom_score_adj" % pid) as f:
        assert f.read().strip() == "301"
    assert os.readlink("/proc/%d/cwd" % pid) == b
    os.kill(parent.pid, signal.SIGHUP)
    try:
        os.killpg(parent.pid, signal.SIGHUP)
    except ProcessLookupError:
        pass
    parent.wait()
    parent.stdout.close()
    assert c.call("Connect", id="x")["shim_pid"] == pid
    # Orphans of its children are its own.
    with open("/proc/%d/status" % pid) as f:
        assert "Threads:\t1\n" in f.read()
    end(r, c, cid)


def test_what_its_children_say_is_in_the_log(r):
    cid, b = r.bundle("/init")
    os.mkfifo(b + "/log", 0o700)
    log = os.open(b + "/log", os.O_RDONLY | os.O_NONBLOCK)
    r.fds.append(log)
    r.start(cid, b, words=("-debug",))
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options())
    # The child asked for the image, and nobody is there.
    rig.read_some(log, b"what containerd knows of its image")
    r.finish(c, cid)


def test_term_ends_it(r):
    cid, b = r.bundle("/init")
    r.start(cid, b)
    r.connect()
    os.kill(r.pids[-1], signal.SIGTERM)
    within(5, lambda: not os.path.exists(r.path_of(cid)), "the socket goes")


def test_the_shim_cgroup_option(r):
    cid, b = r.bundle("/init")
    group = "/us%d" % os.getpid()
    dirs = [os.path.join("/sys/fs/cgroup", d) + group for d in os.listdir("/sys/fs/cgroup")
            if os.path.exists("/sys/fs/cgroup/%s/cgroup.procs" % d)]
    where = next((d for d in dirs if "/memory/" in d or "/pids/" in d), "/sys/fs/cgroup" + group)
    os.mkdir(where)
    try:
        r.start(cid, b, wire.encode(wire.ANY, r.options(shim_cgroup=group)))
        c = r.connect()
        with open(where + "/cgroup.procs") as f:
            assert str(r.pids[-1]) in f.read().split()
        end(r, c, cid)
        within(5, lambda: not open(where + "/cgroup.procs").read(), "the group is empty")
    finally:
        within(5, lambda: not os.path.exists(where) or not os.rmdir(where), "the group goes")


def test_ignored_signals_are_not_inherited(r):
    """With SIGCHLD ignored the kernel would collect the children, and their statuses would be lost."""
    cid, b = r.bundle("/init", "fake.exit=7")
    p = r.run(b, *r.words(cid, "start"), before=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert p.returncode == 0, p
    r.note(p.stdout.decode())
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options())
    c.call("Start", id=cid)
    assert r.ended(c, cid) == 7
    r.finish(c, cid, kill=False)
