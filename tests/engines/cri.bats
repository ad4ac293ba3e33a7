#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pods through the CRI, as a kubelet makes them: the pause container and sidecars are runc's, the workload is a guest.
load helpers

setup_file() {
	engine_start
	mkdir -p "$E/cni" "$E/logs"
	cat >"$E/cni/10-pods.conflist" <<-END
		{"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "bridge", "bridge": "pods0", "isGateway": true, "ipMasq": false,
		 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.77.0.0/24"}]], "dataDir": "$E/ipam", "routes": [{"dst": "0.0.0.0/0"}]}}]}
	END
	# What deploy/containerd has for people, with what this machine needs besides.
	{
		cat <<-END
			[plugins."io.containerd.grpc.v1.cri"]
			  sandbox_image = "$PAUSE_IMAGE"
			  disable_tcp_service = true
			  stream_server_address = "127.0.0.1"
			  disable_apparmor = true
			  restrict_oom_score_adj = true
			[plugins."io.containerd.grpc.v1.cri".cni]
			  bin_dir = "/usr/lib/cni"
			  conf_dir = "$E/cni"
			[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
			  runtime_type = "io.containerd.runc.v2"
		END
		cat "$top/deploy/containerd/config-v2.toml"
	} | sed "s|\"io.containerd.urunc.v2\"|\"$SHIM\"|" >"$E/cri.toml"
	[ "$SHIM" != io.containerd.runc.v2 ] ||
		printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.urunc.options]\n  BinaryName = "%s"\n' "$URUNC" >>"$E/cri.toml"
	containerd_starts && images k8s.io linux busybox pause
}

teardown_file() {
	T=$E
	daemon_ends containerd
}

prepare() {
	LOGDIR=$E/logs/$ID
	mkdir -p "$LOGDIR"
	[ -e "$E/containerd.pid" ] || return 0
	mkfifo "$T/ask" "$T/answer"
	exec 7<>"$T/ask" 8<>"$T/answer"
	CRI_SOCKET=$CONTAINERD_ADDRESS PYTHONPATH=$SHARED PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$BATS_TEST_DIRNAME/cri.py" \
		<"$T/ask" >"$T/answer" 2>&1 3>&- 4>&- 7>&- 8>&- &
	client=$!
}

teardown() {
	local id
	[ -e "$E/containerd.pid" ] || return 0
	for id in $(cri ListContainers | jq -r '.containers[]?.id'); do cri RemoveContainer "{\"container_id\": \"$id\"}"; done >/dev/null
	for id in $(cri ListPodSandbox | jq -r '.items[]?.id'); do
		cri StopPodSandbox "{\"pod_sandbox_id\": \"$id\"}"
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$id\"}"
	done >/dev/null
	kill "$client"
	find /sys/fs/cgroup -depth -type d -path "*/$ID*" -exec rmdir {} + # its owner is the kubelet
	within 5000 no_shims
}

# cri METHOD [JSON]: the answer; fails when it is an error.
cri() {
	local answer
	printf '%s %s\n' "$1" "$(tr '\n' ' ' <<<"${2-}")" >&7
	IFS= read -r -t 100 answer <&8 || answer="ERROR no answer"
	printf '%s\n' "$answer"
	[ "${answer#ERROR}" = "$answer" ]
}

# pod [HANDLER]: sets $pod and $address.
pod() {
	pod_config=$(jq -cn --arg id "$ID" --arg logs "$LOGDIR" '{metadata: {name: $id, uid: $id, namespace: "default"}, hostname: "pod1", log_directory: $logs,
		dns_config: {servers: ["10.96.0.10"]}, linux: {cgroup_parent: ("/" + $id), security_context: {namespace_options: {pid: 1}}}}')
	pod=$(cri RunPodSandbox "{\"config\": $pod_config, \"runtime_handler\": \"${1-urunc}\"}") || {
		echo "$pod"
		log_of containerd
		return 1
	}
	pod=$(jq -r .pod_sandbox_id <<<"$pod")
	address=$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$pod\"}" | jq -r .status.network.ip)
}

