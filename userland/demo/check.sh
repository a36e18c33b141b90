# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the demo checks.  To be sourced.

# page_at ADDRESS: its page, and the one behind it, as --range takes it.
page_at() { printf '%x-%x\n' $(($1 & ~4095)) $((($1 & ~4095) + 8192)); }

# memory_of PID START SIZE
memory_of() {
	dd status=none if="/proc/$1/mem" bs=1M iflag=skip_bytes,count_bytes,fullblock skip="$2" count="$3"
}

# same_as_process IMAGE PID: compares each writable private mapping of the
# stopped process with the image.
same_as_process() {
	local range perms count=0 bytes=0 start size
	while read -r range perms _; do
		[[ $perms = rw?p ]] || continue
		start=$((0x${range%-*}))
		size=$((0x${range#*-} - start))
		cpctl cat --no-verify --range "$range" "$1" | cmp - <(memory_of "$2" $start $size)
		count=$((count + 1)) bytes=$((bytes + size))
	done < "/proc/$2/maps"
	[ $count -gt 3 ]
	echo "$count writable mappings, $((bytes >> 20)) MiB: no difference"
}

# check_absent TEXT FILE...: TEXT is in none of them.
check_absent() {
	local status=0
	LC_ALL=C grep -qaF -- "$@" || status=$?
	[ $status = 1 ]
}

# check_quiet FILE: readelf had nothing to complain of.
check_quiet() {
	if grep -iE 'warning|error' "$1"; then return 1; fi
}
