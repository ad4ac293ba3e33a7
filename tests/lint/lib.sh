# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the lint checks: they run from the top of the tree, print findings only, and fail when there are any.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
CC=${CC:-gcc}
NM=${NM:-nm}
O=${O:-build}
# For eval: the quotes inside are the shell's. The name is not CPPFLAGS, which a nested make would take for its own.
# shellcheck disable=SC2089
LINT_CPPFLAGS=${LINT_CPPFLAGS:-"-D_GNU_SOURCE -Isrc -DURUNC_VERSION='\"0\"' -DURUNC_LIBEXECDIR='\"/\"'"}
# shellcheck disable=SC2090
export LINT_CPPFLAGS
findings=0

# finding TEXT...: one line for the reader; the check fails at its end.
finding() {
	printf '%s\n' "$*"
	findings=$((findings + 1))
}

finish() {
	[ "$findings" -eq 0 ]
}

# Files that git would carry, new ones included, whose names match the patterns.
tree_files() {
	if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
		git ls-files -co --exclude-standard -- "$@" | while IFS= read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done
	else
		local p args=()
		for p in "$@"; do args+=(-o -path "./$p"); done
		find . \( -path ./.git -o -path './build*' \) -prune -o -type f \( "${args[@]:1}" \) -printf '%P\n'
	fi | sort -u
}

# Every script, by name or by its first line.
tree_scripts() {
	tree_files '*' | while IFS= read -r f; do
		case $f in
		*.c | *.h | *.json | *.md | *.bats) continue ;;
		*.sh | *.bash) printf '%s\n' "$f" ;;
		*) head -c 64 "$f" | head -n 1 | tr -d '\0' | grep -qE '^#!.*\b(ba)?sh\b' && printf '%s\n' "$f" ;;
		esac
	done
}

# The compiler's view without comments, for searching code only.
strip_comments() {
	gcc -fpreprocessed -dD -E -P -w "$1" 2>/dev/null
}
