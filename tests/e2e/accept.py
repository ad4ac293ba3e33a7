#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a real monitor with the words of golden plans, in a root of its own, and looks whether it takes them all.

usage: unshare -mn accept.py PROGRAM WORD0 KERNEL PLAN...
Of the plans those whose argv begins with WORD0 are tried, each argv once. QEMU must come as far as before its first
instruction (-S); the others, which have no such option, until their interface says "Running". Ends in "N taken, N refused".
"""
import fcntl
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"]
SECONDS = 30


def sh(command):
    subprocess.run(["sh", "-euc", command], check=True, stdout=subprocess.DEVNULL)


def make_root(root, kernel):
    """What the box has, under the same names."""
    sh(f"""mount --make-rprivate /; mount -t tmpfs box {root}; cd {root}
        mkdir -p usr lib lib64 dev fw share0 share1 run mon
        for d in usr lib lib64 dev; do mount --rbind /$d $d; done
        for f in /usr/share/qemu/*.rom /usr/share/qemu/*.bin /usr/share/seabios/*.bin; do
            [ ! -e "$f" ] || cp "$f" fw/; done
        cp /usr/lib/*/qemu/accel-tcg-* fw/ 2>/dev/null || true
        : | cpio --quiet -o -H newc >initrd; for n in 0 1 2 3 4 5 6 7; do truncate -s 8M disk$n; done
        ip link set lo up
        for t in tap0 tap0_urunc; do ip tuntap add "$t" mode tap; ip link set "$t" up; done""")
    shutil.copy(kernel, root + "/kernel")


def ask(monitor, path, request, enough):
    """The answers of a socket until one of them is enough; "" if there is nobody to ask."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(SECONDS)
    while True:
        try:
            s.connect(path)
            break
        except OSError:  # it has its name before it listens
            if monitor.poll() is not None:
                return ""
            time.sleep(0.01)
    said = b""
    try:
        s.sendall(request)
        while not enough(said):
            more = s.recv(65536)
            if not more:
                break
            said += more
    except OSError:  # it ended meanwhile
        pass
    return said.decode(errors="replace")


def wait_for(monitor, path):
    end = time.monotonic() + SECONDS
    while monitor.poll() is None and not os.path.exists(path) and time.monotonic() < end:
        time.sleep(0.01)
    return os.path.exists(path) and monitor.poll() is None


def start(argv, root):
    """With a socket where the control channel is, and where QMP is, as the supervisor gives them."""
    high = []
    pairs = [socket.socketpair(), socket.socketpair()]
    for pair in pairs:
        high.append(fcntl.fcntl(pair[1], fcntl.F_DUPFD_CLOEXEC, 20))

    def enter():
        os.chroot(root)
        os.chdir("/")
        os.dup2(high[0], 3, True)
        os.dup2(high[1], 4, True)

    monitor = subprocess.Popen(argv, executable="/mon/vmm", preexec_fn=enter, pass_fds=[3, 4], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={"QEMU_MODULE_DIR": "/fw"})
    for fd in high:
        os.close(fd)
    return monitor, pairs


def is_taken(monitor, argv, root):
    if argv[0].startswith("qemu"):
        if not wait_for(monitor, root + "/run/s.sock"):
            return False
        request = b'{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n{"execute":"quit"}\n'
        said = ask(monitor, root + "/run/s.sock", request, lambda s: b"SHUTDOWN" in s)
        return '"status": "prelaunch"' in said
    api = argv[argv.index("--api-sock") + 1] if "--api-sock" in argv else argv[argv.index("--api-socket") + 1][5:]
    if not wait_for(monitor, root + api):
        return False
    what = b"GET / HTTP/1.1\r\n" if argv[0] == "firecracker" else b"GET /api/v1/vm.info HTTP/1.1\r\nAccept: */*\r\n"
    end = time.monotonic() + SECONDS
    while monitor.poll() is None and time.monotonic() < end:
        said = ask(monitor, root + api, what + b"Host: localhost\r\n\r\n", lambda s: re.search(rb'"state":"\w+"', s))
        if '"state":"Running"' in said:
            return True
        time.sleep(0.05)
    return False


