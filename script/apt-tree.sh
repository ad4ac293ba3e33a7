# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by scripts that need files of Debian packages which are not to be installed: packages of another architecture,
# or of another release. They are only unpacked, into a directory of the cache. apt gets a state of its own there, so
# the machine learns nothing of it; sources, keys and proxies are the machine's own.
#
# The caller sets
#   apt_name       names the directory: ${URUNC_CACHE:-~/.cache/urunc}/$apt_name is a link to the newest
#   apt_arch       architecture of the packages
#   apt_suite      release, from the mirror of the machine's own; empty: what the machine's sources offer
#   apt_closure    not empty: with all the packages that they depend on
#   apt_packages   array of names
# and may define apt_finish DIRECTORY, which is called before the tree gets its final name. apt_tree prints the link.
set -euo pipefail
apt_cache=${URUNC_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/urunc}
apt_finish() { :; }

apt_do() { "apt-$1" -c "$apt_dir/conf" "${@:2}"; }

# Hooks of the machine concern its own state and are left out.
apt_state() {
	local mirror sources=
	mkdir -p "$apt_dir/archives/partial" "$apt_dir/lists/partial"
	: >"$apt_dir/status"
	if [ -n "$apt_suite" ]; then
		mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/*$' | head -n 1)
		[ -n "$mirror" ] || apt_fail "apt's sources name no Debian mirror"
		echo "deb $mirror $apt_suite main" >"$apt_dir/sources.list"
		sources="Dir::Etc::sourcelist \"$apt_dir/sources.list\"; Dir::Etc::sourceparts \"-\";"
	fi
	cat >"$apt_dir/conf" <<E
APT::Architecture "$apt_arch";
#clear APT::Architectures;
APT::Architectures { "$apt_arch"; };
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$apt_dir";
Dir::State::status "$apt_dir/status";
Dir::State::lists "$apt_dir/lists";
Dir::Cache "$apt_dir";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Acquire::Retries "3";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
$sources
E
}

# "package version" of each as apt knows them now; fails unless it knows all.
apt_wanted() {
	if [ -n "$apt_closure" ]; then
		apt_do get -q -s install "${apt_packages[@]}" 2>"$apt_log" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' |
			sort >"$apt_dir/wanted"
		[ -s "$apt_dir/wanted" ]
	else
		apt_do cache policy "${apt_packages[@]}" | awk '/^[^ ].*:$/ {sub(":.*", ""); name = $0}
			$1 == "Candidate:" && $2 != "(none)" {print name, $2}' | sort >"$apt_dir/wanted"
		[ "$(wc -l <"$apt_dir/wanted")" -eq ${#apt_packages[@]} ]
	fi
}

apt_update() {
	# One source that cannot be reached must not stop us: what counts is whether the packages can be had.
	apt_do get -q update >"$apt_log" 2>&1 || true
	touch "$apt_dir/lists"
}

apt_fetch() { # directory; what is in $apt_dir/wanted
	local p version
	local -a names=()
	while read -r p version; do names+=("$p=$version"); done <"$apt_dir/wanted"
	(cd "$1" && apt_do get -q download "${names[@]}") >"$apt_log" 2>&1
}

apt_unpack() { # final directory
	local work
	work=$(mktemp -d "$apt_cache/.$apt_name.XXXXXX")
	# shellcheck disable=SC2064 # the name is wanted now
	trap "rm -rf '$work'" EXIT
	mkdir "$work/deb" "$work/root"
	apt_fetch "$work/deb" || return 1
	# The links that make /bin, /lib and /sbin parts of /usr have to be there before anything is put behind them.
	[ ! -e "$(echo "$work"/deb/base-files_*)" ] || dpkg-deb -x "$work"/deb/base-files_*.deb "$work/root"
	printf '%s\0' "$work"/deb/*.deb | xargs -0 -n 8 -P "$(nproc)" sh -c 'root=$0; for d; do dpkg-deb -x "$d" "$root" || exit 255; done' \
		"$work/root" || return 1
	apt_finish "$work/root"
	cp "$apt_dir/wanted" "$work/root/packages"
	apt_requested >"$work/root/requested"
	chmod 0755 "$work/root"
	rm -rf "$1"
	mv "$work/root" "$1"
}

# What the tree is made from, as far as the caller says it.
apt_requested() {
	printf '%s\n' "$apt_suite" "${apt_packages[@]}"
	declare -f apt_finish
}

apt_fail() {
	[ ! -s "$apt_log" ] || tail -n 20 "$apt_log" >&2
	if [ -e "$apt_link/packages" ]; then
		echo "$apt_name: $1; using what is there: $(readlink -f "$apt_link")" >&2
		echo "$apt_link"
		exit 0
	fi
	echo "$apt_name: $1" >&2
	exit 1
}

apt_tree() {
	local store key
	apt_link=$apt_cache/$apt_name apt_dir=$apt_cache/apt-$apt_name
	apt_log=$apt_dir/log
	mkdir -p "$apt_dir"
	# Two builds may start side by side; one of them makes it, the other waits.
	exec 9>"$apt_dir/.lock"
	flock 9
	# Lists of ours that are older than the machine's are asked for anew; so nothing is asked twice of one set of lists.
	if [ "$apt_dir/lists" -nt /var/lib/apt/lists ] && [ -e "$apt_link/packages" ] &&
		[ "$(apt_requested)" = "$(cat "$apt_link/requested" 2>/dev/null)" ]; then
		echo "$apt_link"
		return 0
	fi
	apt_state
	apt_update
	apt_wanted || apt_fail "apt offers no $apt_arch version of some of: ${apt_packages[*]}"
	key=$( { cat "$apt_dir/wanted" && apt_requested; } | sha256sum | cut -c 1-12)
	store=$apt_link-$key
	[ -e "$store/packages" ] || apt_unpack "$store" || apt_fail "cannot download or unpack the packages"
	ln -sfn "$(basename "$store")" "$apt_link.new"
	mv -T "$apt_link.new" "$apt_link"
	echo "$apt_link"
}
