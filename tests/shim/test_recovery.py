# SPDX-License-Identifier: Apache-2.0
"""Shims that are killed, runtimes that hang, disks that are full: what is told stays true, and all can be deleted."""
import os
import shutil
import signal
import subprocess
import time

import rig
import wire
from rig import fails, mounts_below, within


def gone(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def kill_shim(r):
    os.kill(r.pids[-1], signal.SIGKILL)
    within(5, lambda: gone(r.pids[-1]), "the shim is dead")


def forget(r):
    """containerd leaves the socket of a killed shim to the next start."""
    for s in r.sockets:
        if os.path.exists(s):
            os.unlink(s)


def test_delete_after_a_killed_shim(r):
    for kind in ({}, {"guest": True}):
        cid, b, c = r.running("/urunit" if kind else "/init", "fake.wait", **kind)
        init = c.call("State", id=cid)["pid"]
        kill_shim(r)
        for _ in range(2):
            answer = r.delete_binary(cid, b)
            assert answer["exit_status"] == 137 and answer["pid"] == init, answer
            assert answer["exited_at"]["seconds"] > time.time() - 60
        within(5, lambda p=init: gone(p), "the container is dead")
        assert not os.path.exists("%s/%s/%s" % (r.root, rig.NS, cid))
        forget(r)


def test_delete_after_a_killed_shim_unmounts(r):
    cid, b, c = r.shim("/init", "fake.wait", mounted=True)
    c.call("Create", id=cid, bundle=b, options=r.options(),
           rootfs=[{"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]}])
    kill_shim(r)
    r.delete_binary(cid, b)
    assert not mounts_below(b)
    forget(r)


def test_a_true_status_outlives_the_shim(r):
    for kind in ({}, {"guest": True}):
        cid, b, c = r.running("/urunit" if kind else "/init", "fake.exit=6", **kind)
        waited = c.call("Wait", id=cid)
        kill_shim(r)
        answer = r.delete_binary(cid, b)
        assert answer["exit_status"] == 6 and answer["exited_at"] == waited["exited_at"], answer
        forget(r)


def test_delete_after_an_ordinary_one_is_quick_and_true(r):
    cid, b, c = r.running("/init", "fake.exit=6")
    r.ended(c, cid)
    r.finish(c, cid, kill=False)
    # With a runtime that would be noticed.
    with open(r.dir + "/urunc", "w") as f:
        f.write("#!/bin/sh\ntouch %s/called\n" % r.dir)
    begin = time.monotonic()
    assert r.delete_binary(cid, b)["exit_status"] == 6
    assert time.monotonic() - begin < 1 and not os.path.exists(r.dir + "/called")


def slow_delete(r, first="", last=""):
    """A runtime whose delete goes on until the test lets it; the process that waits for it is noted in "worker"."""
    slow = r.dir + "/slow"
    with open(slow, "w") as f:
        f.write("""#!/bin/sh
case " $* " in *' delete '*)
	echo $PPID $(ps -o sid= -p $$) >{dir}/.worker && mv {dir}/.worker {dir}/worker
	{first}
	n=0
	until [ -e {dir}/go-on ] || [ $n = 400 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	{last}
	exit
esac
exec {urunc} "$@"
""".format(dir=r.dir, urunc=rig.BUILD + "/bin/urunc", first=first, last=last))
    os.chmod(slow, 0o755)
    return slow


def worker(r):
    """Its number, and that of its session."""
    within(10, lambda: os.path.exists(r.dir + "/worker"), "the runtime deletes")
    with open(r.dir + "/worker") as f:
        return [int(n) for n in f.read().split()]


def go_on(r):
    open(r.dir + "/go-on", "w").close()


def test_a_slow_runtime_is_not_ended_by_delete(r):
    """containerd gets its answer in time, and what the runtime was at work on is finished after it."""
    slow = slow_delete(r, last='exec %s/bin/urunc "$@"' % rig.BUILD)
    cid, b, c = r.shim("/init", "fake.wait")
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=slow))
    c.call("Start", id=cid)
    init = c.call("State", id=cid)["pid"]
    kill_shim(r)
    begin = time.monotonic()
    # The end of both its streams is waited for.
    p = r.run(b, *r.words(cid, "delete", "-bundle", b))
    assert time.monotonic() - begin < 10, time.monotonic() - begin
    assert p.returncode == 0 and wire.decode(wire.EXITED, p.stdout)["exit_status"] == 137, p
    assert b"still at work" in p.stderr, p
    assert gone(init)
    assert os.path.exists("%s/%s/%s" % (r.root, rig.NS, cid))
    assert worker(r)[1] not in (os.getsid(0), 0)
    go_on(r)
    within(10, lambda: not os.path.exists("%s/%s/%s" % (r.root, rig.NS, cid)), "the state directory goes")
    assert not r.cgroups()
    forget(r)


def test_a_slow_runtime_unmounts_nothing_of_a_later_container(r):
    """What it has mounted goes with it, unless the bundle has been removed, and there is another of that name."""
    mount = ["mount", "--bind", rig.SHARED + "/plain"]
    for again in (False, True):
        cid, b, c = r.shim("/init", "fake.wait")
        c.call("Create", id=cid, bundle=b, options=r.options(
            binary_name=slow_delete(r, first='%s/bin/urunc "$@"' % rig.BUILD)))
        kill_shim(r)
        p = r.run(b, *r.words(cid, "delete", "-bundle", b))
        assert p.returncode == 0 and b"still at work" in p.stderr, p
        assert not os.path.exists("%s/%s/%s" % (r.root, rig.NS, cid))
        if again:
            shutil.rmtree(b)
            os.makedirs(b + "/rootfs")
        subprocess.run([*mount, b + "/rootfs"], check=True)
        pid = worker(r)[0]
        go_on(r)
        within(10, lambda p=pid: gone(p), "the process that waits for the runtime has ended")
        assert bool(mounts_below(b)) == again
        forget(r)
        for left in ("worker", "go-on"):
            os.unlink(r.dir + "/" + left)
    subprocess.run(["umount", b + "/rootfs"], check=True)


def test_a_runtime_that_nobody_waits_for_any_more_is_no_success(r):
    cid, b, c = r.shim("/init", "fake.wait")
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=slow_delete(r)))
    kill_shim(r)
    p = subprocess.Popen([rig.SHIM, *r.words(cid, "delete", "-bundle", b)], cwd=b, env=r.env, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    os.kill(worker(r)[0], signal.SIGKILL)
    out, err = p.communicate(timeout=20)
    assert p.returncode == 0 and wire.decode(wire.EXITED, out)["exit_status"] == 137, (p.returncode, out, err)
    assert b"whether it has succeeded is not known" in err, err
    go_on(r)
    subprocess.run([rig.BUILD + "/bin/urunc", "--root", r.root + "/" + rig.NS, "delete", "--force", cid], check=True,
                   env=r.env)
    forget(r)


def test_delete_tells_what_a_runtime_says(r):
    """Of one that cannot be called at all, too."""
    for text, said in (("#!/nowhere/sh\n", b"cannot execute"), ("#!/bin/sh\nexit 9\n", b"status 9")):
        cid, b, c = r.shim("/init", "fake.wait")
        broken = r.dir + "/broken"
        with open(broken, "w") as f:
            f.write('#!/bin/sh\nexec %s/bin/urunc "$@"\n' % rig.BUILD)
        os.chmod(broken, 0o755)
        c.call("Create", id=cid, bundle=b, options=r.options(binary_name=broken))
        kill_shim(r)
        with open(broken, "w") as f:
            f.write(text)
        p = r.run(b, *r.words(cid, "delete", "-bundle", b))
        assert p.returncode == 0 and said in p.stderr, p
        subprocess.run([rig.BUILD + "/bin/urunc", "--root", r.root + "/" + rig.NS, "delete", "--force", cid], check=True,
                       env=r.env)
        forget(r)


def test_delete_with_nothing_there(r):
    cid, b = r.bundle("/init")
    assert r.delete_binary(cid, b)["exit_status"] == 137
    os.rmdir(b + "/rootfs")
    assert r.delete_binary(cid, b)["exit_status"] == 137
    # By its own directory, when no bundle is named.
    p = r.run(b, *r.words(cid, "delete"))
    assert p.returncode == 0, p
    with open(b + "/urunc-shim.json", "w") as f:
        f.write("nonsense")
    p = r.run(b, *r.words(cid, "delete", "-bundle", b))
    assert p.returncode == 0 and b"urunc-shim.json" in p.stderr, p


def test_delete_of_one_leaves_the_others_of_the_pod(r):
    def pod(config):
        config.setdefault("annotations", {})["io.kubernetes.cri.sandbox-id"] = "pod-d%d" % os.getpid()
    sandbox, sb = r.bundle("/init", "fake.wait", change=pod)
    other, ob = r.bundle("/urunit", "fake.wait", change=pod, guest=True)
    r.start(sandbox, sb)
    r.start(other, ob)
    first, second = r.connect(), r.connect()
    for c, cid, b in ((first, sandbox, sb), (second, other, ob)):
        c.call("Create", id=cid, bundle=b, options=r.options())
        c.call("Start", id=cid)
    second.call("Kill", id=other, signal=9)
    r.ended(second, other)
    second.call("Delete", id=other)
    second.call("Shutdown", id=other)
    second.close()
    assert r.delete_binary(other, ob)["exit_status"] == 137
    assert first.call("State", id=sandbox)["status"] == rig.RUNNING
    assert os.path.exists(r.sockets[0])
    r.finish(first, sandbox)


def hanging(r, command):
    """A runtime that hangs in one of its commands, until it is killed."""
    path = r.dir + "/hanging"
    with open(path, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' %s '*) touch %s/hangs; exec sleep 1000 </dev/null >/dev/null 2>&1 ;; esac\n"
                "exec %s/bin/urunc \"$@\"\n" % (command, r.dir, rig.BUILD))
    os.chmod(path, 0o755)
    return path


