# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016,SC2034,SC2120
# Shared by the CLI tests: bundles, running the runtime, waiting for events, and looking for what was left behind.
#
# BUILD     directory of the build with bin/urunc and payload/ (default: build)
# RUNTIME   urunc (default) or runc: one bundle serves both, so that tests of common behaviour can be tried on the model.
#           In a runc container /init obeys the same fake.* words as the fake monitor does in ours.
#
# A test has a directory $T, a state root $ROOT, a container name $ID that nobody else uses and a bundle $B.
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
top=$(cd "${BATS_TEST_DIRNAME:-.}/../.." && pwd)
BUILD=${BUILD:-${URUNC_BUILD:-$top/build}}
URUNC=$BUILD/bin/urunc
FAKE=$BUILD/payload/fake_monitor
RUNTIME=${RUNTIME:-urunc}

# --- what a bundle is made of ---

# pvh_kernel FILE [MACHINE]: the smallest ELF file that says how it is booted: one segment and the note "Xen", type 18.
pvh_kernel() {
	{
		printf '\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0\0\0\x10\0\x34\0\0\0\0\0\0\0\0\0\0\0'
		printf '\x34\0\x20\0\x02\0\x28\0\0\0\0\0'
		# PT_LOAD: offset 0, at 1 MiB, 256 bytes
		printf '\x01\0\0\0\0\0\0\0\0\0\x10\0\0\0\x10\0\0\x01\0\0\0\x01\0\0\x05\0\0\0\0\x10\0\0'
		# PT_NOTE: offset 0x74
		printf '\x04\0\0\0\x74\0\0\0\x74\0\x10\0\x74\0\x10\0\x14\0\0\0\x14\0\0\0\x04\0\0\0\x04\0\0\0'
		printf '\x04\0\0\0\x04\0\0\0\x12\0\0\0Xen\0\x00\x00\x10\0'
		head -c 120 /dev/zero
	} >"$1"
}

# urunc_json KEY=VALUE...: metadata as images carry it.
urunc_json() {
	local pair
	for pair; do
		printf '%s\0%s\0' "com.urunc.unikernel.${pair%%=*}" "$(printf %s "${pair#*=}" | base64 -w0)"
	done | jq -Rs 'split("\u0000") | [recurse(.[2:]; length > 1) | select(length > 1) | {key: .[0], value: .[1]}] | from_entries'
}

# make_rootfs DIR [busybox]: root of a container that urunc boots and runc runs.
make_rootfs() {
	local dir=$1 applet
	mkdir -p "$dir"/{bin,boot,dev,proc,sys,tmp,etc}
	pvh_kernel "$dir/boot/kernel"
	(cd "$dir" && printf 'boot\n' | cpio --quiet --reproducible -o -H newc) >"$dir/boot/initrd"
	urunc_json unikernelType=linux hypervisor=qemu binary=/boot/kernel initrd=/boot/initrd >"$dir/urunc.json"
	cp "$(command -v busybox)" "$dir/bin/busybox"
	for applet in sh sleep cat true kill env id ls; do
		ln -s busybox "$dir/bin/$applet"
	done
	cat >"$dir/init" <<'END'
#!/bin/sh
for w; do
	case $w in fake.say=*) echo "${w#*=}" ;; fake.ignore=*) ignore=${w#*=} ;; fake.wait) wait=1 ;; fake.echo) cat ;; esac
done
if [ -n "$wait" ]; then
	for s in 1 10 12 28; do trap "echo SIGNAL $s" $s; done
	trap '[ "$ignore" = TERM ] || exit 0' TERM
	echo WAITING
	while :; do
		sleep 1000 &
		wait
	done
fi
for w; do
	case $w in fake.exit=*) exit "${w#*=}" ;; fake.signal=*) kill "-${w#*=}" $$ ;; esac
done
END
	chmod 0755 "$dir/init"
	ln -s init "$dir/urunit"
}

make_template() {
	local dir
	dir=$(mktemp -d)
	(cd "$dir" && runc spec) || return 1
	jq -c --arg root "$SHARED/rootfs" '.process.terminal = false | .process.args = ["/init"] | .root.path = $root
		| .process.env = ["PATH=/bin", "HELLO=there"] | .hostname = "guest"' "$dir/config.json"
	rm -r "$dir"
}

