#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The same commands on the same bundle, by urunc and by the installed runc: statuses, shapes and words must agree.
# shellcheck disable=SC2016 # $names inside single quotes are those of jq
load helpers

setup() {
	common_setup
	only_urunc
	mkdir "$T/root.runc" "$T/root.urunc"
	# Two containers of one name would share a control group: that much the bundles differ.
	config '.linux.cgroupsPath = "/" + $id + "-runc"' --arg id "$ID"
	guest fake.wait
}

teardown() {
	local which=
	for which in runc urunc; do
		by $which delete --force "$ID"
		by $which delete --force "${ID}b"
		[ -z "$(ls -A "$T/root.$which")" ]
	done
	nothing_left
}

# of WHICH: its program; the bundle is made fit for it.
program_of() {
	[ ! -e "$B/config.json" ] || sed -i "s|\"/$ID-u*runc\"|\"/$ID-$1\"|" "$B/config.json"
	if [ "$1" = urunc ]; then echo "$URUNC"; else command -v runc; fi
}

# by WHICH ARGUMENT...: one of the two, in a state directory of its own.
by() {
	local which=$1 program
	shift
	program=$(program_of "$which")
	status=0
	timeout -k 1 30 "$program" --root "$T/root.$which" "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- 4>&- || status=$?
	out=$(<"$T/out")
	err=$(<"$T/err")
}

# create_by WHICH ID
create_by() {
	local program
	program=$(program_of "$1")
	"$program" --root "$T/root.$1" create --bundle "$B" "$2" >"$T/console.$1" 2>&1 </dev/null 3>&- 4>&-
}

# message: the text of an error, without time and program.
message() {
	sed -n 's/.*msg="\(.*\)"$/\1/p' <<<"$err" | sed -e 's/^runc \(create\|run\) failed: //' -e 's|[^ ]*\brunc\b|urunc|g'
}

# same_status ARGUMENT...: of both; leaves runc's words in $words.
same_status() {
	local theirs
	by runc "$@"
	theirs=$status words=$(message)
	by urunc "$@"
	same "$status" "$theirs" || {
		echo "$*: $err"
		return 1
	}
}

# alike ARGUMENT...: the same status, and the same words as far as runc's go.
alike() {
	local words
	same_status "$@" || return 1
	[ -z "$words" ] || [[ $(message) == "$words"* ]] || {
		printf '%s:\nours   %s\nrunc   %s\n' "$*" "$(message)" "$words"
		return 1
	}
}

both_stopped() {
	by urunc state "$ID"
	[[ $out == *'"status": "stopped"'* ]] || return 1
	by runc state "$ID"
	[[ $out == *'"status": "stopped"'* ]]
}

@test "every command in every state: the same status and the same words" {
	local command
	each() {
		alike state "$ID"
		alike kill "$ID" 0
		same_status kill "$ID" NOSUCH
		same_status kill "$ID" 99
		alike ps "$ID"
		alike ps --format json "$ID"
		same_status ps --format nosuch "$ID"
		alike list
		alike list --format nosuch
		alike resume "$ID"
	}
	same_status create "$ID" # no bundle here
	alike start "$ID"
	alike delete "$ID"
	alike delete --force "$ID"
	alike pause "$ID"
	each
	create_by runc "$ID"
	create_by urunc "$ID"
	each
	alike create --bundle "$B" "$ID"
	alike run --bundle "$B" "$ID"
	alike start "$ID"
	each
	alike start "$ID"
	alike delete "$ID"
	alike pause "$ID"
	alike pause "$ID"
	alike delete "$ID"
	alike state "$ID"
	alike resume "$ID"
	each
	alike kill "$ID" KILL
	within 5000 both_stopped
	each
	alike kill "$ID" KILL
	alike kill --all "$ID" KILL
	alike start "$ID"
	alike pause "$ID"
	alike delete "$ID"
	alike delete "$ID"
}

# limits_of WHICH: the limits that both of them change the same way, one a line.
limits_of() {
	local c file
	for c in pids/pids.max cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus; do
		for file in /sys/fs/cgroup/{,"${c%%/*}/"}"$ID-$1/${c#*/}"; do
			[ ! -e "$file" ] || cat "$file"
		done
	done
}

@test "update and events: the same status, the same files, the same shapes" {
	same_status update --pids-limit 50 "$ID"
	same_status events --stats "$ID"
	create_by runc "$ID"
	create_by urunc "$ID"
	alike start "$ID"
	local flags
	for flags in '--pids-limit 50' '--cpu-share 300' '--cpu-quota 40000 --cpu-period 80000' '--cpu-quota -1' '--cpuset-cpus 0'; do
		# shellcheck disable=SC2086
		alike update $flags "$ID"
		same "$(limits_of urunc)" "$(limits_of runc)"
	done
	[ -n "$(limits_of urunc)" ]
	echo '{"pids":{"limit":44},"cpu":{"shares":0,"quota":0,"period":0,"cpus":"","mems":""},"blockIO":{"weight":0}}' >"$T/r.json"
	alike update --resources "$T/r.json" "$ID"
	same "$(limits_of urunc)" "$(limits_of runc)"
	echo '{"cpu":5}' >"$T/r.json"
	same_status update --resources "$T/r.json" "$ID"
	same_status update --resources "$T/nosuch" "$ID"
	same_status update --memory x "$ID"
	same_status update --cpuset-cpus 4000 "$ID"
	alike events --interval 0s "$ID"
	by runc events --stats "$ID"
	local theirs
	# A limit on memory is always ours, and what a program has used is its own, as are the periods in which it has run, which are
	# left out while there was none: both have the same members all the same.
	theirs=$(jq -c 'del(.. | .max?, .cache?, .periods?)' <<<"$out" | shape)
	by urunc events --stats "$ID"
	same "$(jq -c 'del(.. | .max?, .cache?, .periods?)' <<<"$out" | shape)" "$theirs"
	alike kill "$ID" KILL
	within 5000 both_stopped
	alike events --stats "$ID"
	same_status update --pids-limit 50 "$ID"
}

