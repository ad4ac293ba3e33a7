#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs urunc on a node of Kubernetes, or removes it: programs, the container engine's configuration, the node's label.
# It runs in the pod of a DaemonSet, as root, with the node's file system at $HOST; and may be run twice, or again after a
# failure. What it edits is copied first; each edit is one marked block or one file of its own; a failure takes all back.
# usage: install.sh install|cleanup [--wait]      --wait: stay when it is done, as a DaemonSet's container has to
# environment:
#   NODE_NAME     the node to label; empty: no label
#   HOST          where the node's file system is (default /host)
#   HOST_RUN      prefix of commands that run on the node itself (default: nsenter into its first process)
#   ARTIFACTS     what `make install DESTDIR=` made, and monitors/ (default /urunc-artifacts)
#   ENGINE        containerd, k3s, k3s-agent, rke2-server, rke2-agent, k0scontroller, k0sworker or crio (default: the active one)
#   HYPERVISORS   which programs of monitors/ to install (default: all that are there)
#   DEBUG         true: say every command
set -eu
umask 022
HOST=${HOST-/host}
HOST_RUN=${HOST_RUN-nsenter --target 1 --mount --uts --ipc --net --pid --}
ARTIFACTS=${ARTIFACTS:-/urunc-artifacts}
NODE_NAME=${NODE_NAME-}
API=${API:-https://${KUBERNETES_SERVICE_HOST-}:${KUBERNETES_SERVICE_PORT-443}}
ACCOUNT=${ACCOUNT:-/var/run/secrets/kubernetes.io/serviceaccount}
LABEL=urunc.io/urunc-runtime
STATE=$HOST/var/lib/urunc-deploy
PREFIX=/usr/local
MONITORS=/opt/urunc/bin
BEGIN='# BEGIN urunc-deploy (made by urunc; do not edit between these lines)'
END='# END urunc-deploy'
[ "${DEBUG-}" != true ] || set -x

say() { echo "urunc-deploy: $*"; }
die() {
	echo "urunc-deploy: error: $*" >&2
	exit 1
}
on_host() {
	# shellcheck disable=SC2086 # a prefix of words
	$HOST_RUN "$@"
}

# --- the engine ---

find_engine() {
	if [ -z "${ENGINE-}" ]; then
		for ENGINE in k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker crio containerd none; do
			if [ "$ENGINE" != none ] && on_host systemctl is-active --quiet "$ENGINE"; then break; fi
		done
	fi
	case $ENGINE in
	containerd)
		CONFIG=/etc/containerd/config.toml
		CONTAINERD=containerd
		;;
	k3s | k3s-agent | rke2-server | rke2-agent)
		CONTAINERD=/var/lib/rancher/${ENGINE%%-*}/data/current/bin/containerd
		CONFIG=/var/lib/rancher/${ENGINE%%-*}/agent/etc/containerd/config.toml
		;;
	k0scontroller | k0sworker)
		CONTAINERD=/var/lib/k0s/bin/containerd
		CONFIG=/etc/k0s/containerd.d/urunc.toml
		;;
	crio) CONFIG=/etc/crio/crio.conf.d/99-urunc.conf ;;
	none) die "no container engine is active on this node (looked for containerd, k3s, rke2, k0s, CRI-O); name it in ENGINE" ;;
	*) die "ENGINE='$ENGINE': must be containerd, k3s, k3s-agent, rke2-server, rke2-agent, k0scontroller, k0sworker or crio" ;;
	esac
}

# Major version of the node's containerd; empty when it does not say.
containerd_major() {
	on_host "$CONTAINERD" --version 2>/dev/null | sed -n 's/.* v\{0,1\}\([0-9][0-9]*\)\.[0-9].*/\1/p' | head -n 1
}