def hangs(r):
    within(10, lambda: os.path.exists(r.dir + "/hangs"), "the runtime hangs")


def test_a_runtime_that_hangs_in_create(r):
    cid, b, c = r.shim("/init", "fake.wait", mounted=True)
    creating = c.send("Create", id=cid, bundle=b, options=r.options(binary_name=hanging(r, "create")),
                      rootfs=[{"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]}])
    hangs(r)
    begin = time.monotonic()
    assert c.call("Connect", id=cid)["shim_pid"] == r.pids[-1]
    fails(wire.NOT_FOUND, lambda: c.call("State", id=cid))
    assert time.monotonic() - begin < 1
    assert not c.has_answer(creating, 0.2)
    # containerd gives up, and deletes.
    fails(wire.NOT_FOUND, lambda: c.call("Delete", id=cid))
    fails(wire.UNKNOWN, lambda: c.answer(creating), "ended by signal 9")
    assert not mounts_below(b)
    r.shutdown(c, cid)


def test_a_shutdown_during_a_failed_create_is_remembered(r):
    """containerd gives up Create, does not wait for the end of the cleanup, and never comes again."""
    slow = r.dir + "/slow"
    with open(slow, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' create '*) touch %s/hangs; exec sleep 1000 </dev/null >/dev/null 2>&1 ;;\n"
                "*' delete '*) sleep 1 ;; esac\nexec %s/bin/urunc \"$@\"\n" % (r.dir, rig.BUILD))
    os.chmod(slow, 0o755)
    cid, b, c = r.shim("/init", "fake.wait")
    creating = c.send("Create", id=cid, bundle=b, options=r.options(binary_name=slow))
    hangs(r)
    deleting = c.send("Delete", id=cid)
    assert not c.has_answer(deleting, 0.2)
    c.call("Shutdown", id=cid)
    assert os.path.exists(r.sockets[-1])
    fails(wire.UNKNOWN, lambda: c.answer(creating), "ended by signal 9")
    fails(wire.NOT_FOUND, lambda: c.answer(deleting))
    within(5, lambda: gone(r.pids[-1]), "the shim ends")
    assert not os.path.exists(r.sockets[-1])


def test_a_shutdown_during_a_create_that_succeeds_is_forgotten(r):
    slow = r.dir + "/slow"
    with open(slow, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' create '*) touch %s/hangs; sleep 1 ;; esac\nexec %s/bin/urunc \"$@\"\n"
                % (r.dir, rig.BUILD))
    os.chmod(slow, 0o755)
    cid, b, c = r.shim("/init", "fake.wait")
    creating = c.send("Create", id=cid, bundle=b, options=r.options(binary_name=slow))
    hangs(r)
    c.call("Shutdown", id="another")
    c.answer(creating)
    c.call("Delete", id=cid)
    assert c.call("Connect", id=cid)["shim_pid"] == r.pids[-1]
    r.shutdown(c, cid)


def test_a_runtime_that_hangs_in_start(r):
    cid, b, c = r.shim("/init", "fake.wait")
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=hanging(r, "start")))
    starting = c.send("Start", id=cid)
    hangs(r)
    assert c.call("State", id=cid)["status"] == rig.CREATED
    c.call("Kill", id=cid, signal=9)
    assert not c.has_answer(starting, 0.1)
    deleting = c.send("Delete", id=cid)
    fails(wire.UNKNOWN, lambda: c.answer(starting), "OCI runtime start failed")
    assert c.answer(deleting)["exit_status"] == 137
    r.shutdown(c, cid)


