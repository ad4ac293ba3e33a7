#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Four ways to a guest's root: nginx and redis of Debian answer from each, mounts of the spec are seen in each, and nothing
# of the host is changed or kept.
load network

setup_file() {
	. "$BATS_TEST_DIRNAME/helpers.bash"
	local d=$BATS_FILE_TMPDIR files
	[ -x "$BUILD/net/netctl" ] || {
		echo "$BUILD/net/netctl is missing: run 'make net-programs' or set BUILD" >&2
		return 1
	}
	chmod 0711 "$d"
	"$top/tests/guest/fetch-programs" >"$d/programs" || return 1
	files=$("$top/tests/guest/fetch-programs" initrd nginx redis-server) || return 1
	nginx_conf >"$d/nginx.conf"
	mkdir -p "$d/initrd/boot" "$d/tree" "$d/block"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$d/initrd/boot/vmlinuz"
	# shellcheck disable=SC2086 # no name has blanks
	"$top/tests/guest/make-initrd" "$d/initrd/boot/initrd" --kernel "$SHARED/kernel" \
		--modules virtio_pci,virtio_mmio,virtio_console,virtio_net "$d/nginx.conf=/etc/nginx.conf" $files || return 1
	metadata initrd initrd=/boot/initrd
	# The same system as a tree, and as an image that lies in a tree with its kernel. The init is the one of the host.
	(cd "$d/tree" && cpio --quiet -idm <"$d/initrd/boot/initrd" && rm -r urunit urunit.modules lib/modules) || return 1
	mke2fs -q -t ext4 -d "$d/tree" "$d/block/root.img" 96M || return 1
	for t in tree block; do kernel_and_modules "$d/$t" || return 1; done
	metadata block block=/root.img blkMntPoint=/
	metadata tree mountRootfs=true
}

metadata() {
	local dir=$1
	shift
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/vmlinuz "$@" >"$BATS_FILE_TMPDIR/$dir/urunc.json"
}

kernel_and_modules() {
	local modules
	modules=$1/lib/modules/$(<"$SHARED/kernel/version")
	mkdir -p "$1/boot" "$modules"
	cp --reflink=auto "$SHARED/kernel/vmlinuz" "$1/boot/vmlinuz"
	(cd "$SHARED/kernel/modules/" && { find . -name 'modules.*'; find . -name '*.ko' |
		grep -E '/(virtio|erofs|overlay|ext4|jbd2|mbcache|crc|libcrc|failover|net_failover|9p|fuse|netfs|fscache)'; } | cpio --quiet -pdm "$modules")
}

nginx_conf() {
	cat <<'END'
daemon off;
master_process off;
user root root;
error_log stderr;
pid /scratch/nginx.pid;
events {}
http {
	access_log off;
	client_body_temp_path /scratch/nb;
	proxy_temp_path /scratch/np;
	fastcgi_temp_path /scratch/nf;
	uwsgi_temp_path /scratch/nu;
	scgi_temp_path /scratch/ns;
	server {
		listen 80;
		location / { return 200 "nginx for $remote_addr\n"; }
		location = /report { alias /scratch/report; }
		location /config/ { alias /etc/config/; }
	}
}
END
}

prepare() {
	loop=
	# See tests/cli/blocks.bats.
	mkdir -p "$T/host/root"
	mount --bind "$T/host" "$T/host"
	mount --make-shared "$T/host"
	toml "cache_dir = \"$T/cache\""
	config '.root = {path: $p}' --arg p "$T/host/root"
	make_pod
}

teardown() {
	local rc=0
	rt delete --force "$ID"
	[ "$status" -eq 0 ] || rc=1
	pod_clean || rc=1
	drop_pod
	umount -R "$T/host" || umount -Rl "$T/host"
	[ -z "$loop" ] || losetup -d "$loop"
	nothing_left || rc=1
	[ -z "$(losetup -nO BACK-FILE | grep -F "$T/")" ] || rc=1
	return $rc
}

# overlay DIR: the container root as a snapshotter leaves it, above this layer.
overlay() {
	mkdir "$T/host/upper" "$T/host/work"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$T/host/upper,workdir=$T/host/work" "$T/host/root"
}

# sums DIR [PATH...]: of all files there.
sums() {
	(cd "$1" && shift && find "${@-.}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

# serve: a guest with both servers; before them it writes down what it sees.
serve() {
	configmap "$T/cm"
	config '.mounts += [{destination: "/etc/config", type: "bind", source: $s, options: ["rbind", "ro"]},
		{destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["nosuid", "size=3m", "mode=1750"]}]' --arg s "$T/cm"
	app /bin/sh -c '{ awk "\$2 == \"/\" {t = \$3} END {print t}" /proc/mounts; cat /etc/config/colour; readlink /etc/config/..data
			touch /etc/config/x 2>/dev/null || echo read-only; grep -o " /scratch tmpfs rw,nosuid" /proc/mounts
			stat -c %a /scratch; echo here >/written && cat /written; } >/scratch/report 2>&1
		redis-server --bind "*" --protected-mode no --save "" --dir /scratch & exec nginx -c /etc/nginx.conf'
	timeout -k 1 30 "$URUNC" --root "$ROOT" create --bundle "$B" "$ID" >>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&- || {
		cat "$T/err"
		return 1
	}
	ok start "$ID"
}

