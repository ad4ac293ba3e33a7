#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The guest's init on plain QEMU, without the runtime: what docs/design/urunit.md promises of each configuration.
load helpers

setup_file() {
	local work=$BATS_FILE_TMPDIR
	"$top/tests/guest/make-initrd" "$work/initrd" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_console "$BUILD/guest/envdump=/bin/envdump" \
		"$BUILD/guest/sigecho=/bin/sigecho" "$BUILD/guest/blast=/bin/blast"
}

prepare() {
	conf=$T/urunit.conf
	base=$BATS_FILE_TMPDIR/initrd
	append=
	channel=1
	orders=()
	disks=()
}

# urs KEY VALUE...: the counted section, as the runtime writes it.
urs() {
	local LC_ALL=C
	printf 'URS\n'
	while [ $# -gt 0 ]; do
		printf '%s %d\n%s\n' "$1" "${#2}" "$2"
		shift 2
	done
	printf 'URE\n'
}

# guest [MACHINE]: boots with $conf (if there is one); sets status, out (console) and ctl (what the channel said).
guest() {
	local machine=${1:-microvm} suffix=device initrd=$base
	[ "$machine" = microvm ] || suffix=pci
	if [ -e "$conf" ]; then
		# As the runtime does it: a second archive behind the first.
		(cd "$T" && echo urunit.conf | cpio --quiet -o -H newc) >"$T/more"
		cat "$base" "$T/more" >"$T/initrd"
		initrd=$T/initrd
	fi
	[ "$channel" = 1 ] && set -- -chardev socket,id=ctl,fd=3 -device "virtio-serial-$suffix" \
		-device virtserialport,chardev=ctl,name=io.urunc.ctl || set --
	status=0
	timeout -k 2 "$BOOT_SECONDS" "$BUILD/guest/ctlhost" "${orders[@]}" -- qemu-system-x86_64 -accel tcg -cpu max \
		-M "$machine" -m 128 -nodefaults -no-user-config -display none -serial stdio -no-reboot \
		-kernel "$SHARED/kernel/vmlinuz" -initrd "$initrd" "$@" "${disks[@]}" \
		-append "console=ttyS0 quiet loglevel=0 panic=-1 rdinit=/urunit tsc_early_khz=$(tsc_khz) noreplace-smp cryptomgr.notests $append" \
		>"$T/console" 2>"$T/ctl" </dev/null 3>&- 4>&- || status=$?
	out=$(tr -d '\0' <"$T/console")
	ctl=$(<"$T/ctl")
}

# Under TCG a guest's time stamp counter is the host's.
tsc_khz() {
	awk '/^cpu MHz/ {printf "%d", $4 * 1000; exit}' /proc/cpuinfo
}

@test "an exit status comes over the channel: ready, exit, then the machine is off (microvm)" {
	urs arg /bin/sh arg -c arg 'exit 7' ctl 1 >"$conf"
	guest
	same "$status" 7
	same "$(awk '{print $1, $3, $4, $5}' "$T/ctl")" "$(printf 'ctl READY version=1 \nctl EXIT kind=0 value=7\nctl END monitor=0 ')"
}

@test "an urunit that is the application runs its words, not the configuration of the machine's init" {
	urs arg /urunit arg /bin/sh arg -c arg 'echo nested; exit 5' uid 1000 ctl 1 >"$conf"
	chmod 0400 "$conf"
	guest
	same "$(tr -d '\r' <<<"$out")" nested
	same "$status" 5
}

@test "the same on q35, where the port is on PCI" {
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --kernel "$SHARED/kernel" --modules virtio_pci,virtio_console
	urs arg /bin/sh arg -c arg 'exit 7' ctl 1 >"$conf"
	guest q35
	same "$status" 7
}

@test "a death by signal is told as one" {
	urs arg /bin/sh arg -c arg 'kill -SEGV $$' ctl 1 >"$conf"
	guest
	matches "$ctl" "EXIT kind=1 value=11"
}

@test "signals reach the application, which finishes in its own time" {
	orders=(-w 'sigecho: ready' -s 10 -w 'got 10' -s 64 -w 'got 64' -s 15)
	urs arg /bin/sigecho ctl 1 >"$conf"
	guest
	same "$status" 42
	matches "$out" "sigecho: done"
}

@test "a resize reaches the terminal and its application" {
	orders=(-w 'sigecho: ready' -r 132x43 -w 'window 132x43' -s 15)
	urs arg /bin/sigecho terminal 1 ctl 1 >"$conf"
	guest
	same "$status" 42
}

@test "unknown frames are skipped, a broken channel does not stop the application" {
	# type 99 with 2 bytes; SIGNAL 65 and SIGNAL without a number; SIGUSR1; then not a frame at all
	orders=(-w ready -x c7630200aabb -x c710010041 -x c7100000 -s 10 -w 'got USR1' -x 00)
	urs arg /bin/sh arg -c arg 'trap "echo got USR1" USR1; echo ready
		while ls -l /proc/1/fd | grep -q vport; do :; done; echo no port' ctl 1 >"$conf"
	guest
	matches "$out" 'urunit: the control channel is broken; going on without it'
	matches "$out" 'no port'
	# The status has no way out any more.
	same "$status" 99
	matches "$ctl" 'END monitor=0'
}

@test "arguments, environment, user, directory, host name, umask and limits arrive exactly" {
	urs arg /bin/envdump arg 'a  b' arg '' arg $'x\ny' arg "'q'" env A=1 env 'B=x y' env HOME=/h env $'C=l1\nl2' uid 1000 gid 1001 \
		group 5 group 1000 cwd /made/on/demand hostname my-guest umask 077 rlimit 'NOFILE 512 1024' rlimit 'RLIMIT_CORE 0 0' ctl 1 >"$conf"
	guest
	same "$status" 0
	same "$(dump .args)" '["/bin/envdump","a  b","","x\ny","'"'q'"'"]'
	same "$(dump .env)" '["A=1","B=x y","HOME=/h","C=l1\nl2"]'
	same "$(dump '[.uid, .euid, .gid, .egid, .groups, .cwd, .hostname, .umask, .nofile, .core]')" \
		'[1000,1000,1001,1001,[5,1000],"/made/on/demand","my-guest",63,[512,1024],[0,0]]'
}

@test "the program is searched in the new PATH, and HOME comes from the guest's own users" {
	urs arg envdump env PATH=/nowhere:/bin uid 1000 gid 1000 ctl 1 >"$conf"
	guest
	same "$(dump .env)" '["PATH=/nowhere:/bin","HOME=/home/user"]'
}

@test "a program that is not there gives 127 and a line, one that is no program 126" {
	urs arg /bin/no-such-program ctl 1 >"$conf"
	guest
	same "$status" 127
	matches "$ctl" "ERROR cannot start /bin/no-such-program: No such file or directory"
	matches "$out" "urunit: cannot start /bin/no-such-program"
	urs arg /etc/passwd ctl 1 >"$conf"
	guest
	same "$status" 126
	matches "$ctl" "ERROR cannot start /etc/passwd: Permission denied"
}

@test "a terminal is one: controlling, with its foreground" {
	urs arg /bin/envdump terminal 1 ctl 1 >"$conf"
	guest
	same "$(dump .tty)" true
	matches "$(cat -v "$T/console")" '\^M$'
}

@test "without a terminal every byte passes unchanged, also what is written last" {
	urs arg /bin/blast arg 70000 ctl 1 >"$conf"
	guest
	same "$status" 0
	# Nothing of the kernel's or of ours before or after it.
	"$BUILD/guest/blast" 70000 >"$T/want"
	cmp "$T/console" "$T/want"
}

@test "orphans are reaped, and what outlives the application is ended with it" {
	urs arg /bin/sh arg -c arg '(sleep 0 &); sleep 1000 & sh -c "sleep 1000 &" ; sleep 1; grep -c "^State:.Z" /proc/[0-9]*/status | grep -c ":1"; exit 3' ctl 1 >"$conf"
	guest
	same "$status" 3
	grep -qx 0 "$T/console"
}

@test "a broken configuration is told and ends with 127 at once: bad value, bad section, huge file, binary rubbish" {
	urs arg /bin/true uid 4294967295 ctl 1 >"$conf"
	guest
	same "$status" 127
	matches "$ctl" "ERROR configuration /urunit.conf: uid must be a number from 0 to 4294967294, at byte"
	head -c 5000000 /dev/zero | tr '\0' 'x' >"$conf"
	guest
	same "$status" 127
	matches "$ctl" "ERROR cannot read the configuration /urunit.conf: File too large"
	head -c 3000000 /dev/urandom >"$conf"
	guest
	same "$status" 127
	matches "$ctl" "ERROR configuration /urunit.conf"
}

@test "an unknown key is skipped with one line" {
	urs arg /bin/true flavour sweet taste sour ctl 1 >"$conf"
	guest
	same "$status" 0
	matches "$out" "urunit: configuration: skipped what I do not know, first the key flavour"
}

@test "without a configuration the kernel command line's words are grouped, every group" {
	append="K=V -- /bin/envdump 'two words' \"and these too\" 'one' last"
	guest
	same "$(dump .args)" '["/bin/envdump","two words","and these too","one","last"]'
	same "$(dump '.env | contains(["K=V"])')" true
	same "$(dump '[.uid, .cwd]')" '[0,"/"]'
	same "$status" 0
}

@test "the original's text sections: environment, user, directory, and a volume by its serial" {
	printf 'UES\nA=b c\nPATH=/bin\nUEE\nUCS\nUID: 1000\nGID:1001\nWD:/home/user\nUCE\nUBS\nID:rootfs\nMP:/\nID:the-volume-with-20-ch\nMP:/data/deep\nUBE\n' >"$conf"
	mkdir "$T/content"
	echo 'from the volume' >"$T/content/file"
	/sbin/mke2fs -q -t ext4 -d "$T/content" "$T/volume" 8M
	disks=(-drive "if=none,id=v,file=$T/volume,format=raw" -device "virtio-blk-device,drive=v,serial=the-volume-with-20-c")
	append="URUNIT_CONFIG=/urunit.conf -- /bin/sh -c 'envdump; cat /data/deep/file'"
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_blk,virtio_console,ext4 \
		"$BUILD/guest/envdump=/bin/envdump"
	guest
	same "$(dump '[.uid, .gid, .groups, .cwd, (.env | contains(["A=b c"]))]')" '[1000,1001,[],"/home/user",true]'
	matches "$out" 'from the volume'
	# Nobody else is going to: it must be clean.
	/sbin/dumpe2fs -h "$T/volume" 2>/dev/null | grep -q '^Filesystem state: *clean'
}

@test "a volume that is not there ends with a line that names it" {
	printf 'UES\nPATH=/bin\nUEE\nUBS\nID:nowhere\nMP:/data\nUBE\n' >"$conf"
	append="-- /bin/true"
	guest
	same "$status" 126
	matches "$ctl" "ERROR volume nowhere: no disk has this serial"
}

@test "a promised channel that does not come is told, and the application runs" {
	channel=0
	urs arg /bin/sh arg -c arg 'echo it runs' ctl 1 >"$conf"
	guest
	matches "$out" "urunit: the control port io.urunc.ctl did not appear within 2 s"
	matches "$out" "it runs"
	same "$status" 99
	# Without the driver there is nothing to wait for.
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --modules ""
	guest
	same "${out//$'\r'/}" $'urunit: no signals and no exit status: the kernel has no virtio console, nor has urunit.modules\nit runs'
}

@test "without a channel nothing is waited for and nothing is said" {
	channel=0
	urs arg /bin/sh arg -c arg 'echo it runs' >"$conf"
	guest
	same "$out" "it runs"
}

@test "files of the container take the place of what is there, parameters are set, and what cannot be is told" {
	urs arg /bin/sh arg -c arg 'cat /etc/hosts /etc/passwd /etc/new/deep; stat -c %a /etc/hosts
			cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax' env PATH=/bin:/usr/bin \
		file $'640 /etc/hosts\n10.0.0.9 there\n' file $'644 /etc/passwd\nnobody else\n' file $'644 /etc/new/deep\ndeep\n' file $'644 /etc\nno' \
		sysctl net.core.somaxconn=77 sysctl kernel/msgmax=4242 sysctl net.core.nothing=1 sysctl ../../etc/passwd=x ctl 1 >"$conf"
	guest
	same "$status" 0
	same "$out" "urunit: cannot write /etc: Is a directory
urunit: cannot set the kernel parameter net.core.nothing=1: No such file or directory
urunit: cannot set the kernel parameter ../../etc/passwd=x: Invalid argument
10.0.0.9 there
nobody else
deep
640
77
4242"
}

@test "network interfaces get their names, addresses and routes, also a gateway outside of every network" {
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_console,virtio_net
	disks=(-netdev "user,id=a,restrict=on" -device "virtio-net-device,netdev=a,mac=02:00:00:00:0A:01"
		-netdev "user,id=b,restrict=on" -device "virtio-net-device,netdev=b,mac=02:00:00:00:0A:02")
	urs arg /bin/sh arg -c arg 'for i in lo eth0 eth1; do ip -o addr show dev $i; cat /sys/class/net/$i/address /sys/class/net/$i/mtu; done
			ip route; ip -6 route' env PATH=/bin:/sbin ctl 1 \
		nic $'mac 02:00:00:00:0a:02\nname eth0\nmtu 1400\naddress 10.1.2.3/20\naddress fd00::2/64\ngateway 10.1.0.1\ngateway fd00::1\n' \
		nic $'mac 02:00:00:00:0a:01\nname eth1\naddress 10.9.0.2/32\n' \
		nic $'mac 02:00:00:00:0a:99\nname eth2\naddress 10.9.0.3/32\n' >"$conf"
	guest
	same "$status" 0
	matches "$out" 'urunit: no network interface \(is its driver in the kernel or in urunit.modules\?\): 02:00:00:00:0a:99'
	matches "$out" 'inet 127.0.0.1/8'
	matches "$out" 'eth0 +inet 10.1.2.3/20 brd 10.1.15.255'
	matches "$out" 'eth0 +inet6 fd00::2/64 scope global'
	matches "$out" $'02:00:00:00:0a:02\n1400\n'
	matches "$out" 'eth1 +inet 10.9.0.2/32'
	matches "$out" $'02:00:00:00:0a:01\n1500\n'
	matches "$out" 'default via 10.1.0.1 dev eth0'
	matches "$out" 'default via fd00::1 dev eth0'
	! grep -q tentative "$T/console"
	# Calico's way: no network at all but a gateway.
	urs arg /sbin/ip arg route ctl 1 nic $'mac 02:00:00:00:0a:01\nname eth0\naddress 10.9.0.2/32\ngateway 169.254.1.1\n' >"$conf"
	guest
	matches "$out" '^default via 169.254.1.1 dev eth0 onlink'
}

@test "a disk becomes the root, by its serial, whatever the order; another one is a volume; both are clean in the end" {
	local d
	mkdir -p "$T/root"/{bin,proc,sys,dev,etc} "$T/data"
	cp "$(command -v busybox)" "$T/root/bin/busybox"
	ln -s busybox "$T/root/bin/sh"
	echo 'of the data' >"$T/data/file"
	/sbin/mke2fs -q -t ext4 -d "$T/root" "$T/root.img" 16M
	/sbin/mke2fs -q -t ext2 -d "$T/data" "$T/data.img" 8M
	disks=(-drive "if=none,id=v,file=$T/data.img,format=raw" -device "virtio-blk-device,drive=v,serial=vol0"
		-drive "if=none,id=r,file=$T/root.img,format=raw" -device "virtio-blk-device,drive=r,serial=rootfs")
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_blk,virtio_console,ext4
	urs arg /bin/sh arg -c arg 'export PATH=/bin; for c in ls cat grep echo; do busybox ln -s busybox /bin/$c; done
			ls -1 /; cat /data/file /etc/hosts; echo x >/made; echo x >/data/no; ls -1d /dev/null /proc/self/fd /sys/class; ls /urunit' \
		volume $'serial rootfs\norder 0\npath /\nfstype ext4\n' volume $'serial vol0\norder 1\npath /data\nro\n' \
		file $'644 /etc/hosts\na b\n' ctl 1 >"$conf"
	guest
	same "$status" 1
	matches "$out" $'bin\ndata\ndev\netc\nlost\\+found\nproc\nsys\nof the data\na b\n'
	matches "$out" "can't create /data/no: Read-only file system"
	matches "$out" $'/dev/null\n/proc/self/fd\n/sys/class\n'
	matches "$out" '/urunit: No such file'
	for d in root data; do
		/sbin/dumpe2fs -h "$T/$d.img" 2>/dev/null | grep -q '^Filesystem state: *clean'
	done
	/sbin/debugfs -R 'cat /made' "$T/root.img" 2>/dev/null | grep -qx x
}

@test "a read-only root: a file is told once and the application runs; a root that is not there ends with 126" {
	mkdir -p "$T/root"/{bin,proc,sys,dev,etc}
	cp "$(command -v busybox)" "$T/root/bin/echo"
	/sbin/mke2fs -q -t ext4 -d "$T/root" "$T/root.img" 16M
	disks=(-drive "if=none,id=r,file=$T/root.img,format=raw,readonly=on" -device "virtio-blk-device,drive=r,serial=rootfs")
	base=$T/base
	"$top/tests/guest/make-initrd" "$base" --kernel "$SHARED/kernel" --modules virtio_mmio,virtio_blk,virtio_console,ext4
	urs arg /bin/echo arg runs volume $'serial rootfs\norder 0\npath /\nro\n' file $'644 /etc/hosts\nx' ctl 1 >"$conf"
	guest
	same "$status" 0
	# There is no file over which ours could be laid, and none can be made.
	same "$out" $'urunit: cannot write /etc/hosts: No such file or directory\nruns'
	disks=()
	guest
	same "$status" 126
	matches "$ctl" "ERROR volume rootfs: no disk has this serial"
}

@test "the clock is set forward to the time of the start, never back" {
	urs arg /bin/date arg +%s env PATH=/bin clock 4000000000000 ctl 1 >"$conf"
	guest
	[ "$out" -ge 4000000000 ] && [ "$out" -lt 4000000090 ]
	urs arg /bin/date arg +%s env PATH=/bin clock 1000 ctl 1 >"$conf"
	guest
	[ "$out" -ge $(($(date +%s) - 90)) ] && [ "$out" -lt 4000000000 ]
}

@test "alone on plain QEMU, as docs/user/urunit-alone.md shows it" {
	local v
	v=$(<"$SHARED/kernel/version")
	mkdir -p "$T/k/boot" "$T/k/lib/modules" "$T/work"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$T/k/boot/vmlinuz-$v"
	ln -s "$SHARED/kernel/modules" "$T/k/lib/modules/$v"
	awk '/^```sh$/ {f = 1; next} /^```/ {f = 0} f' "$top/docs/user/urunit-alone.md" >"$T/example"
	(cd "$T/work" && K=$T/k R=$v URUNIT=$BUILD/bin/urunit ACCEL=tcg timeout -k 2 "$BOOT_SECONDS" bash -e "$T/example" </dev/null 3>&- 4>&-) >"$T/out"
	same "$(tr -d '\r' <"$T/out" | sed 's/ *$//' | grep -v '^Creating')" "hello from tiny, user 1000, groups 1000 5
nameserver 10.0.2.3
from the disk
default via 10.0.2.2 dev eth0
10.0.2.0/24 dev eth0 scope link  src 10.0.2.15
256
   0   7"
}

@test "urunit is a static program below 60 KB" {
	[ "$(stat -c %s "$BUILD/bin/urunit")" -lt 60000 ]
	! readelf -lW "$BUILD/bin/urunit" | grep -q INTERP
}

@test "as process 1 of an ordinary container it mounts nothing, ends the rest and exits with the application's status" {
	local rc=0
	unshare --pid --fork --mount-proc "$BUILD/bin/urunit" sh -c "'sleep 1000 & grep -c . /proc/mounts; exit 3'" >"$T/console" 2>"$T/err" || rc=$?
	same "$rc" 3
	same "$(<"$T/err")" ""
	same "$(<"$T/console")" "$(unshare --pid --fork --mount-proc grep -c . /proc/mounts)"
	rc=0
	unshare --pid --fork --mount-proc "$BUILD/bin/urunit" sh -c "'kill -TERM \$\$'" || rc=$?
	same "$rc" 143
}
