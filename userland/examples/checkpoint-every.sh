#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# checkpoint-every.sh PID SECONDS DIR: checkpoints all memory of a process at an interval, until
# it ends: the first image is whole, the others are what changed.
set -eu
pid=$1 seconds=$2 dir=$3 n=0
while kill -0 "$pid" 2> /dev/null; do
	n=$((n + 1))
	echo "inc 0 0xffffffffffffffff $dir/$pid.$(printf %06d $n)" > "/proc/$pid/checkpoint"
	sleep "$seconds"
done