# both_answer ROOT: from another namespace; the guest's root is of this type, and all mounts are in it.
both_answer() {
	serves outside "http://$POD4/" "nginx for $OUT4"
	within 30000 redis_answers
	same "$(redis set way "$1")" OK
	same "$(redis get way)" "$1"
	same "$(outside curl -sf -m 10 "http://$POD4/report")" \
		"$1"$'\nred\n..2026_01_01\nread-only\n /scratch tmpfs rw,nosuid\n1750\nhere'
	same "$(outside curl -sf -m 10 "http://$POD4/config/colour")" red
}
redis() {
	local dir
	dir=$(<"$BATS_FILE_TMPDIR/programs")
	outside env LD_LIBRARY_PATH="$(echo "$dir"/usr/lib/*-linux-gnu)" timeout 10 "$dir/usr/bin/redis-cli" -h $POD4 "$@"
}
redis_answers() { [ "$(redis ping 2>/dev/null)" = PONG ]; }

# over: nginx is asked to end, and the guest with it; after delete the network is as it was.
over() {
	ok kill "$ID" TERM
	within 30000 status_is "$ID" stopped
	ok delete "$ID"
	pod_clean
	same "$(find "$ROOT" -mindepth 1)" ''
	! pgrep -f -- "$ID" || return 1
}

@test "root in the initrd: nginx and redis answer, mounts are seen, the image is as it was" {
	local before
	overlay "$BATS_FILE_TMPDIR/initrd"
	before=$(sums "$BATS_FILE_TMPDIR/initrd")
	serve
	both_answer rootfs
	over
	same "$(sums "$BATS_FILE_TMPDIR/initrd")" "$before"
	same "$(find "$T/host/upper" -type f)" ''
}

@test "root on a block image: nginx and redis answer, mounts are seen, the image's own layer is as it was" {
	local before
	overlay "$BATS_FILE_TMPDIR/block"
	before=$(sums "$BATS_FILE_TMPDIR/block")
	serve
	both_answer ext4
	over
	same "$(sums "$BATS_FILE_TMPDIR/block")" "$before"
	same "$(cd "$T/host/upper" && find . -type f)" ./root.img
	same "$(debugfs -R 'cat /written' "$T/host/root/root.img" 2>/dev/null)" here
}

@test "root on a snapshot, a loop device: nginx and redis answer, mounts are seen, the host has it back" {
	local before
	truncate -s 160M "$T/snap.img"
	mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/tree" "$T/snap.img"
	loop=$(losetup -f --show "$T/snap.img")
	mount "$loop" "$T/host/root"
	before=$(sums "$T/host/root" bin boot lib usr urunc.json)
	serve
	both_answer ext4
	same "$(findmnt -fnro SOURCE --mountpoint "$T/host/root")" urunc-taken
	over
	matches "$(findmnt -fnro SOURCE --mountpoint "$T/host/root")" ^/dev/
	same "$(sums "$T/host/root" bin boot lib usr urunc.json)" "$before"
	same "$(<"$T/host/root/written")" here
	# Nobody else has the device.
	umount "$T/host/root"
	e2fsck -fn "$loop"
	losetup -d "$loop"
	loop=
	same "$(losetup -nO BACK-FILE | grep -F "$T/")" ''
}

@test "root on overlayfs, no device: nginx and redis answer, mounts are seen, the layers are as they were" {
	local before
	overlay "$BATS_FILE_TMPDIR/tree"
	before=$(sums "$BATS_FILE_TMPDIR/tree")
	serve
	both_answer overlay
	over
	same "$(sums "$BATS_FILE_TMPDIR/tree")" "$before"
	same "$(cd "$T/host/upper" && find . -type f)" ./.urunc/rw.img
	same "$(find "$T/cache/use" -type f)" ''
}

# --- ten runs ---

# root_by WAY TREES: the container root: a layer over TREES/initrd, TREES/block or TREES/tree, or a snapshot of the last.
root_by() {
	local layer=$T/host/$1
	if [ "$1" = snapshot ]; then
		loop=$(losetup -f --show "$T/snap.img")
		mount "$loop" "$T/host/root"
		return
	fi
	mkdir -p "$layer/upper" "$layer/work"
	mount -t overlay overlay -o "lowerdir=$2/$1,upperdir=$layer/upper,workdir=$layer/work" "$T/host/root"
}
no_root() {
	umount "$T/host/root"
	[ -z "$loop" ] || losetup -d "$loop"
	loop=
}

