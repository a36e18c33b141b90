#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who has read `cpctl help` only, and is not root, saves a program that runs,
# checks and merges the images, finds a variable in them, rolls the program back,
# and gets on where it complains by what it says.  All commands are those of the
# help's first session, with another pid, range and file names.
set -eu
if [ "${CP_TEST_SHORT-}" = 1 ]; then
	echo "# SKIP the same on every kernel"
	exit 4
fi
if [ "$(id -u)" = 0 ]; then
	install -d -o nobody home
	# Nobody else may look into some checkouts.
	install "$0" "$CPCTL_DIR/src/cpctl/cpctl" home
	cd home
	exec setpriv --reuid nobody --regid nogroup --clear-groups "./${0##*/}"
fi
export LC_ALL=C
# (relative: nor into the directories above)
PATH=.:$PATH

failed() {
	echo "line ${BASH_LINENO[0]}: $*"
	exit 1
}

# A program that waits for input: a shell, whose memory is its variables.
mkfifo questions
bash --norc < questions > answers 2>&1 &
pid=$!
exec 7> questions
trap 'kill -KILL $pid' EXIT
tell() { # LINE
	local before
	before=$(wc -l < answers)
	echo "$1; echo \$color" >&7
	until [ "$(wc -l < answers)" -gt "$before" ]; do
		kill -0 $pid
		sleep 0.1
	done
	sleep 0.5 # until it waits again
}
has() { # COLOR
	tell :
	[ "$(tail -n 1 answers)" = "$1" ] || failed "not $1 but $(tail -n 1 answers)"
}

# step WORDS: the line of the first session that has these, with this pid.
cpctl help > help
range=55d0c0a01000-55d0c0a02000
step() {
	local line
	line=$(sed -n '/^a first session:/,/^$/p' help | grep -F -m 1 "  cpctl $1") || failed "no $1 in the help"
	line=${line//1234/$pid}
	line=${line//55d0c0a01000-55d0c0a02000/$range}
	bash -o pipefail -c "$line" > step.out 2> step.err || failed "$line: $(cat step.err)"
}

tell color=blue-as-the-sky
step '--pid 1234 full'
tell color=green-as-the-grass
step '--pid 1234 inc'
step 'verify one two'
[ "$(grep -c ': good, ' step.out)" = 2 ] || failed "$(cat step.out)"
step 'merge -o both one two'

# Where its variables are, among the addresses that the help speaks of.
cpctl --pid $pid maps > mappings
step 'info --mappings both'
heap=$(sed -n 's/^0x\([0-9a-f]*\)-0x\([0-9a-f]*\) .* \[heap\]$/\1-\2/p' mappings)
[ "$heap" ] || failed "no heap in $(cat mappings)"
grep -q "0x${heap/-/-0x} rw-p .*\[heap\]" step.out || failed "not in the image: $heap"
range=$heap
step 'cat --range'
grep -q '^00000000  ' step.out || failed "$(cat step.out)"
cpctl cat --range "$heap" both | grep -qa green-as-the-grass || failed 'nothing green in the heap'

tell color=red-as-a-rose
has red-as-a-rose
step '--pid 1234 restore --dry-run both'
has red-as-a-rose
step '--pid 1234 restore both'
has green-as-the-grass
cpctl --pid $pid restore one > step.out
has blue-as-the-sky

# The heap has grown: there is no need for the manual.
tell 'for n in {1..5000}; do more[n]="text that needs room, number $n"; done; color=grey'
has grey
cpctl help restore > help.restore
if cpctl --pid $pid restore both > step.out 2> step.err; then failed 'what has grown was not noticed'; fi
option=$(sed -n 's/^hint: \(--[a-z-]*\) .*/\1/p' step.err)
[ "$option" ] || failed "no hint in $(cat step.err)"
grep -q -- "^  $option " help.restore || failed "$option is not in the help"
cpctl --pid $pid restore "$option" both > step.out
has green-as-the-grass
