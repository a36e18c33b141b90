#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# rollback.sh PID IMAGE: saves all memory of a process to IMAGE; where that exists, rolls the
# process back to it.  The process has to wait for work both times, in the same place: a server
# that nobody is connected to does.  CPCTL: the tool.
set -eu
pid=$1 image=$2
if [ -e "$image" ]; then
	# What its heap has grown by since is left as it is.
	"${CPCTL:-cpctl}" --pid "$pid" restore --leave-extra "$image"
else
	"${CPCTL:-cpctl}" --pid "$pid" full --all "$image"
fi
