# SPDX-License-Identifier: Apache-2.0
"""Metadata that only containerd knows, by a real one: annotations of an image's manifest, labels of a container."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile

import rig
from rig import within

KEYS = {"unikernelType": "linux", "hypervisor": "qemu", "binary": "/boot/kernel", "initrd": "/boot/initrd"}
RUNTIME = ["--runtime", "io.containerd.urunc.v2", "--snapshotter", "native"]


class Containerd:
    def __init__(self, r):
        self.r = r
        self.dir = r.dir + "/d"
        os.mkdir(self.dir)
        with open(self.dir + "/toml", "w") as f:
            f.write("""version = 2
root = "%(d)s/root"
state = "%(d)s/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "%(d)s/c.sock"
[ttrpc]
  address = "%(d)s/c.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "%(d)s/opt"
""" % {"d": self.dir})
        env = {k: v for k, v in r.env.items() if k != "TTRPC_ADDRESS"}
        with open(self.dir + "/log", "w") as log:
            self.p = subprocess.Popen(["containerd", "-c", self.dir + "/toml"], env=env, stdout=log, stderr=log,
                                      stdin=subprocess.DEVNULL)
        within(30, lambda: self.ctr("version", check=False).returncode == 0, "containerd answers")

    def ctr(self, *words, check=True):
        return subprocess.run(["ctr", "-a", self.dir + "/c.sock", *words], capture_output=True, timeout=60, check=check,
                              stdin=subprocess.DEVNULL)

    def close(self):
        self.p.terminate()
        self.p.wait()


def image(r, name, annotations):
    """An image whose root has a guest's files and says nothing of them; its manifest does."""
    root = r.dir + "/image"
    if not os.path.isdir(root):
        shutil.copytree(rig.SHARED + "/plain", root, symlinks=True)
    tar = "%s/%s.tar" % (r.dir, name)
    subprocess.run([os.path.dirname(os.path.abspath(__file__)) + "/../../script/oci-image", root,
                    "localhost/%s:latest" % name, tar, "/urunit", "fake.exit=5"], check=True, capture_output=True)
    with tarfile.open(tar) as t:
        files = {m.name: t.extractfile(m).read() for m in t.getmembers() if m.isfile()}
    index = json.loads(files["index.json"])
    old = index["manifests"][0]["digest"].split(":")[1]
    manifest = json.loads(files.pop("blobs/sha256/" + old))
    manifest.setdefault("mediaType", index["manifests"][0]["mediaType"])
    manifest["annotations"] = annotations
    body = json.dumps(manifest).encode()
    digest = hashlib.sha256(body).hexdigest()
    files["blobs/sha256/" + digest] = body
    index["manifests"][0].update(digest="sha256:" + digest, size=len(body))
    files["index.json"] = json.dumps(index).encode()
    files.pop("manifest.json", None)
    with tarfile.open(tar, "w") as t:
        for n, data in files.items():
            info = tarfile.TarInfo(n)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    return tar


def test_annotations_of_a_manifest_and_labels_make_a_guest(r):
    full = {"com.urunc.unikernel." + k: v for k, v in KEYS.items()}
    d = Containerd(r)
    try:
        d.ctr("images", "import", "--snapshotter", "native", image(r, "annotated", full))
        d.ctr("images", "import", "--snapshotter", "native", image(r, "silent", {"other": "words"}))
        p = d.ctr("run", "--rm", *RUNTIME, "localhost/annotated:latest", "%sa" % r_name(), check=False)
        assert p.returncode == 5 and b"FAKE-REPORT" in p.stdout, p
        labels = [w for k, v in full.items() for w in ("--label", "%s=%s" % (k, v))]
        p = d.ctr("run", "--rm", *RUNTIME, *labels, "localhost/silent:latest", "%sl" % r_name(), check=False)
        assert p.returncode == 5 and b"FAKE-REPORT" in p.stdout, p
        # Without either it is an ordinary container.
        p = d.ctr("run", "--rm", *RUNTIME, "localhost/silent:latest", "%so" % r_name(), check=False)
        assert p.returncode == 5 and b"FAKE-REPORT" not in p.stdout, p
        # A wish of the container's alone leaves the rest to the image.
        p = d.ctr("run", "--rm", *RUNTIME, "--annotation", "com.urunc.unikernel.mountRootfs=false",
                  "localhost/annotated:latest", "%sw" % r_name(), check=False)
        assert p.returncode == 5 and b"FAKE-REPORT" in p.stdout, p
        # What the container itself says counts more than its image.
        p = d.ctr("run", "--rm", *RUNTIME, "--annotation", "com.urunc.unikernel.hypervisor=nothere",
                  "localhost/annotated:latest", "%sc" % r_name(), check=False)
        assert p.returncode == 1 and b"nothere" in p.stderr, p
    finally:
        d.close()


def r_name():
    rig.serial += 1
    return "us%dx%d" % (os.getpid(), rig.serial)
