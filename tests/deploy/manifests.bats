#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What kubectl makes of the manifests, the image's context, and the sample configurations for people.
load node

# kubectl ARGUMENT...: Debian 13's, by the loader and the libraries of its tree.
kubectl() {
	local tree=${URUNC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/urunc}/debian13
	"$(echo "$tree"/lib64/ld-linux-*.so.*)" --library-path "$(echo "$tree"/usr/lib/*-linux-gnu)" "$tree/usr/bin/kubectl" "$@"
}

# made DIR FILTER [JQ OPTION...]: something is true of the list of all that kustomize makes of it.
made() {
	local dir=$1
	shift
	kubectl kustomize "$top/deploy/kubernetes/$dir" >"$BATS_TEST_TMPDIR/yaml" || return 1
	/usr/bin/python3 -c 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(sys.stdin))))' <"$BATS_TEST_TMPDIR/yaml" >"$BATS_TEST_TMPDIR/json"
	jq -e "$@" "$BATS_TEST_TMPDIR/json" >/dev/null || {
		echo "$dir: not so: $1"
		return 1
	}
}

@test "every overlay has account, role, runtime class and the DaemonSet, and its pods may do what the script does" {
	local o
	for o in "$top"/deploy/kubernetes/overlays/*; do
		o=overlays/${o##*/}
		made $o '[.[].kind] | sort == ["ClusterRole", "ClusterRoleBinding", "DaemonSet", "RuntimeClass", "ServiceAccount"]'
		made $o '.[] | select(.kind == "DaemonSet").spec.template.spec | .hostPID and .containers[0].securityContext.privileged
			and .serviceAccountName == "urunc-deploy-sa" and .volumes[0].hostPath.path == "/" and .containers[0].volumeMounts[0].mountPath == "/host"
			and .containers[0].command == ["/urunc-artifacts/install.sh", "install", "--wait"] and (.tolerations | length) >= 1'
		made $o '.[] | select(.kind == "RuntimeClass") | .handler == "urunc" and .metadata.name == "urunc"
			and .scheduling.nodeSelector == {"urunc.io/urunc-runtime": "true"} and .overhead.podFixed.memory == "96Mi"'
		made $o '.[] | select(.kind == "ClusterRole").rules == [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "patch"]}]'
	done
	made overlays/rke2 '[.[] | select(.kind == "DaemonSet").spec.template.spec.tolerations[].key] | index("CriticalAddonsOnly")'
}

@test "cleanup goes to the labelled nodes only" {
	made cleanup '.[] | select(.kind == "DaemonSet") | .metadata.name == "kubelet-urunc-cleanup"
		and .spec.selector.matchLabels == .spec.template.metadata.labels
		and .spec.template.spec.nodeSelector == {"urunc.io/urunc-runtime": "true"}
		and .spec.template.spec.containers[0].command == ["/urunc-artifacts/install.sh", "cleanup", "--wait"]'
}

@test "the image's context holds what make installs, and the script installs from it" {
	"$top/deploy/kubernetes/context" "$BATS_TEST_TMPDIR/context" "$top/script/oci-image"
	grep -q '^COPY urunc-artifacts /urunc-artifacts$' "$BATS_TEST_TMPDIR/context/Containerfile"
	node containerd
	ARTIFACTS=$BATS_TEST_TMPDIR/context/urunc-artifacts HYPERVISORS='' "$BATS_TEST_TMPDIR/context/urunc-artifacts/install.sh" install
	"$N/usr/local/bin/urunc" --version | grep -q "$(<"$top/VERSION")"
	"$N/usr/local/bin/containerd-shim-urunc-v2" -v
}

@test "sample configurations say what the install script writes, and the engines read them" {
	local v
	for v in 2 3; do
		rm -rf "${BATS_TEST_TMPDIR:?}"/*
		node containerd $v.0
		mkdir "$N/etc/containerd"
		echo "version = $v" >"$N/etc/containerd/config.toml"
		install
		diff <(grep -v '^ *#' "$top/deploy/containerd/config-v$v.toml") <(grep -vE '^ *#|^version' "$N/etc/containerd/config.toml")
	done
	/usr/bin/python3 -c 'import sys, tomllib; [tomllib.load(open(f, "rb")) for f in sys.argv[1:]]' "$top"/deploy/containerd/*.toml "$top"/deploy/crio/*.conf
	jq -e '.runtimes.urunc.path == "/usr/local/bin/urunc"' "$top/deploy/docker/daemon-20.10.json"
	jq -e '.runtimes.urunc.runtimeType == "io.containerd.urunc.v2"' "$top/deploy/docker/daemon-23.json"
}