# toml_key FILE KEY: a key of the top level, as it stands there (arrays in one line).
toml_key() {
	awk -v key="$2" '
		/^[[:space:]]*\[/ && !open {exit}
		open {value = value $0}
		!open && $0 ~ "^[[:space:]]*" key "[[:space:]]*=" {value = $0; sub(/^[^=]*=[[:space:]]*/, "", value); open = value ~ /^\[/ }
		open && value ~ /\]/ {open = 0}
		!open && value != "" {sub(/[[:space:]]*(#.*)?$/, "", value); print value; exit}' "$1"
}

# format FILE: version of the configuration that it is, 2 or 3; refuses what cannot be extended.
format() {
	_version=$(toml_key "$1" version)
	case $_version in
	2 | 3) echo "$_version" ;;
	'') die "$1 has no 'version = 2' or 'version = 3' at its top: containerd takes that for version 1; change it by 'containerd config migrate' first" ;;
	*) die "$1 has version '$_version': must be 2 or 3" ;;
	esac
}

table_of() {
	case $1 in
	2) echo 'plugins."io.containerd.grpc.v1.cri".containerd.runtimes.urunc' ;;
	3) echo "plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.urunc" ;;
	esac
}

# block VERSION: what makes containerd know urunc.
block() {
	cat <<E
$BEGIN
[$(table_of "$1")]
  runtime_type = "io.containerd.urunc.v2"
  pod_annotations = ["com.urunc.unikernel.*"]
  container_annotations = ["com.urunc.unikernel.*"]
$END
E
}

crio_file() {
	cat <<E
$BEGIN
[crio.runtime.runtimes.urunc]
runtime_path = "$PREFIX/bin/urunc"
runtime_type = "oci"
runtime_root = "/run/urunc"
$END
E
}

# Refuses a configuration (of the node, below $HOST) that already has a runtime of this name, or no use for one.
check_config() {
	_rest=$(without_block <"$1") ||
		die "${1#"$HOST"} has half a block of urunc-deploy, without its last line: remove what is left of it"
	if printf '%s\n' "$_rest" | grep -qE '^[[:space:]]*\[.*runtimes\.("urunc"|'"'urunc'"'|urunc)\]'; then
		die "${1#"$HOST"} already has a runtime 'urunc' that we did not make: remove its table first"
	fi
	case $(toml_key "$1" disabled_plugins) in
	*'"cri"'* | *'"io.containerd.grpc.v1.cri"'* | *"'io.containerd.cri.v1.runtime'"* | *'"io.containerd.cri.v1.runtime"'*)
		die "${1#"$HOST"} disables the CRI (disabled_plugins), so no kubelet uses this containerd"
		;;
	esac
	if printf '%s\n' "$_rest" | grep -qxF "$END"; then
		die "${1#"$HOST"} has half a block of urunc-deploy, without its first line: remove what is left of it"
	fi
}

without_block() {
	awk -v begin="$BEGIN" -v end="$END" '$0 == begin {inside = 1} !inside {print} $0 == end {inside = 0}
		END {exit inside}'
}

# --- files ---

# Each edited file has an entry: "edit PATH" with a copy in backup/, or "new PATH" when there was none.
journal() {
	mkdir -p "$STATE/backup"
	grep -qxE "(edit|new) $1" "$STATE/journal" 2>/dev/null && return 0
	if [ -e "$HOST$1" ]; then
		mkdir -p "$STATE/backup$(dirname "$1")"
		cp -p "$HOST$1" "$STATE/backup$1"
		echo "edit $1" >>"$STATE/journal"
	else
		missing_dirs "$1" | sed 's/^/dir /' >>"$STATE/journal"
		echo "new $1" >>"$STATE/journal"
	fi
}

# missing_dirs PATH: the directories above it that the node does not have, the outermost first.
missing_dirs() {
	_dir=$(dirname "$1")
	while [ ! -d "$HOST$_dir" ]; do
		echo "$_dir"
		_dir=$(dirname "$_dir")
	done | tac_lines
}
tac_lines() { awk '{line[NR] = $0} END {for (i = NR; i; i--) print line[i]}'; }

# put PATH MODE: standard input becomes that file of the node, all at once; an existing one keeps its mode and owner.
put() {
	mkdir -p "$(dirname "$HOST$1")"
	_new=$HOST$1.urunc-deploy
	if [ -e "$HOST$1" ]; then cp -p "$HOST$1" "$_new"; else (: >"$_new" && chmod "$2" "$_new"); fi
	cat >"$_new"
	mv -f "$_new" "$HOST$1"
}

# write_file PATH MODE: the same, and it can be taken back.
write_file() {
	journal "$1"
	mkdir -p "$STATE/written$(dirname "$1")"
	cat >"$STATE/written$1"
	put "$1" "$2" <"$STATE/written$1"
}

