# SPDX-License-Identifier: GPL-2.0-or-later
# For the shell tests, sourced: a scratch directory $work, and counts that end in "N passed, N failed".

passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# try NAME COMMAND...: passes if the command ends with 0 within a minute or, a function, at all
try()
{
	try_name=$1
	shift
	if "$@" </dev/null >"$work/try.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $try_name"
	else
		try_status=$?
		failed=$((failed + 1))
		echo "FAIL $try_name (exit status $try_status)"
		tail -n 30 "$work/try.log" | sed 's/^/     /'
	fi
}

finish()
{
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ]
}
