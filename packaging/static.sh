#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the static library that is shipped out of the one that rustc writes: packaging/static.sh RUSTC.a SHARED.so OUT.a
#
# rustc's archive cannot be shipped as it is: its kernel names carry the version node of the shared library, which
# `cc -shared` refuses, and its copy of Rust's standard library is visible to everything that it is linked with. What
# comes out has one member, in which only the names that the shared library exports are global.
set -eu
[ $# -eq 3 ] || { echo "usage: $0 RUSTC.a SHARED.so OUT.a" >&2; exit 2; }
raw=$1 shared=$2 out=$3
: "${CC:=cc}" "${AR:=ar}" "${NM:=nm}" "${OBJCOPY:=objcopy}" "${READELF:=readelf}"

for tool in "$CC" "$AR" "$NM" "$OBJCOPY" "$READELF"; do
	command -v "${tool%% *}" >/dev/null || { echo "make: $tool is missing (the static library needs a C compiler and binutils)" >&2; exit 1; }
done
$OBJCOPY --help 2>&1 | grep -q -e '--keep-global-symbols' || { echo "make: $OBJCOPY does not know --keep-global-symbols (the static library needs GNU's or LLVM's)" >&2; exit 1; }

case $raw in /*) ;; *) raw=$PWD/$raw ;; esac
work=$(mktemp -d "${out%/*}/static.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The crate's own objects, whether something refers to them or not (constructors, trace points); of Rust's library what
# they need. The names lose their version before the objects meet: one object calls by plain name what another defines.
$AR t "$raw" | grep '^fsnotify\.' | sort -u >"$work/members"
[ -s "$work/members" ] || { echo "$0: no object of libfsnotify in $raw" >&2; exit 1; }
(cd "$work" && xargs $AR x "$raw" <members)
(cd "$work" && xargs $NM -A -g --defined-only <members 2>/dev/null) | awk '{ name = $NF; if (split(name, part, "@@") == 2) print name, part[1] }' | sort -u >"$work/unversion"
while read -r member; do
	$OBJCOPY --redefine-syms="$work/unversion" "$work/$member"
done <"$work/members"
(cd "$work" && xargs sh -c 'raw=$1 cc=$2; shift 2; exec $cc -r -nostdlib -o whole.o "$@" "$raw"' sh "$raw" "$CC" <members)

# A group of sections is shared with equally named groups of other objects in the final link, and one of them thrown
# away; that must not happen to a group whose symbols are local from here on, so each gets a name of its own. The base
# of the trace points is the exception: tools expect one in a program.
LC_ALL=C $READELF -gW "$work/whole.o" | sed -n 's/^COMDAT group section \[ *[0-9]*\] .* \[\(.*\)\] contains .*/\1/p' |
	grep -v '^\.stapsdt\.base$' | sort -u | awk '{ print $1, $1 ".libfsnotify" }' >"$work/groups" || :
$NM -D --defined-only "$shared" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u >"$work/exported"
{ cat "$work/exported"; echo _.stapsdt.base; } >"$work/global"
# Bitcode that Rust's library embeds for link-time optimisation is no longer valid once concatenated.
$OBJCOPY --redefine-syms="$work/groups" --remove-section=.llvmbc --remove-section=.llvmcmd "$work/whole.o"
$OBJCOPY --keep-global-symbols="$work/global" "$work/whole.o" "$work/libfsnotify.o"

$NM -g --defined-only "$work/libfsnotify.o" | awk '$NF != "_.stapsdt.base" { print $NF }' | sort -u >"$work/left"
cmp -s "$work/exported" "$work/left" || {
	echo "$0: the static library does not export what $shared exports:" >&2
	diff "$work/exported" "$work/left" >&2 || :
	exit 1
}
(cd "$work" && $AR rcs out.a libfsnotify.o)
mv "$work/out.a" "$out"
