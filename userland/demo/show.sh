# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the demo prints.  To be sourced.

say() { printf '\n=== %s\n' "$*"; }

# run TEXT: prints a line of shell, and runs it.
run() {
	printf '# %s\n' "$1"
	eval "$1"
}

records=()

# record PID FILE HOW: remembers what the kernel says of the checkpoint just made.
record() {
	local key value
	local -A last
	while IFS=': ' read -r key value; do last[$key]=$value; done < "/proc/$1/checkpoint"
	[ "${last[last.status]}" = 0 ]
	[ "${last[last.bytes]}" = "$(stat -c %s "$2")" ]
	records+=("${2##*/} $3 ${last[last.kind]} ${last[last.pages_saved]} ${last[last.bytes]} \
${last[last.stall_ns]} ${last[last.total_ns]}")
}

print_records() {
	printf '%s\n' "${records[@]}" | awk '
		BEGIN {
			printf "%-8s %-6s %-5s %11s %11s %10s %10s\n",
				"image", "by", "kind", "pages saved", "size", "stall", "total"
		}
		{
			printf "%-8s %-6s %-5s %11d %7.1f MiB %7.2f ms %7.0f ms\n",
				$1, $2, $3, $4, $5 / 1048576, $6 / 1e6, $7 / 1e6
		}'
}
