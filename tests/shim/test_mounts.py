# SPDX-License-Identifier: Apache-2.0
"""The mounts of a container's root, and their end."""
import os
import shutil
import subprocess

import rig
import wire
from rig import fails, mounts_below, within


def with_root(r, *rootfs, args=("/bin/sh", "-c", "test -x /bin/busybox && exit 3")):
    cid, b, c = r.shim(*args, mounted=True)
    c.call("Create", id=cid, bundle=b, options=r.options(), rootfs=list(rootfs))
    return cid, b, c


def runs(r, cid, c, status=3):
    c.call("Start", id=cid)
    assert r.ended(c, cid) == status
    r.finish(c, cid, kill=False)


def test_a_bind_mount_that_is_read_only(r):
    cid, b, c = with_root(r, {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind", "ro"]},
                          args=("/bin/sh", "-c", "touch /x 2>/dev/null || exit 3"))
    (_, options, _), = [m for m in mounts_below(b) if m[0] == b + "/rootfs"]
    assert "ro" in options.split(","), options
    assert r.events.wait_for("/tasks/create", container_id=cid)["rootfs"][0]["type"] == "bind"
    runs(r, cid, c)
    assert not mounts_below(b)


def test_an_overlay_of_very_many_layers(r):
    """More option text than a page holds: 100 layers with long names."""
    layers = r.dir + "/" + "snapshots-with-a-long-name"
    for n in range(99):
        os.makedirs("%s/%d/fs" % (layers, n))
    os.symlink(rig.SHARED + "/plain", layers + "/link")
    subprocess.run(["cp", "-a", rig.SHARED + "/plain", layers + "/base"], check=True)
    for d in ("upper", "work"):
        os.mkdir(r.dir + "/" + d)
    lower = ":".join("%s/%d/fs" % (layers, n) for n in range(99)) + ":" + layers + "/base"
    assert len(lower) > 4096
    cid, b, c = with_root(r, {"type": "overlay", "source": "overlay", "options": [
        "index=off", "workdir=%s/work" % r.dir, "upperdir=%s/upper" % r.dir, "lowerdir=" + lower]})
    runs(r, cid, c)
    assert not mounts_below(b)


def test_an_image_by_a_loop_device(r):
    image = r.dir + "/image"
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", rig.SHARED + "/plain", image, "16M"], check=True)
    cid, b, c = with_root(r, {"type": "ext4", "source": image, "options": ["loop", "ro"]})
    runs(r, cid, c)
    within(5, lambda: image not in subprocess.run(["losetup", "-a"], capture_output=True, text=True,
                                                  check=True).stdout, "the loop device is free again")


def test_a_second_mount_that_fails_takes_the_first_away(r):
    cid, b, c = r.shim("/bin/true", mounted=True)
    bind = {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind", "ro"]}
    message = fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options(), rootfs=[
        bind, {"type": "nosuchfs", "source": "x", "options": []}]))
    assert "nosuchfs" in message and b in message, message
    assert not mounts_below(b)
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options(), rootfs=[
        bind, {"type": "bind", "source": "/nothere", "target": "/etc", "options": ["bind"]}]), "/nothere")
    assert not mounts_below(b)
    r.shutdown(c, cid)


def test_a_mount_below_the_root(r):
    extra = r.dir + "/extra"
    os.mkdir(extra)
    with open(extra + "/file", "w") as f:
        f.write("x")
    cid, b, c = with_root(r, {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind", "rw"]},
                          {"type": "bind", "source": extra, "target": "/tmp/../tmp", "options": ["bind"]},
                          args=("/bin/sh", "-c", "test -e /tmp/file && exit 3"))
    runs(r, cid, c)
    assert not mounts_below(b)


def test_links_of_the_image_lead_nowhere_else(r):
    root, victim = r.dir + "/image", r.dir + "/victim"
    shutil.copytree(rig.SHARED + "/plain", root, symlinks=True)
    os.mkdir(victim)
    os.symlink(victim, root + "/out")
    os.symlink("/tmp", root + "/in")
    bind = {"type": "bind", "source": root, "options": ["rbind"]}
    extra = {"type": "bind", "source": rig.SHARED, "options": ["bind"]}
    cid, b, c = r.shim("/bin/sh", "-c", "test -e /tmp/urunc.toml && exit 3", mounted=True)
    fails(wire.UNKNOWN, lambda: c.call("Create", id=cid, bundle=b, options=r.options(),
                                       rootfs=[bind, {**extra, "target": "/out"}]), "/out")
    assert not mounts_below(victim) and not mounts_below(b)
    c.call("Create", id=cid, bundle=b, options=r.options(), rootfs=[bind, {**extra, "target": "/in"}])
    runs(r, cid, c)
    assert not mounts_below(b)


def test_a_bundle_that_is_called_by_a_link(r):
    """As /var/run/docker's are."""
    cid, b, c = r.shim("/bin/sh", "-c", "exit 3", mounted=True)
    os.symlink(r.dir + "/b", r.dir + "/link")
    c.call("Create", id=cid, bundle="%s/link/%s" % (r.dir, cid), options=r.options(),
           rootfs=[{"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]}])
    runs(r, cid, c)
    assert not mounts_below(b)


def test_nested_mounts_go_with_delete(r):
    cid, b, c = with_root(r, {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]})
    for d in ("/rootfs/tmp", "/rootfs/etc"):
        subprocess.run(["mount", "-t", "tmpfs", "none", b + d], check=True)
    os.mkdir(b + "/rootfs/tmp/deep")
    subprocess.run(["mount", "-t", "tmpfs", "none", b + "/rootfs/tmp/deep"], check=True)
    assert len(mounts_below(b)) == 4
    c.call("Kill", id=cid, signal=9)
    r.ended(c, cid)
    r.finish(c, cid, kill=False)
    assert not mounts_below(b)


def test_a_busy_mount_is_tried_again_and_others_are_served_meanwhile(r):
    cid, b, c = with_root(r, {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]})
    c.call("Kill", id=cid, signal=9)
    r.ended(c, cid)
    busy = os.open(b + "/rootfs/bin", os.O_RDONLY)
    deleting = c.send("Delete", id=cid)
    for _ in range(20):
        assert c.call("Connect", id=cid)["task_pid"] > 0
        assert c.call("State", id=cid)["status"] == rig.STOPPED
    assert not c.has_answer(deleting, 0.3)
    os.close(busy)
    assert c.answer(deleting)["exit_status"] == 137
    r.shutdown(c, cid)
    assert not mounts_below(b)


def test_a_mount_that_stays_busy_fails_delete_until_it_is_free(r):
    cid, b, c = with_root(r, {"type": "bind", "source": rig.SHARED + "/plain", "options": ["rbind"]})
    c.call("Kill", id=cid, signal=9)
    r.ended(c, cid)
    busy = os.open(b + "/rootfs/bin", os.O_RDONLY)
    fails(wire.UNKNOWN, lambda: c.call("Delete", id=cid), "in use")
    os.close(busy)
    c.call("Delete", id=cid)
    r.shutdown(c, cid)