def test_a_runtime_that_hangs_in_kill(r):
    cid, b, c = r.shim("/init", "fake.wait")
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=hanging(r, "kill")))
    c.call("Start", id=cid)
    killing = c.send("Kill", id=cid, signal=9)
    hangs(r)
    assert c.call("State", id=cid)["status"] == rig.RUNNING
    # It is not waited for longer than this; KILL is the kernel's business then.
    c.answer(killing)
    assert r.ended(c, cid) == 137
    r.finish(c, cid, kill=False)


def test_a_runtime_that_hangs_in_kill_holds_no_end_back(r):
    """Without a PID namespace the rest is killed before the end is told; Delete takes it all anyway."""
    def shared(config):
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "pid"]
    cid, b, c = r.shim("/init", "fake.wait", change=shared)
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=hanging(r, "kill")))
    c.call("Delete", id=cid)
    r.events.wait_for("/tasks/delete", container_id=cid)
    assert r.events.topics(cid) == ["/tasks/create", "/tasks/exit", "/tasks/delete"], r.events.topics(cid)
    r.shutdown(c, cid)


def test_a_kill_that_comes_too_late_hits_nobody_else(r):
    """The runtime's kill fails when a new container of the same name is there already."""
    cid, b, c = r.shim("/init", "fake.wait")
    slow = r.dir + "/slow"
    with open(slow, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' kill '*) echo $$ >%s/hangs; exec sleep 1000 </dev/null >/dev/null 2>&1 ;; esac\n"
                "exec %s/bin/urunc \"$@\"\n" % (r.dir, rig.BUILD))
    os.chmod(slow, 0o755)
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=slow))
    c.call("Start", id=cid)
    killing = c.send("Kill", id=cid, signal=9)
    hangs(r)
    os.kill(c.call("State", id=cid)["pid"], signal.SIGKILL)
    assert r.ended(c, cid) == 137
    c.call("Delete", id=cid)
    c.call("Create", id=cid, bundle=b, options=r.options())
    c.call("Start", id=cid)
    within(5, lambda: open(r.dir + "/hangs").read(), "the runtime's number")
    os.kill(int(open(r.dir + "/hangs").read()), signal.SIGKILL)
    fails(wire.NOT_FOUND, lambda: c.answer(killing), "already finished")
    assert c.call("State", id=cid)["status"] == rig.RUNNING
    assert not gone(c.call("State", id=cid)["pid"])
    r.finish(c, cid)