# container NAME IMAGE JSON [WORD...]: created and started; sets $container. JSON: more of the configuration.
container() {
	local name=$1 image=$2 more=$3 answer
	shift 3
	answer=$(cri CreateContainer "$(jq -cn --arg pod "$pod" --argjson of "$pod_config" --arg name "$name" --arg image "$image" --argjson more "$more" \
		'{pod_sandbox_id: $pod, sandbox_config: $of, config: ({metadata: {name: $name}, image: {image: $image}, command: $ARGS.positional,
		log_path: ($name + ".log"), linux: {resources: {oom_score_adj: 1000}}} * $more)}' --args -- "$@")") &&
		container=$(jq -r .container_id <<<"$answer") &&
		answer=$(cri StartContainer "{\"container_id\": \"$container\"}") || {
		echo "$answer"
		log_of containerd
		return 1
	}
}
of() { # what ContainerStatus says of $container: a jq filter
	cri ContainerStatus "{\"container_id\": \"${2:-$container}\"}" | jq -r ".status.$1"
}
CREATED=0 RUNNING=1 EXITED=2

state_is() {
	[ "$(of state "${2-}")" = "$1" ]
}
stopped_within() { # SECONDS ID: StopContainer comes back, and the grace period was not used up
	local begin=$SECONDS
	cri StopContainer "{\"container_id\": \"$2\", \"timeout\": $1}" >/dev/null
	[ $((SECONDS - begin)) -lt "$1" ]
}
pod_is_removed() {
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}" &&
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$pod\"}" &&
		cri ListPodSandbox | jq -e '.items == []'
}
has_log() { # TEXT NAME: in the form of the CRI: time, stream, tag
	grep -qE "^[0-9T:.+-]+Z? std(out|err) [FP] .*$1" "$LOGDIR/$2.log"
}
serves_at() {
	within $((BOOT_SECONDS * 1000)) answers_at "$@" || {
		tail -n 5 "$LOGDIR"/*.log
		echo "got: $(<"$T/got")"
		return 1
	}
}
answers_at() {
	curl -gsf -m 5 --connect-timeout 1 "$1" >"$T/got" 2>/dev/null && grep -qF -- "${2-}" "$T/got"
}

@test "the engine is ready and has both handlers" {
	cri Status | jq -e '[.status.conditions[] | select(.type == "RuntimeReady" or .type == "NetworkReady") | .status] == [true, true]'
}

@test "a pod: guest and sidecar at one address, logs, stats, exec, update, a graceful stop within the grace period, all removed" {
	local guest sidecar answer
	pod
	[ "$(C -n k8s.io task ps "$pod" | tail -n +2 | wc -l)" -eq 1 ]
	container web "$LINUX_IMAGE" '{"envs": [{"key": "GREETING", "value": "hello"}], "linux": {"resources": {"memory_limit_in_bytes": 268435456}}}' \
		/urunit /bin/sh -c 'trap "echo bye; exit 3" TERM; echo "$GREETING from $(uname -r)"; mkdir /www; hostname >/www/name; httpd -h /www; while :; do sleep 1 & wait $!; done'
	guest=$container
	container side "$BUSYBOX_IMAGE" '{}' /bin/sh -c 'echo side; echo wrong >&2; exec /bin/sleep 1000'
	sidecar=$container
	serves_at "http://$address/name" pod1
	has_log "hello from $(<"$SHARED/kernel/version")" web
	has_log side side
	grep -q ' stderr F wrong' "$LOGDIR/side.log"
	pgrep -f '^qemu-system'
	same "$(shims "" | wc -l)" 1

	[ "$(cri ContainerStats "{\"container_id\": \"$guest\"}" | jq '.stats.memory.working_set_bytes.value | tonumber > 20000000')" = true ]
	[ "$(cri ContainerStats "{\"container_id\": \"$guest\"}" | jq '.stats.cpu.usage_core_nano_seconds.value | tonumber > 100000000')" = true ]
	answer=$(cri ExecSync "{\"container_id\": \"$sidecar\", \"cmd\": [\"/bin/sh\", \"-c\", \"echo inside; exit 5\"], \"timeout\": 10}")
	same "$(jq -c '[.exit_code, .stdout]' <<<"$answer")" "[5,\"$(echo inside | base64)\"]"
	# The sidecar reaches the guest as a container of its pod.
	answer=$(cri ExecSync "{\"container_id\": \"$sidecar\", \"cmd\": [\"/bin/busybox\", \"wget\", \"-qO-\", \"http://127.0.0.1/name\"], \"timeout\": 10}")
	same "$(jq -r .stdout <<<"$answer" | base64 -d)" pod1
	cri UpdateContainerResources "{\"container_id\": \"$sidecar\", \"linux\": {\"memory_limit_in_bytes\": 67108864}}"

	stopped_within 30 "$guest"
	has_log bye web
	same "$(of exit_code "$guest")" 3
	stopped_within 30 "$sidecar"
	same "$(of exit_code "$sidecar")" 143
	cri RemoveContainer "{\"container_id\": \"$guest\"}"
	cri RemoveContainer "{\"container_id\": \"$sidecar\"}"
	pod_is_removed
}

@test "exec in a guest is refused in words, and the guest goes on" {
	local answer
	[ "$SHIM" != io.containerd.runc.v2 ] || skip "our shim's words"
	fake_monitor
	images k8s.io fake
	pod
	container fake "$FAKE_IMAGE" '{}' /init fake.wait
	real_monitor
	answer=$(cri ExecSync "{\"container_id\": \"$container\", \"cmd\": [\"/bin/true\"], \"timeout\": 10}") && return 1
	matches "$answer" 'exec'
	state_is $RUNNING
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$pod\"}"
	within 10000 state_is $EXITED
}

@test "RuntimeHandler: the same ordinary image under runc and under urunc; an unknown one is refused" {
	local handler answer
	for handler in '' runc urunc; do
		pod "$handler"
		same "$(cri PodSandboxStatus "{\"pod_sandbox_id\": \"$pod\"}" | jq -r .status.runtime_handler)" "$handler"
		container plain "$BUSYBOX_IMAGE" '{}' /bin/sh -c "echo by '$handler'; exit 4"
		within 10000 state_is $EXITED
		same "$(of exit_code)" 4
		has_log "by $handler" plain
		cri RemoveContainer "{\"container_id\": \"$container\"}"
		pod_is_removed
		rm "$LOGDIR/plain.log"
	done
	answer=$(pod nothing) && return 1
	matches "$answer" 'no runtime for "nothing"'
}

# Its address is built into it: a network whose first pod has that one.
solo5_network() {
	sed 's|10\.77\.0\.0/24|10.0.0.0/24|; s|pods|solo5|g; s|/ipam|/ipam5|' "$E/cni/10-pods.conflist" >"$E/cni/05-solo5.conflist"
}
pod_has() {
	pod && [ "$address" = "$1" ] || {
		pod_is_removed
		return 1
	}
}

@test "a Solo5 guest in a pod answers at the pod's address, where URUNC_TEST_SOLO5 is a built tree" {
	if [ ! -e "$SHARED/solo5.tar" ]; then
		echo "# not given: only the Linux guest was tried" >&3
		return 0
	fi
	images k8s.io solo5
	printf '[monitors.spt]\npath = "%s"\n' "$SHARED/solo5-spt" >>"$URUNC_CONFIG_FILE"
	solo5_network
	within 20000 pod_has 10.0.0.2
	container solo5 "$SOLO5_IMAGE" '{}'
	within 10000 has_log 'Serving ping on 10.0.0.2' solo5
	busybox ping -c 3 -W 5 "$address"
	cri ContainerStats "{\"container_id\": \"$container\"}" | jq -e '.stats.memory.working_set_bytes.value | tonumber > 0'
	stopped_within 30 "$container"
	same "$(of exit_code)" 143
	pod_is_removed
	rm "$E/cni/05-solo5.conflist"
	ip link del solo50 # the bridge; its plugin leaves it
	real_monitor
}

@test "containerd restarted under a pod: guest and sidecar are there, logs go on, all can be removed" {
	local guest
	pod
	container sig "$LINUX_IMAGE" '{}' /urunit /bin/sigecho
	guest=$container
	within 60000 has_log 'sigecho: ready' sig
	container side "$BUSYBOX_IMAGE" '{}' /bin/sleep 1000
	daemon_ends containerd KILL
	containerd_starts
	within 20000 state_is $RUNNING "$guest"
	state_is $RUNNING
	C -n k8s.io task kill -s USR1 "$guest"
	within 10000 has_log 'sigecho: got 10' sig
	same "$(cri ExecSync "{\"container_id\": \"$container\", \"cmd\": [\"/bin/true\"], \"timeout\": 10}" | jq .exit_code)" 0
	stopped_within 30 "$guest"
	same "$(of exit_code "$guest")" 42
	pod_is_removed
}

@test "nothing is left of this file" {
	T=$E
	daemon_ends containerd
	ip link del pods0
	LEFT_BY_ENGINE='file /run/(e|netns)' nothing_is_left
}
