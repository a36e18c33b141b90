#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The KCSAN kernel does watch what our files do: while a checkpoint is taken, its
# count of accesses that were watched grows.  Only that kernel has it.
set -eu
info=/sys/kernel/debug/kcsan
if [ ! -e "$info" ]; then
	[ "${VM_KCSAN-}" = 1 ] && { echo "the KCSAN kernel has no $info"; exit 1; }
	echo "# SKIP this kernel has no KCSAN"
	exit 4
fi
watched() {
	sed -n 's/^setup_watchpoints: //p' "$info"
}

grep -qx 'enabled: 1' "$info" || { cat "$info"; exit 1; }
before=$(watched)
"$CPCTL_DIR/src/cpctl/cpctl" --pid $$ full --all image > report
after=$(watched)
echo "watched $((after - before)) accesses"
[ "$after" -gt "$before" ]
