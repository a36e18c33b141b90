#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo: a redis-server is checkpointed while it works, and the images are
# checked against it.  Runs as root on a kernel with /proc/PID/checkpoint, for
# example in the guest of `make demo`.  The first thing that goes wrong ends it
# with a status that is not 0.
#
#   CPCTL       the tool (default: that of $CPCTL_DIR, the build directory)
#   DEMO_KEYS   values of 1000 bytes in the redis-server (default 100000)
set -Eeuo pipefail
shopt -s inherit_errexit
here=$(dirname "$(readlink -f "$0")")
examples=$(readlink -f "$here/../examples")
. "$here/redis.sh"
. "$here/show.sh"
. "$here/check.sh"

cpctl() { "${CPCTL:-$CPCTL_DIR/src/cpctl/cpctl}" "$@"; }

rollback() { CPCTL=${CPCTL:-$CPCTL_DIR/src/cpctl/cpctl} "$examples/rollback.sh" "$@"; }

dir=$(mktemp -d /tmp/demo.XXXXXX)
cleanup() {
	local status=$?
	end_redis
	rm -rf "$dir"
	[ $status = 0 ] || echo "demo: FAILED" >&2
}
trap cleanup EXIT
trap 'echo "demo: line $LINENO: $BASH_COMMAND: exit status $?" >&2' ERR

say "A redis-server with ${DEMO_KEYS:=100000} values, and clients that write to it"
start_redis "$dir" "$DEMO_KEYS"
cli INFO server | grep -aE '^redis_version|^process_id'
cli INFO memory | grep -aE '^used_memory_human|^used_memory_rss_human'
start_load
served_before=$(commands_served)

say "Checkpoints while it works: all of it, then what changed, by hand and with cpctl"
pid=$redis_pid
run "echo 'full 0 0xffffffffffffffff $dir/1.full' > /proc/$pid/checkpoint"
record "$pid" "$dir/1.full" echo
sleep 2
run "echo 'inc 0 0xffffffffffffffff $dir/2.inc' > /proc/$pid/checkpoint"
record "$pid" "$dir/2.inc" echo
sleep 2
run "cpctl --pid $pid inc --all $dir/3.inc"
record "$pid" "$dir/3.inc" cpctl
run "cat /proc/$pid/checkpoint"

say "A value that only the last checkpoint can know; then redis is stopped, to compare with it"
witness=$(head -c 15 /dev/urandom | od -An -tx1 | tr -d ' \n')
cli SET demo:witness "$witness" > /dev/null
run "redis-cli -s $dir/socket GET demo:witness"
address=$(address_of_value demo:witness)
end_load
served=$(($(commands_served) - served_before))
stop_redis
run "cpctl --pid $pid inc --all $dir/4.inc"
record "$pid" "$dir/4.inc" cpctl

say "The chain holds together, and becomes one image"
chain=("$dir/1.full" "$dir/2.inc" "$dir/3.inc" "$dir/4.inc")
run "cpctl verify ${chain[*]}"
run "cpctl merge -o $dir/merged ${chain[*]}"
run "cpctl info $dir/merged"

say "The merged image is the memory of the stopped process, byte for byte"
same_as_process "$dir/merged" "$pid"
run "cpctl cat --range $(page_at "$address") $dir/merged | LC_ALL=C grep -aoF $witness"
check_absent "$witness" "${chain[@]:0:3}"
echo "(the three images before do not have it)"

say "readelf and gdb know the format"
run "readelf -lW $dir/1.full > $dir/readelf 2>&1"
head -n 14 "$dir/readelf"
check_quiet "$dir/readelf"
gdb="gdb -nx -q -batch -iex 'set debuginfod enabled off'"
run "$gdb -ex 'info files' -ex 'x/s $address' -c $dir/merged > $dir/gdb 2>&1"
head -n 12 "$dir/gdb"
echo ...
tail -n 1 "$dir/gdb"
grep -qF "\"$witness\"" "$dir/gdb"

say "And redis goes on"
resume_redis
[ "$(cli GET demo:witness)" = "$witness" ]
run "redis-cli -s $dir/socket DBSIZE"
echo "(it had served $served commands of its clients between the first checkpoint and the stop)"

say "The example script checkpoints it every second, for five seconds"
mkdir "$dir/every"
run "timeout 5 $examples/checkpoint-every.sh $pid 1 $dir/every" || [ $? = 124 ]
run "ls -l $dir/every"
cpctl verify "$dir"/every/*.000002 > /dev/null

say "And it is rolled back while it waits for clients: all of its memory, twice"
cli CONFIG SET hz 1 > /dev/null # it looks after itself less often: so it waits
cli SET demo:color blue > /dev/null
cli SET demo:shape round > /dev/null
sleep 1
run "rollback $pid $dir/saved"
for round in first second; do
	run "redis-cli -s $dir/socket SET demo:color 'green, the $round time'"
	run "redis-cli -s $dir/socket DEL demo:shape"
	sleep 1
	run "rollback $pid $dir/saved"
	run "redis-cli -s $dir/socket MGET demo:color demo:shape"
	[ "$(cli GET demo:color) $(cli GET demo:shape)" = "blue round" ]
done
# A checkpoint after it is as good as one before.
run "cpctl --pid $pid inc --all $dir/saved.inc"
stop_redis
run "cpctl --pid $pid inc --all $dir/saved.inc2"
cpctl merge -o "$dir/saved.merged" "$dir/saved" "$dir/saved.inc" "$dir/saved.inc2"
same_as_process "$dir/saved.merged" "$pid"
resume_redis

say "What was saved"
print_records
echo
echo "demo: all good"
