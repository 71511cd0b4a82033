#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Compiles every header alone and with the system's before and after it, in both modes, in every standard of C and, in
# plain mode, as C++: c-tests/headers/matrix.sh [plain|backend|layout|names|declared]...
#
# Plain mode is held to -Wpedantic; "declared" asks each backend header for what Linux declares in it; "names" looks for macros and functions of the plain mode without one of its prefixes.
# CC and CXX are respected. Ends with "N passed, N failed".
set -u
cd "$(dirname "$0")/../.."
: "${CC:=cc}" "${CXX:=c++}"
# The project needs no C++ compiler: without one that half is left out, in plain sight.
command -v "$CXX" >/dev/null || { echo "# SKIP: no C++ compiler ($CXX)"; CXX=; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# The libc headers that a program is likely to have, and the system's own that ours stand beside.
libc="errno.h fcntl.h limits.h poll.h pthread.h signal.h stdbool.h stdio.h stdlib.h string.h unistd.h sys/stat.h
	sys/types.h sys/ioctl.h sys/epoll.h sys/sysinfo.h sys/param.h sys/wait.h sys/socket.h"
system="sys/mount.h sys/inotify.h sys/fanotify.h linux/fs.h linux/types.h linux/stat.h"
standards="c99 c11 c17 gnu99 gnu11 gnu17"

result() { # NAME STATUS
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - $1"
		head -n 12 "$work/log" | sed 's/^/  /'
	fi
}

includes() { # HEADER... as the text of a source file
	for included in "$@"; do
		echo "#include <$included>"
	done
	echo 'extern int fsn_translation_unit_is_not_empty;'
}

compile() { # NAME LANGUAGE STANDARD FLAGS HEADER...
	name=$1 language=$2 std=$3 extra=$4
	shift 4
	if [ "$language" = c++ ]; then compiler=$CXX strict=; else compiler=$CC strict="-Wstrict-prototypes -Wold-style-definition"; fi
	[ -n "$compiler" ] || return
	# shellcheck disable=SC2086 # extra is several words
	includes "$@" | $compiler -x "$language" -std="$std" -Wall -Wextra -Werror $strict $extra -fsyntax-only - >"$work/log" 2>&1
	result "$name: $std $extra" $?
}

plain() {
	flags="-Wpedantic -Iinclude"
	ours="fsnotify/fsnotify.h fsnotify/mount.h"
	for header in include/fsnotify/fsnotify.h include/fsnotify/mount.h include/fsnotify/fsn/*.h; do
		header=${header#include/}
		# abi.h is a part of types.h
		[ "$header" = fsnotify/fsn/abi.h ] && continue
		for standard in $standards; do
			compile "$header alone" c "$standard" "$flags" "$header"
		done
		compile "$header alone" c++ c++17 "$flags" "$header"
		compile "$header alone, 6.1" c gnu11 "$flags -DFSNOTIFY_API_6_1" "$header"
	done
	for header in $libc $system; do
		for gnu in "" -D_GNU_SOURCE; do
			compile "$header before" c gnu11 "$flags $gnu" "$header" $ours
			compile "$header after" c gnu11 "$flags $gnu" $ours "$header"
			compile "$header before" c++ c++17 "$flags $gnu" "$header" $ours
			compile "$header after" c++ c++17 "$flags $gnu" $ours "$header"
		done
	done
	for standard in $standards; do
		for gnu in "" -D_GNU_SOURCE; do
			compile "libc before" c "$standard" "$flags $gnu" $libc $ours
			compile "libc after" c "$standard" "$flags $gnu" $ours $libc
		done
	done
	compile "6.1, twice" c++ c++17 "$flags -DFSNOTIFY_API_6_1" $ours $ours
}

backend() {
	flags="-Iinclude -Iinclude/fsnotify"
	ours=$(cd include/fsnotify && find linux -name '*.h' | LC_ALL=C sort)
	for header in $ours; do
		for standard in $standards; do
			compile "$header alone" c "$standard" "$flags" "$header"
		done
		compile "$header alone, 6.1" c gnu11 "$flags -DFSNOTIFY_API_6_1" "$header"
		compile "$header and libc" c gnu11 "$flags -D_GNU_SOURCE" $libc "$header"
		compile "$header, then libc" c gnu11 "$flags -D_GNU_SOURCE" "$header" $libc
	done
	# shellcheck disable=SC2046 # reversed, a word each
	for standard in $standards; do
		compile "all" c "$standard" "$flags" $ours
		compile "all, reversed" c "$standard" "$flags" $(echo "$ours" | LC_ALL=C sort -r)
		compile "all, then libc" c "$standard" "$flags" $ours $libc
		compile "libc, then all" c "$standard" "$flags" $libc $ours
	done
	for header in $libc $system; do
		compile "fsnotify.h, then $header" c gnu11 "$flags -D_GNU_SOURCE" linux/fsnotify.h "$header"
		compile "$header, then fsnotify.h" c gnu11 "$flags -D_GNU_SOURCE" "$header" linux/fsnotify.h
	done
	compile "plain, then backend" c gnu11 "$flags" fsnotify/fsnotify.h fsnotify/mount.h $ours
	compile "backend, then plain" c gnu11 "$flags" $ours fsnotify/fsnotify.h fsnotify/mount.h
}

# The layout table and the prototypes, asserted by each compiler.
layout() {
	for standard in $standards; do
		asserts c "$standard" "-Wpedantic"
		asserts c "$standard" "-DFSN_TEST_BACKEND -Iinclude/fsnotify"
	done
	asserts c++ c++17 "-Wpedantic"
	asserts c gnu11 "-DFSNOTIFY_API_6_1"
	asserts c gnu11 "-DFSNOTIFY_API_6_1 -DFSN_TEST_BACKEND -Iinclude/fsnotify"
	asserts c++ c++17 "-DFSNOTIFY_API_6_1"
}

asserts() { # LANGUAGE STANDARD FLAGS
	if [ "$1" = c++ ]; then compiler=$CXX; else compiler=$CC; fi
	[ -n "$compiler" ] || return
	for source in asserts.c prototypes.c; do
		# shellcheck disable=SC2086 # flags are several words
		$compiler -x "$1" -std="$2" -Wall -Wextra -Werror -Iinclude $3 -fsyntax-only c-tests/headers/$source \
			>"$work/log" 2>&1
		result "$source: $2 $3" $?
	done
}

# Every macro that a header of ours defines, by the line markers of the preprocessor; guards end in _H.
names() {
	includes fsnotify/fsnotify.h fsnotify/mount.h >"$work/plain.c"
	$CC -std=gnu11 -Iinclude -E -dD "$work/plain.c" >"$work/text" 2>"$work/log"
	result "plain mode preprocessed" $?
	awk '/^# [0-9]+ "/ { ours = $3 ~ /include\/fsnotify\// } /^#define / && ours { sub(/\(.*/, "", $2); print $2 }' \
		"$work/text" | LC_ALL=C sort -u >"$work/macros"
	[ -s "$work/macros" ] || { echo "no macro seen" >"$work/log"; false; }
	result "plain mode's macros seen" $?
	grep -vE '^(FSN_|fsn_|FS_|FSNOTIFY_|ALL_FSNOTIFY_|__FSNOTIFY_|fsnotify_|DCACHE_|DNAME_|FMODE_|I_|SB_|ATTR_|PIDTYPE_)' \
		"$work/macros" >"$work/log"
	[ ! -s "$work/log" ]
	result "plain mode defines no macro without a prefix" $?
	$CC -std=gnu11 -Iinclude -fsyntax-only -aux-info "$work/functions" "$work/plain.c" >"$work/log" 2>&1
	result "plain mode's functions listed" $?
	grep -F 'include/fsnotify/' "$work/functions" | sed -n 's/^[^*]*\*.*\*\/ [^(]*[ *]\([A-Za-z_0-9]*\) (.*/\1/p' |
		LC_ALL=C sort -u >"$work/declared"
	[ "$(wc -l <"$work/declared")" -gt 50 ] || { echo "too few functions seen" >"$work/log"; false; }
	result "plain mode's functions seen" $?
	grep -vE '^(fsn_|fsnotify_|fsnotify$|__fsnotify_|d_delete_notify$|file_set_fsnotify_mode$)' "$work/declared" >"$work/log"
	[ ! -s "$work/log" ]
	result "plain mode declares no function without a prefix" $?

	# A macro of the backend mode may name what is nowhere, as long as nobody uses it.
	find include/fsnotify/linux -name '*.h' -exec cat {} + | grep -oE '\b(fsn|FSN)_[A-Za-z0-9_]+' | LC_ALL=C sort -u >"$work/named"
	find include/fsnotify/fsn -name '*.h' -exec cat {} + | grep -oE '\b(fsn|FSN)_[A-Za-z0-9_]+' | LC_ALL=C sort -u >"$work/known"
	find include/fsnotify/linux -name '*.h' -exec sed -nE \
		's/^#define (FSN_[A-Z_0-9]+).*/\1/p; s/^static inline.*[ *](fsn_[a-z_0-9]+)\(.*/\1/p; s/^.*__typeof__.* (fsn_[a-z_]+_) = .*/\1/p' {} + |
		LC_ALL=C sort -u >"$work/private"
	LC_ALL=C comm -23 "$work/named" "$work/known" | LC_ALL=C comm -23 - "$work/private" | grep -v '_$' |
		grep -vE '^fsn_module_' >"$work/log"
	[ ! -s "$work/log" ]
	result "backend mode names only what exists" $?
}

# A name is there if the preprocessor knows it as a macro or shows it.
declared() {
	grep -v '^#' c-tests/headers/declared | while IFS=': ' read -r header wanted; do
		includes "$header" | $CC -std=gnu11 -Iinclude -Iinclude/fsnotify -E -dD - 2>"$work/log" |
			grep -oE '\b[A-Za-z_][A-Za-z_0-9]*\b' | LC_ALL=C sort -u >"$work/there"
		echo "$wanted" | tr ' ' '\n' | LC_ALL=C sort | LC_ALL=C comm -23 - "$work/there" | sed "s|^|$header: |"
	done >"$work/missing"
	for header in $(sed -n 's/^\([^#:]*\):.*/\1/p' c-tests/headers/declared | uniq); do
		! grep "^$header: " "$work/missing" >"$work/log"
		result "$header has what Linux declares in it" $?
	done
}

[ $# -gt 0 ] || set -- plain backend layout names declared
for part in "$@"; do
	case $part in
	plain | backend | layout | names | declared) "$part" ;;
	*) echo "usage: c-tests/headers/matrix.sh [plain|backend|layout|names|declared]..." >&2; exit 2 ;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
