#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and make uninstall: packaging/install.sh install|uninstall, with the Makefile's variables in the environment.
#
# What was installed, and the directories that were made for it, are noted in LIBDIR/libfsnotify.manifest, so that
# uninstall needs neither the same version of the source nor its build directory, and takes away what was made, no more.
set -eu
: "${DESTDIR=}" "${PREFIX:?}" "${LIBDIR:?}"
case $PREFIX in /*) ;; *) echo "make: PREFIX must be absolute: $PREFIX" >&2; exit 1 ;; esac
case $LIBDIR in /*) ;; *) LIBDIR=$PREFIX/$LIBDIR ;; esac
PREFIX=${PREFIX%/} LIBDIR=${LIBDIR%/}
case $PREFIX$LIBDIR in *[\&\|\ \\]*) echo "make: PREFIX and LIBDIR must not contain a space, &, | or \\" >&2; exit 1 ;; esac
manifest=$LIBDIR/libfsnotify.manifest

# directory PATH: makes it and notes each level that was not there
directory()
{
	if [ -d "$DESTDIR$1" ]; then
		return
	fi
	if [ -n "$1" ]; then
		directory "${1%/*}"
		mkdir "$DESTDIR$1"
	else
		mkdir -p "$DESTDIR"
	fi
	echo "directory ${1:-/}" >>"$noted"
}

# file MODE SOURCE PATH: by way of a new file, since a program may be running with the old one
file()
{
	directory "${3%/*}"
	cp "$2" "$DESTDIR$3.new"
	chmod "$1" "$DESTDIR$3.new"
	mv -f "$DESTDIR$3.new" "$DESTDIR$3"
	echo "file $3" >>"$noted"
}

# link TARGET PATH
link()
{
	rm -f "$DESTDIR$2"
	ln -s "$1" "$DESTDIR$2"
	echo "file $2" >>"$noted"
}

# library NAME: the shared one with its links, and the static one
library()
{
	file 755 "$OUT/$1.so" "$LIBDIR/$1.so.$ABI_VERSION"
	link "$1.so.$ABI_VERSION" "$LIBDIR/$1.so.${ABI_VERSION%%.*}"
	link "$1.so.${ABI_VERSION%%.*}" "$LIBDIR/$1.so"
	file 644 "$OUT/static/$1.a" "$LIBDIR/$1.a"
}

# pkgconfig NAME
pkgconfig()
{
	case $LIBDIR in
	"$PREFIX"/*) libdir=\${prefix}${LIBDIR#"$PREFIX"} ;;
	*) libdir=$LIBDIR ;;
	esac
	sed -e "s|@PREFIX@|${PREFIX:-/}|" -e "s|@INCLUDEDIR@|\${prefix}/include|" -e "s|@LIBDIR@|$libdir|" \
		-e "s|@VERSION@|$VERSION|" -e "s|@STATIC_LIBS@|$STATIC_LIBS|" "packaging/$1.pc.in" >"$work/$1.pc"
	file 644 "$work/$1.pc" "$LIBDIR/pkgconfig/$1.pc"
}

# The dynamic linker finds libraries of the system's directories through a cache.
linker_cache()
{
	case $DESTDIR:$PREFIX in
	:/usr | :/usr/local) ! command -v ldconfig >/dev/null || ldconfig 2>/dev/null || : ;;
	esac
}

do_install()
{
	: "${OUT:?}" "${VERSION:?}" "${ABI_VERSION:?}" "${STATIC_LIBS?}"
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	noted=$work/manifest
	: >"$noted"

	library libfsnotify
	library libfsnotify_group
	find include/fsnotify -type f \( -name '*.h' -o -name '*.def' \) | sort >"$work/headers"
	while read -r header; do
		file 644 "$header" "$PREFIX/$header"
	done <"$work/headers"
	pkgconfig fsnotify
	pkgconfig fsnotify-backend

	# Over an older installation: what that had made is still ours to take away.
	if [ -e "$DESTDIR$manifest" ]; then
		cat "$DESTDIR$manifest" >>"$noted"
	fi
	echo "file $manifest" >>"$noted"
	sort -u "$noted" >"$work/sorted"
	file 644 "$work/sorted" "$manifest"
	echo "installed $(grep -c '^file' "$work/sorted") files under $DESTDIR$PREFIX"
	linker_cache
}

do_uninstall()
{
	if [ ! -e "$DESTDIR$manifest" ]; then
		echo "make: nothing is installed there ($DESTDIR$manifest is missing)" >&2
		exit 1
	fi
	list=$(cat "$DESTDIR$manifest")
	echo "$list" | sed -n 's/^file //p' | while read -r path; do
		rm -f "$DESTDIR$path"
	done
	# Deepest first; one that others use by now stays.
	echo "$list" | sed -n 's/^directory //p' | sort -r | while read -r path; do
		rmdir "$DESTDIR${path%/}" 2>/dev/null || :
	done
	linker_cache
	echo "uninstalled from $DESTDIR$PREFIX"
}

case ${1-} in
install) do_install ;;
uninstall) do_uninstall ;;
*) echo "usage: $0 install|uninstall" >&2; exit 2 ;;
esac
