#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demonstration: treewatch on a temporary directory in which ordinary tools are at work. TREEWATCH names the program.
#
# Each step begins with a message to treewatch, a file that it removes once everything before is printed. So nothing here
# depends on time; the pauses are between two looks at that file. Exit status: treewatch's, or 1 if it got lost.
set -u

program=${TREEWATCH:?names the treewatch program}
case $program in
/*) ;;
*) program=$PWD/$program ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/treewatch-demo.XXXXXX") || exit 1
top=$work/tree
message=$top/.treewatch-step
watcher=
trap 'stop_watcher; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

stop_watcher() {
	if [ -n "$watcher" ]; then
		kill "$watcher" 2>/dev/null
		wait "$watcher"
	fi
}

give_up() {
	echo "demo.sh: $1" >&2
	exit 1
}

pause() {
	sleep 0.05 2>/dev/null || sleep 1
}

# step TITLE: waits until treewatch has printed all that came before.
step() {
	printf '%s\n' "$1" >"$message" || exit 1
	looks=0
	while [ -e "$message" ]; do
		kill -0 "$watcher" 2>/dev/null || give_up "treewatch has ended early"
		looks=$((looks + 1))
		[ "$looks" -lt 1200 ] || give_up "treewatch does not answer"
		pause
	done
}

mkdir -p "$top/docs" "$top/attic/2023/spring"
echo "was here before" >"$top/docs/old"
"$program" --limit "${DEMO_LIMIT:-12}" "$top" &
watcher=$!
cd "$top" || exit 1

step "a file is created, written and appended to"
echo one >docs/letter
echo two >>docs/letter

step "renamed in its directory, then into another one, then over another file"
mv docs/letter docs/draft
mv docs/draft attic/2023/spring/final
mv attic/2023/spring/final docs/old

step "a directory is renamed and moved; a file deep in it is written"
mkdir -p attic/2024/summer
mv attic/2024 docs/2024
echo deep >docs/2024/summer/note

step "mode, times, a second name, a symbolic link"
chmod 600 docs/old
touch docs/old
ln docs/old docs/same
ln -s old docs/link
chmod 700 docs

step "deleted: one of two names, the last one, a whole tree"
rm docs/same
rm docs/old docs/link
rm -r attic docs/2024

step "a hundred files come and go"
i=0
while [ "$i" -lt 100 ]; do
	echo "$i" >docs/"$i"
	i=$((i + 1))
done
rm docs/[0-9]*

if command -v tar >/dev/null 2>&1; then
	step "tar packs a directory and unpacks it elsewhere"
	mkdir -p source/a/b
	echo x >source/a/x
	echo y >source/a/b/y
	tar cf packed.tar source
	mkdir unpacked
	(cd unpacked && tar xf ../packed.tar)
else
	step "(no tar on this system)"
fi

if command -v git >/dev/null 2>&1; then
	step "git init, add, commit"
	mkdir project
	(
		cd project || exit
		export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
		git init -q . 2>/dev/null
		git config user.name "A Demonstration"
		git config user.email demo@example.org
		git config gc.auto 0
		git config maintenance.auto false
		echo hello >hello
		git add hello
		git commit -q -m "Say hello"
	) || give_up "git has failed"
else
	step "(no git on this system)"
fi

step "the end"
cd / || exit 1
kill -TERM "$watcher"
wait "$watcher"
status=$?
watcher=
[ "$status" -eq 0 ] || echo "demo.sh: treewatch ended with status $status" >&2
exit "$status"
