# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A redis-server for the demo, and clients that keep it busy.  To be sourced.

redis_dir='' redis_pid='' load_pid=''

cli() { redis-cli -e -s "$redis_dir/socket" "$@"; }

# start_redis DIR KEYS: starts it and waits until it has KEYS values.
start_redis() {
	redis_dir=$1
	redis-server --port 0 --unixsocket "$redis_dir/socket" --dir "$redis_dir" \
		--logfile log --save '' --appendonly no --enable-debug-command yes &
	redis_pid=$!
	until [ "$(cli PING 2> /dev/null)" = PONG ]; do
		kill -0 "$redis_pid"
		sleep 0.1
	done
	cli DEBUG POPULATE "$2" value 1000 > /dev/null
}

# Bursts with a pause between, so that there are processors left for the rest
# even where they are emulated.
start_load() {
	touch "$redis_dir/load"
	while [ -e "$redis_dir/load" ]; do
		redis-benchmark -s "$redis_dir/socket" -q -t set,get -c 4 -n 500 -r 10000 -d 1000
		sleep 0.3
	done > "$redis_dir/load.log" 2>&1 &
	load_pid=$!
}

end_load() {
	rm "$redis_dir/load"
	wait "$load_pid"
	load_pid=
}

commands_served() {
	cli INFO stats | sed -n 's/^total_commands_processed:\([0-9]*\).*/\1/p'
}

# address_of_value KEY: where the characters of a short string are.  Redis has
# them right behind the object (16 bytes) and a header of 3 bytes.
address_of_value() {
	local object
	object=$(cli DEBUG OBJECT "$1" | sed -n 's/^Value at:\(0x[0-9a-f]*\).*encoding:embstr.*/\1/p')
	[ "$object" ]
	printf '0x%x\n' $((object + 16 + 3))
}

stop_redis() {
	kill -STOP "$redis_pid"
	# The signal reaches each thread on its own.
	while grep -h '^State:' "/proc/$redis_pid/task/"*/status | grep -qv 'T (stopped)'; do
		sleep 0.05
	done
}

resume_redis() { kill -CONT "$redis_pid"; }

end_redis() {
	[ -z "$load_pid" ] || { rm -f "$redis_dir/load"; wait "$load_pid" || true; }
	[ -z "$redis_pid" ] || { kill -KILL "$redis_pid" && wait "$redis_pid"; } 2> /dev/null || true
}