# make_toml [LINE...]: a configuration with the fake monitor; lines are added under [runtime].
make_toml() {
	printf '[monitors.qemu]\npath = "%s"\n[runtime]\naccelerator = "tcg"\nurunit_path = "%s"\n' "$FAKE" "$BUILD/bin/urunit"
	printf '%s\n' "$@"
}

# --- one test ---

common_setup() {
	T=$BATS_TEST_TMPDIR/t
	ROOT=$T/root
	B=$T/bundle
	ID=ut$$x$BATS_SUITE_TEST_NUMBER
	helper=$SHARED/helper
	mkdir -p "$ROOT" "$B"
	mkfifo "$T/never"
	background=()
	cp "$SHARED/config.json" "$B/config.json"
	case $RUNTIME in
	urunc) RT=$URUNC ;;
	*) RT=$(command -v "$RUNTIME") ;;
	esac
	export URUNC_CONFIG_FILE=$SHARED/urunc.toml
	unset XDG_RUNTIME_DIR
}

setup() {
	common_setup
}

teardown() {
	local pid id rc=0
	if mountpoint -q "$T/mount"; then umount -l "$T/mount"; fi
	for pid in "${background[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	for id in "$ROOT"/* "$ROOT"/.[!.]*; do
		[ -e "$id" ] || continue
		id=${id##*/}
		rt delete --force -- "$id"
		[ "$status" -eq 0 ] || {
			echo "delete --force $id: exit $status: $err"
			rc=1
		}
	done
	nothing_left || rc=1
	return $rc
}

# For what runc does otherwise or has not.
only_urunc() {
	[ "$RUNTIME" = urunc ] || skip "a promise of urunc alone"
}

# config FILTER [JQ OPTION...]: changes config.json of the bundle.
config() {
	local filter=$1
	shift
	jq -c "$filter" "$@" <"$B/config.json" >"$B/config.new" && mv "$B/config.new" "$B/config.json"
}

# process_args WORD...: of config.json. jq takes 40 ms to start; the untouched template can do without.
process_args() {
	local text word args=
	text=$(<"$B/config.json")
	if [[ $text != *'"args":["/init"]'* || $* == *[\"\\\&[:cntrl:]]* ]]; then
		config '.process.args = $ARGS.positional' --args "$@"
		return
	fi
	for word; do
		args+="${args:+,}\"$word\""
	done
	printf '%s\n' "${text/'"args":["/init"]'/\"args\":[$args]}" >"$B/config.json"
}

# guest WORD...: what the guest is to do (see tests/payload/fake_monitor.c); its init is the application itself.
guest() {
	process_args /init "$@"
}

# guest_urunit WORD...: the same with our urunit as init, hence with a control channel.
guest_urunit() {
	process_args /urunit /app "$@"
}

# another_guest [TYPE]: the same kernel as a guest that knows neither a power button nor kernel parameters.
another_guest() {
	config '.annotations["com.urunc.unikernel.unikernelType"] = $t' --arg t "${1:-unikraft}"
}

# own_rootfs: a root of this bundle's own (without busybox), for tests that change it.
own_rootfs() {
	mkdir -p "$B/rootfs"
	cp -a "$SHARED"/rootfs/{boot,dev,proc,sys,tmp,etc,urunc.json} "$B/rootfs/"
	config '.root.path = "rootfs"'
}

# toml LINE...: a configuration of this test's own.
toml() {
	make_toml "$@" >"$T/urunc.toml"
	export URUNC_CONFIG_FILE=$T/urunc.toml
}

# --- running the runtime ---

# rt ARGUMENT...: with our root; sets status, out and err. Keeps bats' own descriptors from it. No command hangs.
rt() {
	status=0
	timeout -k 1 30 "$RT" --root "$ROOT" "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
	out=$(<"$T/out")
	err=$(<"$T/err")
}

# The same, and it must work.
ok() {
	rt "$@"
	[ "$status" -eq 0 ] || {
		echo "$*: exit $status: $err"
		return 1
	}
}

# refused REGEX ARGUMENT...: the command fails at once with one line on standard error that matches.
refused() {
	local regex=$1 begin=${EPOCHREALTIME/./} took
	shift
	rt "$@"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000))
	[ "$status" -ne 0 ] || {
		echo "$*: was not refused"
		return 1
	}
	if ! one_line "$err" || ! matches "$err" "$regex"; then
		echo "$*: wrong words"
		return 1
	fi
	[ $took -lt 1000 ] || {
		echo "$*: took $took ms"
		return 1
	}
}

# create [OPTION...]: container $ID of bundle $B; its output goes to $T/console.
create() {
	: >"$T/console"
	status=0
	timeout -k 1 30 "$RT" --root "$ROOT" create --bundle "$B" "$@" "$ID" >>"$T/console" 2>"$T/err" </dev/null 3>&- 4>&- ||
		status=$?
	err=$(<"$T/err")
	[ "$status" -eq 0 ] || {
		echo "create: exit $status: $err"
		return 1
	}
}

# create and start; with fake.wait among the guest's words it also waits until the guest waits.
running() {
	create "$@" || return 1
	ok start "$ID" || return 1
	if grep -q '"fake.wait"' "$B/config.json"; then console_has WAITING; fi
}

# The process of the container, from the kernel's side.
init_pid() {
	rt state "$1"
	sed -n 's/^ *"pid": \([0-9]*\),$/\1/p' <<<"$out"
}

status_is() {
	rt state "$1"
	[[ $out =~ \"status\":\ \"$2\" ]]
}

# --- events and words ---

# within MS COMMAND...: tries until it succeeds.
within() {
	local limit=$1 end=$((${EPOCHREALTIME/./} + $1 * 1000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || {
			echo "not within $limit ms: $*"
			return 1
		}
		read -rt 0.01 <>"$T/never" || :
	done
}

in_console() {
	grep -q -- "$1" "$T/console"
}

console_has() {
	within 5000 in_console "$1" || {
		echo "console:"
		cat "$T/console"
		return 1
	}
}

stopped() {
	within 5000 status_is "$ID" stopped
}

# gone PID: ended; a zombie has ended too.
gone() {
	local line
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ ${line##*) } == [ZX]* ]]
}

one_line() {
	if [ -z "$1" ] || [[ $1 == *$'\n'* ]]; then
		printf 'not one line: "%s"\n' "$1"
		return 1
	fi
}

matches() {
	[[ $1 =~ $2 ]] || {
		printf '"%s" does not match "%s"\n' "$1" "$2"
		return 1
	}
}

same() {
	[ "$1" = "$2" ] || {
		printf 'is       %s\nexpected %s\n' "$1" "$2"
		return 1
	}
}

# report FILTER [JQ OPTION...]: asks what the fake monitor has told about itself.
report() {
	within 5000 report_is_whole >&2 || {
		cat "$T/console" >&2
		return 1
	}
	sed -n 's/^FAKE-REPORT //p' "$T/console" | head -n 1 | jq -c "$@"
}
# A long one comes in pieces.
report_is_whole() {
	sed -n 's/^FAKE-REPORT //p' "$T/console" | head -n 1 | jq -e . >/dev/null 2>&1
}

# holds FILTER [JQ OPTION...]: something is true of the report.
holds() {
	report -e "$@" >/dev/null || {
		echo "not so: $1"
		return 1
	}
}

# --- leaks ---

# Control groups of this test, in every hierarchy.
our_cgroups() {
	find /sys/fs/cgroup -depth -type d -name "*${1:-$ID}*" 2>/dev/null
}

# value V1-FILE V2-FILE: of the container's group; empty when there is none.
value() {
	local dir file
	for file; do
		for dir in $(our_cgroups); do
			if [ -e "$dir/$file" ]; then
				cat "$dir/$file"
				return
			fi
		done
	done
}

# Processes which are in those, or which hold files of this test, or whose command line names it.
our_processes() {
	local p line
	for p in $({
		grep -lF "${1:-$ID}" /proc/[0-9]*/cgroup
		grep -lF "$ROOT" /proc/[0-9]*/cmdline
		find /proc/[0-9]*/fd -lname "$T/*"
	} 2>/dev/null | cut -d/ -f3 | sort -u); do
		[ "$p" = $$ ] || [ "$p" = "$BASHPID" ] || gone "$p" || printf '%s %s\n' "$p" "$(tr '\0' ' ' <"/proc/$p/cmdline")"
	done
}

nothing_left() {
	local found
	found=$(
		our_cgroups | sed 's/^/cgroup /'
		our_processes | sed 's/^/process /'
		grep -F -e "$T" -e "$ID" /proc/self/mountinfo | sed 's/^/mount /'
		grep -F -e "$T" -e "$ID" /proc/net/unix | sed 's/^/socket /'
		find "$ROOT" -mindepth 1 2>/dev/null | sed 's/^/state /'
		find /run/urunc /run/runc /run/crun -maxdepth 1 -name "*$ID*" 2>/dev/null | sed 's/^/state /'
	)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}
