# SPDX-License-Identifier: Apache-2.0
# What is packed, and as what: edit this, then `nix-build` and `docker load < result`.
{
  name = "hello-rumprun";
  tag = "latest";
  # "./file or directory beside this file" = "/path in the image"
  files = {
    "./hello.hvt" = "/unikernel/hello.hvt";
  };
  # Without the prefix com.urunc.unikernel.; docs/user/annotations.md describes them.
  annotations = {
    unikernelType = "rumprun";
    hypervisor = "hvt";
    binary = "/unikernel/hello.hvt";
    cmdline = "hello";
    unikernelVersion = "";
    initrd = "";
    block = "";
    blkMntPoint = "";
    mountRootfs = "false";
  };
}
