#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own tests of the command parser (command_kunit.c), which ran at
# boot: all of them, and all passed.  Only the debug kernel has them.
set -eu
results=/sys/kernel/debug/kunit/proc_checkpoint_command/results
if [ ! -e "$results" ]; then
	[ "${VM_DEBUG-}" = 1 ] && { echo "the debug kernel has no $results"; exit 1; }
	echo "# SKIP this kernel has no KUnit tests"
	exit 4
fi
cat "$results"
echo "# ---"

fail() {
	echo "$*"
	exit 1
}
! grep -E 'not ok|# SKIP' "$results" || fail "these did not pass"
grep -qE '^ok 1 (- )?proc_checkpoint_command$' "$results" || fail "the suite did not pass"
# Before 6.6 the kernel keeps 512 bytes of what each case says.
[ "$(printf '%s\n' 6.6 "$(uname -r)" | sort -V | head -n 1)" = 6.6 ] || exit 0
for case in accepted refused cut_off long_path pages; do
	grep -qE "^    ok [0-9]+ cp_test_$case\$" "$results" || fail "cp_test_$case did not run"
done
# The cases of a table are numbered; each table's last one is there.
sources=$(dirname "$0")/..
for table in accepted refused pages; do
	wanted=$(sed -n "/^static const struct .* cp_$table\[\] = {/,/^};/p" "$sources/command_kunit.c" |
		grep -c '^	{ "')
	found=$(sed -n "/# Subtest: cp_test_$table\$/,/^    ok /p" "$results" | grep -cE '^        ok ')
	[ "$wanted" -gt 0 ] && [ "$found" = "$wanted" ] ||
		fail "cp_test_$table: $found cases, command_kunit.c has $wanted"
done
