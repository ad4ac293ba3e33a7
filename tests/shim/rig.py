# SPDX-License-Identifier: Apache-2.0
"""What the tests of the shim have in common: bundles, shims, fifos, and a look at what is left."""
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

import wire

BUILD = os.environ["BUILD"]
SHARED = os.environ["SHARED"]  # made by tests/shim/run: guest/ and plain/ (container roots), config.json, urunc.toml
SHIM = os.environ.get("SHIM", BUILD + "/bin/containerd-shim-urunc-v2")
NS = "shimtest"
CREATED, RUNNING, STOPPED, PAUSED = 1, 2, 3, 4
serial = 0


def within(seconds, condition, what):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "not within %s s: %s" % (seconds, what)
        time.sleep(0.01)


def fails(code, call, *words):
    """The call is answered with this code, and its text has these words."""
    try:
        result = call()
    except wire.RpcError as e:
        assert e.code == code, "%s instead of code %d" % (e, code)
        for w in words:
            assert w in e.message, "'%s' is not in '%s'" % (w, e.message)
        return e.message
    raise AssertionError("no error %d but %s" % (code, result))


def own_memory(pid):
    """In KiB. Not all that is dirty: the code of a program that was linked a moment ago is, too."""
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return sum(int(line.split()[1]) for line in f if line.startswith(("Anonymous:", "Swap:")))


def mounts_below(path):
    """By the kernel's list: ismount takes a bind mount from the same file system for none."""
    with open("/proc/self/mountinfo") as f:
        return [line.split()[4:6] + [line] for line in f if line.split()[4].startswith(path)]