# restore: what the journal says, from its end to its beginning; a file that others have changed since only loses our block.
restore() {
	[ -e "$STATE/journal" ] || return 0
	tac_lines <"$STATE/journal" >"$STATE/undo"
	while read -r _kind _path; do
		if [ "$_kind" = dir ]; then
			rmdir "$HOST$_path" 2>/dev/null || :
		elif [ ! -e "$HOST$_path" ]; then
			say "$_path was removed by somebody else"
		elif ! cmp -s "$HOST$_path" "$STATE/written$_path"; then
			say "$_path was changed by somebody else: only our block is removed"
			if without_block <"$HOST$_path" >"$STATE/changed"; then
				put "$_path" 0644 <"$STATE/changed"
			else
				say "$_path has half a block of ours, without its last line: it stays as it is"
			fi
		elif [ "$_kind" = edit ]; then
			cp -p "$STATE/backup$_path" "$HOST$_path.urunc-deploy"
			mv -f "$HOST$_path.urunc-deploy" "$HOST$_path"
		else
			rm -f "$HOST$_path"
		fi
	done <"$STATE/undo"
	rm -rf "$STATE/backup" "$STATE/written" "$STATE/journal" "$STATE/undo" "$STATE/changed"
}

# --- the steps of an installation ---

# The file to edit, and what it becomes, in $STATE/candidate.
compose() {
	mkdir -p "$STATE"
	case $ENGINE in
	crio)
		[ ! -e "$HOST$CONFIG" ] || check_config "$HOST$CONFIG"
		crio_file >"$STATE/candidate"
		return
		;;
	k0s*)
		_main=/etc/k0s/containerd.toml
		if [ -e "$HOST$_main" ]; then _v=$(format "$HOST$_main"); else _v=$(version_of_engine); fi
		[ ! -e "$HOST$CONFIG" ] || check_config "$HOST$CONFIG"
		{ echo "version = $_v" && block "$_v"; } >"$STATE/candidate"
		return
		;;
	k3s* | rke2*)
		# They write the file anew at each start, out of a template.
		[ -e "$HOST$CONFIG" ] || die "$CONFIG is missing: ${ENGINE%%-*} writes it when it starts; start it once"
		check_config "$HOST$CONFIG" # a runtime of this name in a template or a setting of somebody else
		_v=$(format "$HOST$CONFIG")
		_generated=$CONFIG
		case $_v in 2) CONFIG=$CONFIG.tmpl ;; 3) CONFIG=${CONFIG%.toml}-v3.toml.tmpl ;; esac
		if [ ! -e "$HOST$CONFIG" ]; then
			{
				if base_template; then echo '{{ template "base" . }}'; else without_block <"$HOST$_generated"; fi
				echo
				block "$_v"
			} >"$STATE/candidate"
			return
		fi
		;;
	containerd)
		if [ ! -e "$HOST$CONFIG" ]; then
			_v=$(version_of_engine)
			{ echo "version = $_v" && block "$_v"; } >"$STATE/candidate"
			return
		fi
		_v=$(format "$HOST$CONFIG")
		check_config "$HOST$CONFIG"
		case $(toml_key "$HOST$CONFIG" imports) in
		*/etc/containerd/conf.d/\*.toml*)
			# Only from 2.0 on are tables of several files merged.
			if [ "$_v" = 3 ]; then
				CONFIG=/etc/containerd/conf.d/urunc.toml
				{ echo "version = $_v" && block "$_v"; } >"$STATE/candidate"
				return
			fi
			;;
		esac
		;;
	esac
	check_config "$HOST$CONFIG"
	without_block <"$HOST$CONFIG" >"$STATE/candidate"
	# A last line without its end would swallow ours.
	[ -z "$(tail -c 1 "$STATE/candidate")" ] || echo >>"$STATE/candidate"
	block "$_v" >>"$STATE/candidate"
}

version_of_engine() {
	case $(containerd_major) in
	1) echo 2 ;;
	[2-9]) echo 3 ;;
	*) die "$CONTAINERD --version on the node does not tell a version, and there is no configuration that would" ;;
	esac
}