def test_a_runtime_that_cannot_delete(r):
    """The mounts are taken away without it, and its words are told."""
    cid, b, c = r.shim("/bin/sh", "-c", "exit 3", mounted=True)
    broken = r.dir + "/broken"
    with open(broken, "w") as f:
        f.write("#!/bin/sh\ncase \" $* \" in *' delete '*) if [ ! -e %s/mended ]; then exit 9; fi ;; esac\n"
                "exec %s/bin/urunc \"$@\"\n" % (r.dir, rig.BUILD))
    os.chmod(broken, 0o755)
    c.call("Create", id=cid, bundle=b, options=r.options(binary_name=broken),
           rootfs=[{"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]}])
    c.call("Start", id=cid)
    assert r.ended(c, cid) == 3
    fails(wire.UNKNOWN, lambda: c.call("Delete", id=cid), "status 9")
    assert not mounts_below(b)
    open(r.dir + "/mended", "w").close()
    assert c.call("Delete", id=cid)["exit_status"] == 3
    r.shutdown(c, cid)


def test_a_full_disk(r):
    """The bundle's file system is full from Create to Delete: statuses stay true."""
    small = r.small("256k")
    cid, b = r.bundle("/init", "fake.exit=6")
    b = shutil.move(b, small + "/" + cid)
    r.start(cid, b)
    c = r.connect()
    c.call("Create", id=cid, bundle=b, options=r.options())
    r.fill(small)
    c.call("Start", id=cid)
    waited = c.call("Wait", id=cid)
    assert waited["exit_status"] == 6
    kill_shim(r)
    answer = r.delete_binary(cid, b)
    assert answer["exit_status"] == 6 and answer["exited_at"] == waited["exited_at"], answer
    forget(r)
    subprocess.run(["umount", small], check=True)


def test_a_disk_that_is_full_already(r):
    small = r.small("64k")
    cid, b = r.bundle("/init")
    b = shutil.move(b, small + "/" + cid)
    r.start(cid, b)
    c = r.connect()
    r.fill(small)
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options()), "No space left")
    fails(wire.NOT_FOUND, lambda: c.call("Delete", id=cid))
    r.shutdown(c, cid)
    subprocess.run(["umount", small], check=True)


def test_a_start_that_cannot_answer_leaves_no_shim(r):
    small = r.small("64k")
    cid, b = r.bundle("/init")
    b = shutil.move(b, small + "/" + cid)
    r.fill(small)
    p = r.run(b, *r.words(cid, "start"))
    assert p.returncode == 1 and b"No space left" in p.stderr, p
    assert not os.path.exists(r.path_of(cid))
    within(5, lambda: not r.left() or all("mount" in x for x in r.left()), "nothing runs: %s" % r.left())
    subprocess.run(["umount", small], check=True)


def test_two_deletes_at_once(r):
    cid, b, c = r.running("/init", "fake.exit=0")
    r.ended(c, cid)
    other = r.connect()
    first, second = c.send("Delete", id=cid), other.send("Delete", id=cid)
    results = []
    for client, sent in ((c, first), (other, second)):
        try:
            results.append(client.answer(sent)["exit_status"])
        except wire.RpcError as e:
            results.append("code %d" % e.code)
    assert sorted(map(str, results)) == ["0", "code 5"], results
    r.shutdown(c, cid)
