# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Guests out of a Solo5 source tree that was built: URUNC_TEST_SOLO5, which is $real here; empty if there is none.
real=${URUNC_TEST_SOLO5:-}

# build_guest TARGET DIR SOURCE OUT: what DIR/SOURCE.c and DIR/manifest.c make, by the tree's own tools.
build_guest() {
	local cc
	cc=$(compgen -G "$real/toolchain/bin/*-cc" | head -n 1)
	(cd "$2" && "$cc" -I"$real/include" -c "$3.c" manifest.c && "$cc" -z "solo5-abi=$1" "$3.o" manifest.o -o "$4")
}

# test_net_for TARGET DIR OUT: MirageOS is told its addresses on the command line; test_net knows its own, 10.0.0.2, and takes
# nothing but two words there.
test_net_for() {
	mkdir -p "$2"
	sed "s|switch (si->cmdline\[0\])|switch ('v')|; s|\"../../bindings/|\"$real/bindings/|" "$real/tests/test_net/test_net.c" >"$2/test_net.c"
	cp "$real/tests/test_net/manifest.c" "$2/"
	build_guest "$1" "$2" test_net "$3"
}