# image_files TREES: digests of all that an image's author has made, in each layer and in the snapshot, and of the mounts.
image_files() {
	sums "$1"
	sums "$T/cm"
	mkdir -p "$T/look"
	mount -o loop,ro,noload "$T/snap.img" "$T/look"
	(cd "$T/look" && find . -type f ! -name 'by-*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
	umount "$T/look"
}

# runs TREES STATUS WAY...: one run by each way, and every file of the images is what it was before.
runs() {
	local trees=$1 want=$2 way before
	shift 2
	if [ ! -e "$T/cm" ]; then
		configmap "$T/cm"
		mount_add /etc/config bind "$T/cm" rbind ro
		truncate -s 160M "$T/snap.img"
		mke2fs -q -t ext4 -d "$trees/tree" "$T/snap.img"
	fi
	before=$(image_files "$trees")
	[ "$(wc -l <<<"$before")" -gt 10 ]
	for way; do
		root_by "$way" "$trees"
		boots_with "$want"
		ok delete --force "$ID"
		no_root
	done
	same "$(image_files "$trees")" "$before"
	same "$(find "$ROOT" -mindepth 1; losetup -nO BACK-FILE | grep -F "$T/")" ''
	pod_clean
}

@test "ten runs of Linux guests that write, by all ways in turn: every file of the images is as it was" {
	app /bin/sh -c 'read colour </etc/config/colour && echo $colour >/by-$$ && ! echo x 2>/dev/null >/etc/config/x && sync'
	runs "$BATS_FILE_TMPDIR" 0 initrd block snapshot tree initrd block snapshot tree block tree
}

@test "ten runs of the smallest guest by each way: every file of the images is as it was" {
	local p=$T/probes way ways=()
	for way in initrd block tree; do probe_rootfs "$p/$way"; done
	rm "$p"/{block,tree}/boot/initrd
	truncate -s 1M "$p/block/root.img"
	mke2fs -q -t ext4 -O ^has_journal "$p/block/root.img"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel block=/root.img blkMntPoint=/ >"$p/block/urunc.json"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel mountRootfs=true >"$p/tree/urunc.json"
	for _ in 1 2 3 4 5 6 7 8 9 10; do ways+=(initrd block snapshot); done
	config '.process.args = ["/app"]'
	runs "$p" 0 "${ways[@]}"
	# What makes an image of a tree asks for our init, and this guest has none: it ends before its program is started.
	app /app
	runs "$p" 255 tree tree tree tree tree tree tree tree tree tree
}

# --- every kind of end ---

# host_state: mounts and loop devices of this test.
host_state() {
	findmnt -rno TARGET,SOURCE,FSTYPE,OPTIONS | grep -F "$T/" | sort
	losetup -nlO NAME,BACK-FILE | grep -F "$T/"
}
# nothing_more: no mount, loop device, tap, daemon or rule that was not there before.
nothing_more() {
	local found
	same "$(host_state)" "$host_before"
	pod_clean
	found=$(our_processes)
	same "$found" ''
}

# life END: a guest with a snapshot root, a shared directory and a network ends, in this way, and is deleted.
life() {
	local pid p daemons=
	rm -f "$T/data/up"
	app /bin/sh -c "echo $1 >>/log && sync && echo here >/data/up; [ $1 = itself ] || exec nginx -c /etc/nginx.conf"
	ok create --bundle "$B" "$ID"
	pid=$(init_pid "$ID")
	ok start "$ID"
	[ "$1" = itself ] || {
		serves outside "http://$POD4/" "nginx for $OUT4"
		daemons=$(children "$pid" virtiofsd)
		[ -n "$daemons" ]
	}
	case $1 in
	monitor) kill -KILL "$(children "$pid" '!virtiofsd')" ;;
	daemon) kill -KILL "$daemons" ;;
	killed) ok kill "$ID" KILL ;;
	esac
	within 60000 status_is "$ID" stopped
	for p in $pid $daemons; do within 5000 gone "$p"; done
	ok delete "$ID"
	nothing_more
	same "$(<"$T/data/up")" here
}

@test "guests with a snapshot root, a shared directory and a network, that power off or are killed in any way: nothing is left" {
	local round end n=0
	truncate -s 160M "$T/snap.img"
	mke2fs -q -t ext4 -d "$BATS_FILE_TMPDIR/tree" "$T/snap.img"
	loop=$(losetup -f --show "$T/snap.img")
	mount "$loop" "$T/host/root"
	mkdir "$T/data"
	mount_add /data bind "$T/data" rbind rw
	mount_add /scratch tmpfs tmpfs nosuid
	host_before=$(host_state)
	# ROUNDS=5 makes 20 lives of Linux.
	for round in $(seq "${ROUNDS:-1}"); do
		for end in itself monitor daemon killed; do
			life $end
			n=$((n + 1))
		done
	done
	same "$(grep -c . "$T/host/root/log")" "$n"
	umount "$T/host/root"
	losetup -d "$loop"
	loop=
}