class Rig:
    """One test: a directory, a containerd's sockets, and all that was started."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="shim.")
        os.chmod(self.dir, 0o711)
        self.address = self.dir + "/c.sock"
        self.events = wire.EventServer(self.address + ".ttrpc")
        self.pids, self.sockets, self.ids, self.clients, self.fds = [], [], [], [], []
        self.root = self.dir + "/root"
        self.env = {"PATH": BUILD + "/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TTRPC_ADDRESS": self.events.path,
                    "URUNC_CONFIG_FILE": SHARED + "/urunc.toml", "HOME": "/root", "GOMAXPROCS": "2"}

    # --- bundles ---

    def bundle(self, *args, guest=False, change=None, mounted=False, name=None):
        """A bundle with a container root of its own kind; its id is the directory's name."""
        global serial
        serial += 1
        cid = name or "us%dx%d" % (os.getpid(), serial)
        b = "%s/b/%s" % (self.dir, cid)
        os.makedirs(b + "/rootfs")
        with open(SHARED + "/config.json") as f:
            config = json.load(f)
        config["process"]["args"] = list(args)
        config["root"]["path"] = "rootfs" if mounted else SHARED + ("/guest" if guest else "/plain")
        if change:
            change(config)
        with open(b + "/config.json", "w") as f:
            json.dump(config, f)
        self.ids.append(cid)
        return cid, b

    def small(self, size):
        """A file system that is soon full."""
        path = self.dir + "/small"
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", path], check=True)
        return path

    @staticmethod
    def fill(path):
        with open(path + "/filler", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 4096)
            except OSError:
                pass

    def options(self, **more):
        return {"type_url": "containerd.runc.v1.Options",
                "value": wire.encode(wire.RUNC_OPTIONS, {"root": self.root, **more})}

    # --- shims ---

    def run(self, bundle, *words, stdin=b"", env=None, seconds=20, before=None):
        return subprocess.run([SHIM, *words], cwd=bundle, input=stdin, capture_output=True, timeout=seconds,
                              env={**self.env, **(env or {})}, check=False, preexec_fn=before)

    def words(self, cid, action, *more):
        return ["-namespace", NS, "-address", self.address, "-publish-binary", "/nothere", "-id", cid, *more, action]

    def start(self, cid, bundle, stdin=b"", env=None, words=()):
        """The start helper; the address of the shim."""
        p = self.run(bundle, *self.words(cid, "start", *words), stdin=stdin, env=env)
        assert p.returncode == 0, "start: %d %s" % (p.returncode, p.stderr)
        assert p.stderr == b"", p.stderr
        self.note(p.stdout.decode() if p.stdout.startswith(b"unix://")
                  else wire.decode(wire.BOOTSTRAP_RESULT, p.stdout)["address"])
        return p.stdout

    def note(self, address):
        self.sockets.append(address[len("unix://"):])

    def path_of(self, group):
        return "/run/containerd/s/" + hashlib.sha256(("%s/%s/%s" % (self.address, NS, group)).encode()).hexdigest()

    def connect(self, path=None, timeout=30):
        c = wire.Client(path or self.sockets[-1], timeout)
        self.clients.append(c)
        pid = c.call("Connect", id="nobody")["shim_pid"]
        if pid not in self.pids:
            self.pids.append(pid)
        return c

    def shim(self, *args, **kind):
        """A bundle and its running shim: id, bundle, connection."""
        cid, b = self.bundle(*args, **kind)
        self.start(cid, b)
        return cid, b, self.connect()

    def container(self, *args, io=None, create=None, **kind):
        """The same, created."""
        cid, b, c = self.shim(*args, **kind)
        c.call("Create", id=cid, bundle=b, options=self.options(), **(io or {}), **(create or {}))
        return cid, b, c

    def running(self, *args, **kind):
        cid, b, c = self.container(*args, **kind)
        c.call("Start", id=cid)
        return cid, b, c

    def delete_binary(self, cid, bundle):
        p = self.run(bundle, *self.words(cid, "delete", "-bundle", bundle))
        assert p.returncode == 0, "delete: %d %s" % (p.returncode, p.stderr)
        return wire.decode(wire.EXITED, p.stdout)

    def exec_spec(self, *args):
        spec = {"args": list(args), "cwd": "/", "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0},
                "noNewPrivileges": True}
        return {"type_url": "types.containerd.io/opencontainers/runtime-spec/1/Process",
                "value": json.dumps(spec).encode()}

    def ended(self, c, cid, exec_id=""):
        return c.call("Wait", id=cid, exec_id=exec_id)["exit_status"]

    # --- fifos ---

    def fifos(self, *names):
        """Create's io fields, and their reading or writing ends, opened as clients open them."""
        global serial
        serial += 1
        d = "%s/fifo%d" % (self.dir, serial)
        os.mkdir(d)
        paths, ends = {}, {}
        for n in names:
            paths[n] = "%s/%s" % (d, n)
            os.mkfifo(paths[n], 0o700)
            if n != "stdin":
                ends[n] = os.open(paths[n], os.O_RDONLY | os.O_NONBLOCK)
                self.fds.append(ends[n])
        return paths, ends

    # --- the end ---

    def cgroups(self):
        found = []
        for base, dirs, _ in os.walk("/sys/fs/cgroup"):
            found += [os.path.join(base, d) for d in dirs if any(d == i for i in self.ids)]
        return found

    def left(self):
        """What a tidy shim leaves: nothing."""
        out = []
        with open("/proc/self/mountinfo") as f:
            out += ["mount " + m.split()[4] for m in f if self.dir in m]
        out += ["cgroup " + c for c in self.cgroups()]
        out += ["socket " + s for s in self.sockets if os.path.exists(s)]
        for p in os.listdir("/proc"):
            if not p.isdigit() or int(p) == os.getpid():
                continue
            try:
                with open("/proc/%s/cmdline" % p, "rb") as f:
                    line = f.read()
                if self.dir.encode() in line:
                    out.append("process %s %s" % (p, line.replace(b"\0", b" ").decode()))
            except OSError:
                pass
        for base in (self.root + "/" + NS,):
            if os.path.isdir(base):
                out += ["state " + s for s in os.listdir(base)]
        return out

    def close(self, failed):
        """Shims whose tests end well have ended themselves; whatever else there is, is removed, and told."""
        for c in self.clients:
            c.close()
        for fd in self.fds:
            try:
                os.close(fd)
            except OSError:
                pass
        try:
            if not failed:
                within(10, lambda: not self.left(), "nothing is left but " + str(self.left()))
        finally:
            for pid in self.pids:
                try:
                    with open("/proc/%d/comm" % pid) as f:
                        if f.read().strip() == "urunc-shim":
                            os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            for cid in self.ids:
                subprocess.run([BUILD + "/bin/urunc", "--root", self.root + "/" + NS, "delete", "--force", cid],
                               capture_output=True, timeout=20, check=False, env=self.env)
            subprocess.run("grep -F '%s' /proc/self/mountinfo | cut -d' ' -f5 | tac | xargs -r -n1 umount -l" % self.dir,
                           shell=True, check=False)
            for s in self.sockets:
                if os.path.exists(s):
                    os.unlink(s)
            try:
                self.events.close()
            except OSError:
                pass
            shutil.rmtree(self.dir, ignore_errors=True)

    def finish(self, c, cid, kill=True):
        """The ordinary end of a container and its shim."""
        if kill:
            try:
                c.call("Kill", id=cid, signal=9)
            except wire.RpcError as e:
                assert e.code == wire.NOT_FOUND, e
        status = c.call("Wait", id=cid)
        deleted = c.call("Delete", id=cid)
        assert deleted["exit_status"] == status["exit_status"], (deleted, status)
        self.shutdown(c, cid)
        return deleted

    def shutdown(self, c, cid):
        path = self.sockets[-1]
        try:
            c.call("Shutdown", id=cid)
        except EOFError:
            pass
        within(5, lambda: not os.path.exists(path), "the socket goes")


def read_all(fd, seconds=20):
    """Until the end of a fifo whose writers have come and gone."""
    out, end = b"", time.monotonic() + seconds
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while True:
        events = poll.poll(max(0, (end - time.monotonic()) * 1000))
        assert events, "no end of the stream within %d s; %d bytes: %r" % (seconds, len(out), out[:200])
        try:
            more = os.read(fd, 65536)
        except BlockingIOError:
            continue
        if not more:
            return out
        out += more


def read_late(fd):
    """All that is there, by one who comes when the writers have gone: nothing wakes a poll then."""
    out = b""
    while True:
        more = os.read(fd, 65536)
        if not more:
            return out
        out += more


def read_some(fd, want, seconds=20):
    """Until `want` has arrived."""
    out, end = b"", time.monotonic() + seconds
    while want not in out:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        assert ready, "%r has not come but %r" % (want, out)
        more = os.read(fd, 65536)
        assert more, "the stream ended without %r: %r" % (want, out)
        out += more
    return out
