#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# bunny convert without --kernel: apt is asked, once for a kernel. A real apt, with an archive of packages made here.
load helpers

setup_file() {
	R=$BATS_FILE_TMPDIR/repo
	export R
	mkdir -p "$R" && release 1 && release 2 && offer 1
	mkdir -p "$BATS_FILE_TMPDIR/root/bin" && echo x >"$BATS_FILE_TMPDIR/root/bin/true"
	cp "$BUNNY" "$BATS_FILE_TMPDIR/bunny"
	chmod -R a+rX "$BATS_FILE_TMPDIR"
}

# package NAME VERSION [DEPENDS]: of the files in $R/tree.
package() {
	mkdir -p "$R/tree/DEBIAN"
	printf '%s\n' "Package: $1" "Version: $2" "Architecture: $ARCH" 'Maintainer: nobody <nobody@localhost>' \
		"${3:+Depends: $3}" 'Description: for a test' | sed '/^$/d' >"$R/tree/DEBIAN/control"
	dpkg-deb -Znone -b "$R/tree" "$R/$1_$2.deb" >/dev/null
	{ cat "$R/tree/DEBIAN/control" && printf '%s\n' "Filename: ./$1_$2.deb" "Size: $(stat -c %s "$R/$1_$2.deb")" \
		"SHA256: $(sha256sum "$R/$1_$2.deb" | cut -d ' ' -f 1)" ''; } >>"$R/$VERSION"
	rm -r "$R/tree"
}
# release N: the packages of a kernel; what is special about it is where its modules are.
release() {
	local name=9.$1.0-1-cloud-$ARCH lib=lib VERSION=$1
	[ "$1" = 1 ] || lib=usr/lib
	mkdir -p "$R/tree/boot" "$R/tree/$lib/modules/$name/kernel"
	fake_kernel "$R/tree/boot/vmlinuz-$name"
	printf 'kernel/%s.ko\n' one two >"$R/tree/$lib/modules/$name/modules.order"
	package "linux-image-$name" "1:9.$1~rc1-1"
	package "linux-image-cloud-$ARCH" "9.$1" "linux-image-$name (= 1:9.$1~rc1-1)"
}
# offer N: apt's lists have this release's kernel.
offer() {
	export APT_CONFIG=$BATS_FILE_TMPDIR/apt.conf
	mkdir -p "$BATS_FILE_TMPDIR"/apt/{lists/partial,cache/archives/partial,etc/preferences.d}
	cp "$R/$1" "$R/Packages"
	echo "deb [trusted=yes arch=$ARCH] file:$R ./" >"$BATS_FILE_TMPDIR/apt/sources"
	cat >"$APT_CONFIG" <<-END
		Dir::Etc "$BATS_FILE_TMPDIR/apt/etc";
		Dir::Etc::sourcelist "$BATS_FILE_TMPDIR/apt/sources";
		Dir::State::lists "$BATS_FILE_TMPDIR/apt/lists";
		Dir::Cache "$BATS_FILE_TMPDIR/apt/cache";
	END
	apt-get -q -o APT::Sandbox::User=root update 2>&1
	chmod -R a+rX "$BATS_FILE_TMPDIR/apt"
}
ARCH=$(dpkg --print-architecture)

# convert: without what this machine has in /boot, without the programs $HIDDEN, as the user $AS.
convert() {
	# shellcheck disable=SC2016 # for the shell in the namespace
	unshare --mount sh -c 'mount -t tmpfs none /boot
		for hidden in '"${HIDDEN:-}"'; do mount --bind /dev/null "$(command -v "$hidden")"; done
		exec "$@"' sh ${AS:+setpriv "--reuid=$AS" "--regid=$AS" --clear-groups} "$BATS_FILE_TMPDIR/bunny" convert \
		-t x -o x.tar "$@" "dir:$BATS_FILE_TMPDIR/root" /bin/true 3>&- 4>&-
}
kept() { (cd "$XDG_CACHE_HOME/bunny/kernels" && ls -A); }
only() { [ "$(kept)" = "$(printf '%s\n' .lock "$ARCH" "$@")" ]; }
KERNEL=linux-image-9.1.0-1-cloud-$ARCH VERSION='1:9.1~rc1-1'
FIRST=${KERNEL}_$VERSION SECOND=linux-image-9.2.0-1-cloud-${ARCH}_1:9.2~rc1-1

@test "fetched once; again when apt's lists have another; kept when apt has nothing" {
	local cache=$XDG_CACHE_HOME/bunny/kernels
	convert 2>said
	grep -q "^fetching $KERNEL $VERSION" said
	file x.tar .boot/kernel | cmp - "$cache/$FIRST/vmlinuz"
	[ -s "$cache/$FIRST/modules/modules.dep.bin" ]
	only "$FIRST"

	HIDDEN='apt-cache apt-get' convert 2>said
	grep -q "^kernel $cache/$FIRST/vmlinuz, without modules" said

	offer 2
	convert --offline 2>said
	grep -q "^kernel $cache/$FIRST/vmlinuz, without modules" said
	convert 2>said
	grep -q "^fetching linux-image-9.2" said
	[ -s "$cache/$SECOND/modules/modules.dep.bin" ]
	only "$FIRST" "$SECOND"

	offer 1
	rm -r "${cache:?}/$FIRST"
	mv "$R/$FIRST.deb" "$R/away"
	convert 2>said
	cat said
	grep -q "^warning: apt-get failed (status 100): E: .*; taking $cache/$SECOND" said
	only "$SECOND"
	rm -r "$XDG_CACHE_HOME" x.tar
	fails "; 'apt-get update' or --kernel FILE may help" convert
	[ "$(kept)" = .lock ]
	[ ! -e x.tar ]
	mv "$R/away" "$R/$FIRST.deb"
}

@test "three at a time, after one that was killed, as an ordinary user" {
	local i
	mkdir -p "$XDG_CACHE_HOME/bunny/kernels/.work.killed/root/lib" "$XDG_CACHE_HOME/bunny/kernels/$FIRST/modules"
	ln -s nowhere "$XDG_CACHE_HOME/bunny/kernels/$ARCH"
	chmod 711 "$BATS_RUN_TMPDIR" && chown -R 65534:65534 "$T"
	for i in 1 2 3; do (AS=65534 convert -o "$i.tar" 2>"said.$i") & done
	for i in 1 2 3; do wait -n; done
	cat said.*
	[ "$(cat said.* | grep -c "^fetching")" -eq 1 ]
	for i in 2 3; do cmp 1.tar "$i.tar"; done
	only "$FIRST"
}

@test "what is told where there is none" {
	HIDDEN=apt-get fails 'no apt-get here to fetch one (packages apt and kmod): name one with --kernel' convert
	HIDDEN=depmod fails 'no depmod here' convert
	fails "with --offline none is fetched: name one with --kernel" convert --offline
	XDG_CACHE_HOME=/proc/none fails 'no place for a cache: set XDG_CACHE_HOME, or name a kernel' convert
	APT_CONFIG=/dev/null fails "apt knows no linux-image-cloud-s390x; apt-cache failed (status 100): E: No packages found: run \
'dpkg --add-architecture s390x; apt-get update', or name a kernel with --kernel" convert --platform linux/s390x
	[ ! -e x.tar ]
}