# Templates may call that of k3s itself since v1.25.15, 1.26.10, 1.27.7 and 1.28.3.
base_template() {
	_k=$(on_host "${ENGINE%%-*}" --version 2>/dev/null | sed -n 's/.* v1\.\([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
	[ -n "$_k" ] || return 0
	_minor=${_k% *} _patch=${_k#* }
	case $_minor in
	25) [ "$_patch" -ge 15 ] ;;
	26) [ "$_patch" -ge 10 ] ;;
	27) [ "$_patch" -ge 7 ] ;;
	28) [ "$_patch" -ge 3 ] ;;
	*) [ "$_minor" -gt 28 ] ;;
	esac
}

# The node's own containerd reads what we are about to give it. Templates are no TOML yet.
try_config() {
	case $CONFIG in *.tmpl | *crio*) return 0 ;; esac
	on_host "$CONTAINERD" --version >/dev/null 2>&1 || return 0
	if ! on_host "$CONTAINERD" --config "${STATE#"$HOST"}/candidate" config dump >"$STATE/dump" 2>"$STATE/complaint"; then
		_words=$(tail -n 1 "$STATE/complaint")
		rm -f "$STATE/dump" "$STATE/complaint"
		die "containerd would not take $CONFIG with urunc in it: $_words"
	fi
	grep -q 'io.containerd.urunc.v2' "$STATE/dump" || die "containerd does not see the runtime in $CONFIG"
	rm -f "$STATE/dump" "$STATE/complaint"
}

install_program() { # SOURCE DESTINATION
	if ! grep -qxF "$2" "$STATE/programs" 2>/dev/null; then
		missing_dirs "$2" | sed 's|$|/|' >>"$STATE/programs"
		echo "$2" >>"$STATE/programs"
	fi
	mkdir -p "$(dirname "$HOST$2")"
	cp "$1" "$HOST$2.urunc-deploy"
	chmod 0755 "$HOST$2.urunc-deploy"
	mv -f "$HOST$2.urunc-deploy" "$HOST$2"
}

install_programs() {
	for _p in bin/urunc bin/containerd-shim-urunc-v2 libexec/urunc/urunit libexec/urunc/urunc-image; do
		[ -e "$ARTIFACTS$PREFIX/$_p" ] || die "$ARTIFACTS$PREFIX/$_p is missing: the image is not whole"
	done
	for _p in bin/urunc bin/containerd-shim-urunc-v2 libexec/urunc/urunit libexec/urunc/urunc-image; do
		install_program "$ARTIFACTS$PREFIX/$_p" "$PREFIX/$_p"
	done
	_toml=
	for _p in ${HYPERVISORS-$(ls "$ARTIFACTS/monitors" 2>/dev/null)}; do
		case $_p in
		qemu) _p=qemu-system-$(uname -m) _name=qemu ;;
		qemu-system-*) _name=qemu ;;
		firecracker) _name=firecracker ;;
		cloud-hypervisor) _name=cloud-hypervisor ;;
		solo5-hvt) _name=hvt ;;
		solo5-spt) _name=spt ;;
		*) die "HYPERVISORS: '$_p' is no monitor (qemu, firecracker, cloud-hypervisor, solo5-hvt, solo5-spt)" ;;
		esac
		if [ ! -e "$ARTIFACTS/monitors/$_p" ]; then
			say "$_p is not in this image: the node's own is used, if there is one"
			continue
		fi
		install_program "$ARTIFACTS/monitors/$_p" "$MONITORS/$_p"
		_toml="${_toml}[monitors.$_name]
path = \"$MONITORS/$_p\"
"
	done
	# A configuration that is there is the administrator's.
	if [ -n "$_toml" ] && [ ! -e "$HOST/etc/urunc/config.toml" ]; then
		printf '%s\n%s%s\n' "$BEGIN" "$_toml" "$END" | write_file /etc/urunc/config.toml 0644
	fi
}

remove_programs() {
	[ -e "$STATE/programs" ] || return 0
	tac_lines <"$STATE/programs" >"$STATE/undo"
	while read -r _p; do
		case $_p in
		*/) rmdir "$HOST$_p" 2>/dev/null || : ;;
		*) rm -f "$HOST$_p" "$HOST$_p.urunc-deploy" ;;
		esac
	done <"$STATE/undo"
	rm -f "$STATE/programs" "$STATE/undo"
}

restart_engine() {
	case $ENGINE in k0s*) return 0 ;; esac # it watches its directory
	say "restarting $ENGINE"
	on_host systemctl daemon-reload || return 1
	on_host systemctl restart "$ENGINE" || return 1
	on_host systemctl is-active --quiet "$ENGINE"
}

