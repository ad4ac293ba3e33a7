/* SPDX-License-Identifier: Apache-2.0 */
/* Mount tables and /proc/self/cgroup as machines of three kinds show them. */
#ifndef URUNC_TESTS_GATHER_MOUNT_SAMPLES_H
#define URUNC_TESTS_GATHER_MOUNT_SAMPLES_H

#define MOUNTS_COMMON                                                                                        \
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"                          \
	"23 22 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw\n"                      \
	"24 22 0:22 / /sys rw,nosuid,nodev,noexec,relatime shared:2 - sysfs sysfs rw\n"

#define MOUNTS_V2                                                                                            \
	MOUNTS_COMMON                                                                                        \
	"30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

#define MOUNTS_V1                                                                                            \
	MOUNTS_COMMON                                                                                        \
	"30 24 0:26 / /sys/fs/cgroup ro,nosuid shared:4 - tmpfs tmpfs ro,mode=755\n"                         \
	"31 30 0:27 / /sys/fs/cgroup/systemd rw shared:5 - cgroup cgroup rw,xattr,name=systemd\n"            \
	"32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:6 - cgroup cgroup rw,cpu,cpuacct\n"               \
	"33 30 0:29 / /sys/fs/cgroup/memory rw shared:7 - cgroup cgroup rw,memory\n"

#define MOUNTS_HYBRID                                                                                        \
	MOUNTS_V1 "34 30 0:30 / /sys/fs/cgroup/unified rw shared:8 - cgroup2 cgroup2 rw,nsdelegate\n"

#define SELF_V1                                                                                              \
	"9:memory:/user.slice\n"                                                                             \
	"4:cpu,cpuacct:/\n"                                                                                  \
	"1:name=systemd:/user.slice/user-0.slice\n"

#define SELF_HYBRID SELF_V1 "0::/user.slice/user-0.slice/session-1.scope\n"
#define SELF_V2 "0::/user.slice/user-0.slice/session-1.scope\n"

#endif