def try_one(name, plan, argv, root):
    for path in glob.glob(root + "/run/**/*.sock", recursive=True):
        os.unlink(path)
    for op in plan["box"]:
        if op["kind"] == "tmpfs":
            os.makedirs(root + op["dst"], exist_ok=True)
        if op["dst"] == "/fc.json":
            with open(root + "/fc.json", "w", encoding="utf-8") as f:
                f.write(op["data"].replace('"/dev/disk0"', '"/disk0"'))
    daemons = []
    for socket_path in [s["socket"] for s in plan["vm"]["shares"] if s["socket"]]:
        program = next((p for p in VIRTIOFSD if os.path.exists(p)), None)
        if program is None:
            print(f"{name}: no virtiofsd here")
            return None
        where = root + socket_path
        daemons.append(subprocess.Popen([program, "--socket-path=" + where, "-o", "source=" + root + "/share0", "-o",
                                         "sandbox=chroot"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for(daemons[-1], where)
    monitor, pairs = start(argv, root)
    taken = is_taken(monitor, argv, root)
    monitor.kill()
    said = monitor.communicate()[0].decode(errors="replace").strip()
    for daemon in daemons:
        daemon.kill()
        daemon.wait()
    for pair in pairs:
        pair[0].close()
        pair[1].close()
    # The virtual processor ran, and this host's KVM was not up to it: no fault of the words.
    taken = taken or "Failed to run vcpu" in said
    if not taken:
        print(f"{name}: {argv}\n    {said[-600:]}")
    return taken


def prepare(argv):
    """What is about this host and not about the words: no KVM for QEMU, no block devices (a file is locked once, so each
    gets one of its own)."""
    out = [re.sub("=/dev/vol([0-3])", lambda m: f"=/disk{int(m[1]) + 4}", w.replace("=/dev/disk0", "=/disk0")) for w in argv]
    out = [re.sub("file.driver=host_device,file.filename=/disk", "file.driver=file,file.filename=/disk", w) for w in out]
    if argv[0].startswith("qemu"):
        out = ["tcg,tb-size=64" if w == "kvm" else "max" if w == "host" else w for w in out]
        out += ["-S", "-qmp", "unix:/run/s.sock,server=on,wait=off"]
    elif argv[0] == "cloud-hypervisor" and "--api-socket" not in argv:
        out += ["--api-socket", "path=/run/s.sock"]
    return out


def main():
    program, word, kernel, plans = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    root = tempfile.mkdtemp()
    make_root(root, kernel)
    shutil.copy(program, root + "/mon/vmm")
    seen, taken, refused = set(), 0, 0
    for path in sorted(plans):
        with open(path, encoding="utf-8") as f:
            plan = json.load(f)
        argv = plan["argv"]
        if argv[0] != word or (",vhost=on" in str(argv) and not os.path.exists("/dev/vhost-net")):
            continue
        # The kernel's own words are not the monitor's, and there is but one kernel here.
        files = [op["data"] for op in plan["box"] if op["dst"] == "/fc.json"]
        if word != "firecracker" and not word.startswith("qemu") and plan["vm"]["kernel_format"] == "arm64-image":
            continue
        if plan["vm"]["arch"] != "x86_64" or (word == "firecracker" and not plan["vm"]["api_path"]):
            continue
        key = str((argv, files))
        if key in seen:
            continue
        seen.add(key)
        result = try_one(os.path.basename(os.path.dirname(path)), plan, prepare(argv), root)
        if os.environ.get("ACCEPT_TELL"):
            print(os.path.basename(os.path.dirname(path)), {True: "taken", False: "refused", None: "not tried"}[result])
        taken += result is True
        refused += result is False
    print(f"{taken} taken, {refused} refused")
    return 1 if refused or not taken else 0


sys.exit(main())