label() { # VALUE as JSON
	[ -n "$NODE_NAME" ] || return 0
	_token=
	[ ! -e "$ACCOUNT/token" ] || _token=$(cat "$ACCOUNT/token")
	_ca=
	[ ! -e "$ACCOUNT/ca.crt" ] || _ca="--cacert $ACCOUNT/ca.crt"
	# shellcheck disable=SC2086 # one option with its value, or none
	printf 'header = "Authorization: Bearer %s"\n' "$_token" |
		curl -sS -f --retry 5 --retry-connrefused --max-time 30 -o /dev/null $_ca -K - -X PATCH \
			-H 'Content-Type: application/merge-patch+json' --data "{\"metadata\":{\"labels\":{\"$LABEL\":$1}}}" \
			"$API/api/v1/nodes/$NODE_NAME" || return 1
}

take_back() {
	_rc=$?
	trap - EXIT
	rm -f "$STATE/candidate" "$STATE/dump" "$STATE/complaint"
	if [ "$_rc" -ne 0 ] && [ -n "${fresh-}" ]; then
		say "taking everything back"
		restore
		remove_programs
		[ -z "${edited-}" ] || restart_engine || say "$ENGINE does not start; its configuration is what it was"
	elif [ "$_rc" -ne 0 ] && [ -n "${edited-}" ]; then
		say "taking the last change of $CONFIG back"
		if [ -e "$STATE/previous" ]; then write_file "$CONFIG" 0644 <"$STATE/previous"; else rm -f "$HOST$CONFIG"; fi
		restart_engine || say "$ENGINE does not start; its configuration is what it was"
	fi
	rm -f "$STATE/previous"
	rmdir "$STATE" 2>/dev/null || :
	exit "$_rc"
}

do_install() {
	[ "$(id -u)" -eq 0 ] || die "only root can do this"
	[ -d "$HOST" ] || die "the node's file system is not at '$HOST' (HOST)"
	find_engine
	say "engine: $ENGINE"
	fresh=yes edited=
	[ ! -e "$STATE/programs" ] || fresh=
	trap take_back EXIT
	trap 'exit 130' INT TERM
	compose
	try_config
	install_programs
	if [ ! -e "$HOST$CONFIG" ] || ! cmp -s "$STATE/candidate" "$HOST$CONFIG"; then
		rm -f "$STATE/previous"
		[ ! -e "$HOST$CONFIG" ] || cp -p "$HOST$CONFIG" "$STATE/previous"
		edited=yes
		say "writing $CONFIG"
		write_file "$CONFIG" 0644 <"$STATE/candidate"
		restart_engine || die "$ENGINE did not start with urunc in its configuration"
	else
		say "$CONFIG has urunc already"
	fi
	label '"true"' || die "the node '$NODE_NAME' cannot be labelled"
	say "installed"
}

# Guests that run need the programs until they have ended.
guests_run() {
	[ -n "$(ls -A "$HOST/run/urunc" 2>/dev/null)" ] || on_host sh -c 'grep -lzx "[^ ]*containerd-shim-urunc-v2" /proc/[0-9]*/cmdline 2>/dev/null | grep -q .'
}

do_cleanup() {
	[ "$(id -u)" -eq 0 ] || die "only root can do this"
	find_engine
	[ -e "$STATE/journal" ] || [ -e "$STATE/programs" ] || {
		say "nothing is installed"
		label null || die "the label of '$NODE_NAME' cannot be removed"
		return 0
	}
	if guests_run; then
		die "containers of urunc still run on this node: end them first (the programs that end them would be gone)"
	fi
	restore
	remove_programs
	rmdir "$STATE" 2>/dev/null || :
	restart_engine || die "$ENGINE did not start again"
	label null || die "the label of '$NODE_NAME' cannot be removed"
	say "removed"
}

case ${1-} in
install) do_install ;;
cleanup) do_cleanup ;;
*)
	echo "usage: install.sh install|cleanup [--wait]" >&2
	exit 2
	;;
esac
trap - EXIT INT TERM
rm -f "$STATE/candidate" "$STATE/previous"
[ "${2-}" != --wait ] || exec tail -f /dev/null