@test "wrong calls: the same status and the same words" {
	local command
	for command in create start state kill delete ps pause resume run exec update events; do
		by runc $command
		local theirs=$status words
		words=$(message)
		by urunc $command
		# runc's exec answers 255 whatever happens; we are not its model there.
		[ $command = exec ] || same "$status" "$theirs"
		[[ $(message) == "$words"* ]]
	done
	alike --nosuch list
	alike list --nosuch
	alike create --nosuch "$ID"
	alike --log-format xml list
	alike list extra
	alike state a b
	alike start a b
	alike kill a b c
	alike create --bundle "$B" a/b
	alike create --bundle "$B" ..
	alike create --bundle "$B" ''
	alike spec --bundle "$B"
}

@test "bad bundles: the same status" {
	same_status create --bundle "$T/nowhere" "$ID"
	mv "$B/config.json" "$T/good.json"
	same_status create --bundle "$B" "$ID"
	local filter
	for filter in 'del(.process)' 'del(.root)' '.root.path = "nosuch"' '.linux.namespaces[0].path = "/nosuch"' \
		'.linux.namespaces += [{type: "pid"}]' '.process.terminal = true' '.hooks = {createRuntime: [{path: "/nosuch"}]}'; do
		jq -c "$filter" "$T/good.json" >"$B/config.json"
		by runc create --bundle "$B" "$ID"
		same "$status" 1
		# Without a root there is no urunc.json either, and the container is runc's.
		by urunc create --bundle "$B" "$ID"
		same "$status" 1
		[ -n "$err" ]
	done
	echo '{' >"$B/config.json"
	same_status create --bundle "$B" "$ID"
}

# shape: keys and types of all members, whatever their values.
shape() {
	jq -cS 'walk(if type == "object" or type == "array" then . else type end)'
}

@test "state, list and ps print the same shapes in every state" {
	create_by runc "$ID"
	create_by urunc "$ID"
	local which step
	for step in created start running kill stopped; do
		case $step in
		start | kill)
			alike $step "$ID" ${step/start/}
			[ $step = start ] || within 5000 both_stopped
			continue
			;;
		esac
		for which in runc urunc; do
			by $which state "$ID"
			shape <<<"$out" >"$T/state.$which"
			jq -r .status <<<"$out" >>"$T/state.$which"
			jq -e '(.pid == 0) == (.status == "stopped")' <<<"$out"
			by $which list --format json
			shape <<<"$out" >"$T/list.$which"
			by $which list
			sed -e 's/ \+/ /g' -e "s/[0-9]\{4\}-[^ ]*/TIME/" -e "s/$ID [0-9]\+/ID PID/" <<<"$out" >"$T/table.$which"
			by $which list -q
			echo "$out" >>"$T/table.$which"
		done
		diff "$T/state.runc" "$T/state.urunc"
		diff "$T/list.runc" "$T/list.urunc"
		diff "$T/table.runc" "$T/table.urunc"
	done
}

@test "the log file: the same form, the same number of records" {
	local which format
	for format in text json; do
		for which in runc urunc; do
			by $which --log "$T/log.$which.$format" --log-format $format start "$ID"
			echo "$err" >"$T/err.$which"
			by $which --log "$T/log.$which.$format" --log-format $format list
			sed -e 's/"20[0-9][0-9]-[^"]*"/TIME/' "$T/log.$which.$format" >"$T/log.$which"
		done
		diff "$T/log.runc" "$T/log.urunc"
		diff "$T/err.runc" "$T/err.urunc"
	done
}

@test "pid file, exit status of run, names of the working files: the same" {
	local which
	guest fake.exit=42
	for which in runc urunc; do
		by $which run --pid-file "$T/pid.$which" --bundle "$B" "$ID"
		same "$status" 42
		grep -qE '^[1-9][0-9]*$' "$T/pid.$which"
		same "$(stat -c %a "$T/pid.$which")" 644
		same "$(tail -c 1 "$T/pid.$which" | tr -d '0-9')" ''
	done
}

@test "--help, -h and no command: both print to standard output and succeed" {
	alike --help
	alike -h
	alike
	alike create --help
	alike --version
	alike -v
	alike features
}

@test "control groups: the same paths for the same cgroupsPath" {
	local path which
	for path in "/$ID-a" "/$ID-x/y" "$ID-rel"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		for which in runc urunc; do
			create_by $which "$ID"
			by $which state "$ID"
			# The unified hierarchy of a hybrid host has no controllers: we do not use it.
			grep -v '^0::' "/proc/$(jq .pid <<<"$out")/cgroup" >"$T/cgroup.$which"
			by $which delete --force "$ID"
			# runc leaves parents behind.
			our_cgroups | xargs -r rmdir
		done
		diff "$T/cgroup.runc" "$T/cgroup.urunc"
	done
}
