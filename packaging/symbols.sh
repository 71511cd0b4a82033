#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The exported symbols: packaging/symbols.sh list SHARED.so
#                       packaging/symbols.sh check SHARED.so STATIC.a SONAME
#                       packaging/symbols.sh check-group SHARED.so STATIC.a SONAME
#
# check-group is for what replaces group.c alone: of the kernel's names it defines those of group.c, and the rest it
# leaves to whoever links it. # packaging/symbols.txt is everything that is exported, with kind (T function, D data) and version;
# packaging/kernel-6.12.txt the kernel's names, which no `make symbols` changes.
set -eu
LC_ALL=C
export LC_ALL
: "${NM:=nm}" "${READELF:=readelf}"
here=${0%/*}
node=FSNOTIFY_6.12
passed=0 failed=0

list()
{
	$NM -D --defined-only --with-symbol-versions "$1" | awk '
		$(NF - 1) == "A" { next }	# the node itself
		{ print $NF, $(NF - 1) ~ /^[BDRVGS]$/ ? "D" : $(NF - 1) }' | sort
}

# verdict NAME: of the differences on stdin, of which there should be none
verdict()
{
	differences=$(cat)
	if [ -z "$differences" ]; then
		passed=$((passed + 1))
		echo "ok   $1"
	else
		failed=$((failed + 1))
		printf 'FAIL %s\n%s\n' "$1" "$differences"
	fi
}

if [ "${1-}" = list ] && [ $# -eq 2 ]; then
	list "$2"
	exit
fi
case ${1-} in check | check-group) [ $# -eq 4 ] ;; *) false ;; esac || {
	echo "usage: $0 list SHARED.so | check SHARED.so STATIC.a SONAME | check-group SHARED.so STATIC.a SONAME" >&2
	exit 2
}
shared=$2 static=$3 soname=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

list "$shared" >"$work/shared"
sed "s/\$/@@$node/" "$here/kernel-6.12.txt" | sort >"$work/kernel"
awk '{ print $1 }' "$work/shared" | grep -F -e "@@$node" >"$work/versioned" || :
if [ "$1" = check ]; then
	verdict "the exported symbols are those of packaging/symbols.txt (otherwise: make symbols)" <<EOF
$(diff "$here/symbols.txt" "$work/shared" | sed -n 's/^</missing:/p; s/^>/not listed:/p')
EOF
	verdict "the names under $node are the kernel's 41" <<EOF
$(diff "$work/kernel" "$work/versioned" | sed -n 's/^</missing:/p; s/^>/too many:/p')
EOF
else
	for name in alloc_group destroy_group fasync get_group group_stop_queueing put_group; do
		echo "fsnotify_$name@@$node"
	done | sort >"$work/group"
	verdict "the names under $node are those of group.c" <<EOF
$(diff "$work/group" "$work/versioned" | sed -n 's/^</missing:/p; s/^>/too many:/p')
EOF
	$NM -D --undefined-only "$shared" | awk '{ sub(/@.*/, "", $NF); print $NF }' | grep -e fsnotify -e '^fsn_' | sort >"$work/asked"
	sed 's/@@.*//' "$work/kernel" | sort >"$work/names"
	verdict "what it asks for besides the C library is the kernel's" <<EOF
$(comm -23 "$work/asked" "$work/names")
EOF
	verdict "it asks for the marks of others" <<EOF
$(grep -qx fsnotify_clear_marks_by_group "$work/asked" || echo "fsnotify_clear_marks_by_group is not asked for")
EOF
fi
verdict "every other symbol begins with fsn_" <<EOF
$(awk '{ print $1 }' "$work/shared" | grep -v -e "@@$node\$" -e '^fsn_[a-z0-9_A-Z]*$')
EOF

sed 's/@@[^ ]*//' "$work/shared" | awk '{ print $1 }' | sort >"$work/plain"
$NM -g --defined-only "$static" 2>/dev/null | awk 'NF == 3 && $3 != "_.stapsdt.base" { print $3 }' | sort >"$work/static"
verdict "the static library defines the same names, without versions" <<EOF
$(diff "$work/plain" "$work/static" | sed -n 's/^</missing:/p; s/^>/too many:/p')
EOF

$READELF -dW "$shared" >"$work/dynamic"
verdict "the soname is $soname" <<EOF
$(grep -q "SONAME.*\[$soname\]" "$work/dynamic" || grep SONAME "$work/dynamic" || echo none)
EOF
verdict "the library stays mapped (-z nodelete)" <<EOF
$(grep -q 'FLAGS_1.*NODELETE' "$work/dynamic" || echo "NODELETE is not set")
EOF
verdict "it calls its own functions and no other copy's (-Bsymbolic-functions)" <<EOF
$($READELF -rW "$shared" | awk '$3 == "R_X86_64_JUMP_SLOT" || $3 == "R_X86_64_GLOB_DAT" { sub(/@.*/, "", $5); print $5 }' | sort |
	comm -12 - "$work/plain" | while read -r name; do
		grep -q "^$name\(@@[^ ]*\)* T\$" "$work/shared" && echo "$name"
	done)
EOF
verdict "no text relocations, no executable stack" <<EOF
$(grep TEXTREL "$work/dynamic"; $READELF -lW "$shared" | grep 'GNU_STACK.*E ')
EOF

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
