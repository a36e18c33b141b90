#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `cpctl help` and the manual pages show works on a process: all their
# examples, in the place of 1234 one whose heap is as large all the time and
# changes.
set -eu
if [ "${CP_TEST_SHORT-}" = 1 ]; then
	echo "# SKIP the same on every kernel, and long"
	exit 4
fi
userland=$(readlink -f "$(dirname "$0")/../../userland")

cat > victim.py << 'END'
import time
pages = [bytearray(4000) for _ in range(32)]
print("ready", flush=True)
number = 0
while True:
    number += 1
    pages[number % 2][0] = number % 256
    # Asleep at both ends of a restore, as good as always.
    time.sleep(1)
END
python3 -S victim.py > ready &
pid=$!
trap 'kill $pid' EXIT
until [ -s ready ]; do
	kill -0 $pid
	sleep 0.1
done

heap=$(sed -n 's/^\([0-9a-f]*\)-.*\[heap\]$/\1/p' /proc/$pid/maps)
page=$(printf '%x-%x' $((0x$heap)) $((0x$heap + 4096)))
sessions=('cpctl help: cpctl --pid 1234 inc' 'cpctl help COMMAND: cpctl --pid 1234 inc'
	'cpctl.1: cpctl --pid 1234 inc' 'proc_checkpoint.5: echo "inc')
"$userland/tests/man-examples" --pid $pid --range "$page" --limit 60 "$CPCTL_DIR/src/cpctl/cpctl" \
	"$userland/man/cpctl.1" "$userland/man/proc_checkpoint.5" > log || { cat log; exit 1; }
# Each session was there, and the pages' are on the process.
for line in "${sessions[@]}"; do
	grep -q "^ok $line" log || { echo "no $line in:"; cat log; exit 1; }
done
