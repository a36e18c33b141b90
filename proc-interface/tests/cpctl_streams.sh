#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cpctl and images as streams: through a compressor and back, into a file, to a
# reader that goes; several processes in one command; signals; the progress.
set -eu
if [ "${CP_TEST_SHORT-}" = 1 ]; then
	echo "# SKIP the same on every kernel, and long"
	exit 4
fi
export LC_ALL=C TERM=xterm

cpctl=$CPCTL_DIR/src/cpctl/cpctl
targets=()
trap 'kill -KILL "${targets[@]}" || true' EXIT

failed() {
	echo "line ${BASH_LINENO[0]}: $*"
	exit 1
}

# A process with so many MiB of its own, whose range is written to FILE, and that
# changes a byte of every 16th page when it gets SIGUSR1.
start() { # MIB FILE
	/usr/bin/python3 -ISc '
import ctypes, mmap, signal, sys
memory = mmap.mmap(-1, int(sys.argv[1]) << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, len(memory), 4096):
    memory[at:at + 8] = (at + 1).to_bytes(8, "little")
address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
def change(*_):
    for at in range(0, len(memory), 16 * 4096):
        memory[at + 9] = (memory[at + 9] + 1) % 256
    print("changed", flush=True)
signal.signal(signal.SIGUSR1, change)
print(f"{address:x}-{address + len(memory):x}", flush=True)
while True:
    signal.pause()
' "$1" > "$2" &
	targets+=($!)
	until [ -s "$2" ]; do sleep 0.1; done
}
change() { # PID FILE
	local lines
	lines=$(wc -l < "$2")
	kill -USR1 "$1"
	until [ "$(wc -l < "$2")" -gt "$lines" ]; do sleep 0.1; done
}

start 24 where
pid=${targets[0]}
range=$(head -n 1 where)
# What the memory holds, by way of the process's own file.
memory() {
	/usr/bin/python3 -ISc '
import sys
start, end = (int(word, 16) for word in sys.argv[2].split("-"))
with open(f"/proc/{sys.argv[1]}/mem", "rb", 0) as memory:
    memory.seek(start)
    while start < end:
        sys.stdout.buffer.write(part := memory.read(min(end - start, 1 << 20)))
        start += len(part)
' "$pid" "$range"
}

echo "# through a compressor and back"
"$cpctl" --pid "$pid" full --range "$range" - 2> err | zstd -q > full.zst
grep -q '^standard output: full seq 0, 6144 pages saved' err || failed "$(cat err)"
change "$pid" where
"$cpctl" --pid "$pid" inc --range "$range" - 2> err | gzip -1 > inc.gz
grep -q '^standard output: inc seq 1, ' err || failed "$(cat err)"
zstd -dcq full.zst | "$cpctl" verify - > out
grep -q '^standard input: good, full seq 0' out || failed "$(cat out)"
zstd -dcq full.zst > full
gzip -dc inc.gz | "$cpctl" cat --range "$range" full - > bytes
memory | cmp - bytes || failed "other bytes"

echo "# all of user space into a file, a file that is appended to, a socket"
"$cpctl" --pid "$pid" full --all - > file 2> err || failed "$(cat err)"
"$cpctl" verify -q file
"$cpctl" --pid "$pid" full --all - >> appended 2> err || failed "$(cat err)"
"$cpctl" verify -q appended
/usr/bin/python3 -ISc '
import socket, subprocess, sys
ours, theirs = socket.socketpair()
saving = subprocess.Popen(sys.argv[1:], stdout=theirs)
theirs.close()
with open("socket", "wb") as file:
    while part := ours.recv(1 << 16):
        file.write(part)
sys.exit(saving.wait())
' "$cpctl" --pid "$pid" full -q --all - || failed "to a socket"
"$cpctl" verify -q socket

echo "# a reader that goes: an error, and nothing is lost"
"$cpctl" --pid "$pid" full -q --range "$range" full.2
change "$pid" where
mkfifo nobody
# It opens the FIFO, and goes; 24 MiB fit into no pipe.
(exec sleep 1) < nobody &
status=0
"$cpctl" --pid "$pid" full --range "$range" - > nobody 2> err || status=$?
[ $status = 1 ] || failed "status $status: $(cat err)"
grep -qx 'cpctl: standard output: the reader has gone before it had everything' err ||
	failed "$(cat err)"
grep -qx 'hint: nothing is lost: the next inc holds all changes' err || failed "$(cat err)"
"$cpctl" --pid "$pid" inc -q --range "$range" inc.2
"$cpctl" cat --range "$range" full.2 inc.2 > bytes
memory | cmp - bytes || failed "changes were lost"

echo "# an image that is lost when the kernel is done, or nearly: what the hint says is so"
# 32 pages: it fits into a pipe, so that the kernel need not wait for anybody.
range=$(printf '%x-%x' $((0x${range%-*})) $((0x${range%-*} + 32 * 4096)))
for ((round = 0; round < 5; round++)); do
	rm -f full.3 inc.3
	"$cpctl" --pid "$pid" full -q --range "$range" full.3
	change "$pid" where
	status=0
	"$cpctl" --pid "$pid" inc --range "$range" - > /dev/full 2> err || status=$?
	[ $status = 1 ] || failed "status $status: $(cat err)"
	"$cpctl" --pid "$pid" inc --range "$range" inc.3 > out 2>&1
	if grep -qx 'hint: its baselines are dropped: the next inc is a full image' err; then
		grep -q '^inc.3: full seq 0' out || failed "$(cat out)"
		"$cpctl" cat --range "$range" inc.3 > bytes
	else
		grep -qx 'hint: nothing is lost: the next inc holds all changes' err || failed "$(cat err)"
		grep -q '^inc.3: inc seq 1' out || failed "$(cat out)"
		"$cpctl" cat --range "$range" full.3 inc.3 > bytes
	fi
	memory | cmp - bytes || failed "changes were lost"
done
range=$(head -n 1 where)

echo "# several processes"
start 8 where.2
mkdir images
"$cpctl" --pid "$pid" --pid "${targets[1]}" full --json --all images > out
for number in 0 1; do
	"$cpctl" verify -q "images/${targets[number]}.000001"
done
/usr/bin/python3 -ISc '
import json, sys
jobs = json.load(open("out"))
assert [job["pid"] for job in jobs] == [int(word) for word in sys.argv[1:]], jobs
assert all(job["last"]["status"] == "0" for job in jobs), jobs
' "${targets[@]}"
status=0
"$cpctl" --pid "$pid" --pid 999999999 --pid "${targets[1]}" inc --all images > out 2> err || status=$?
[ $status = 1 ] || failed "status $status"
grep -qx 'cpctl: process 999999999: there is no such process' err || failed "$(cat err)"
"$cpctl" verify -q images/"$pid".00000{1,2} images/"${targets[1]}".00000{1,2}
names=(images/*)
[ ${#names[@]} = 4 ] || failed "${names[*]}"

echo "# ^C ends it at once, and leaves no file"
start 400 where.3
big=${targets[2]}
for signal in INT TERM; do
	# Long enough in the kernel that the signal finds it there.
	/usr/bin/python3 -ISc '
import os, signal, subprocess, sys, time
def state():
    with open(f"/proc/{sys.argv[2]}/checkpoint") as file:
        return dict(line.rstrip("\n").split(": ", 1) for line in file)
saving = subprocess.Popen([sys.argv[1], "--pid", sys.argv[2], "full", "--range", sys.argv[3], "interrupted"])
while state()["state"] != "writing" and saving.poll() is None:
    pass
saving.send_signal(getattr(signal, "SIG" + sys.argv[4]))
status = saving.wait()
assert status == -getattr(signal, "SIG" + sys.argv[4]), status
assert state()["last.status"] == "EINTR", state()
assert not os.path.exists("interrupted")
' "$cpctl" "$big" "$(cat where.3)" $signal || failed "SIG$signal"
done

echo "# a signal when the kernel is done and the reader is not: the next one is a full image"
first=${range%-*}
part=$first-$(printf %x $((0x$first + (1 << 20))))
"$cpctl" --pid "$pid" full --range "$part" part.full > out
change "$pid" where
mkfifo stuck
sleep 1000 < stuck &
targets+=($!)
"$cpctl" --pid "$pid" inc --range "$part" - > stuck 2> err &
saving=$!
until grep -q '^last.kind: inc' "/proc/$pid/checkpoint" && grep -q '^state: idle' "/proc/$pid/checkpoint"; do
	kill -0 $saving || failed "$(cat err)"
	sleep 0.1
done
kill -TERM $saving
wait $saving && failed "the signal was not noticed"
grep -q 'interrupted by SIGTERM' err || failed "$(cat err)"
"$cpctl" --pid "$pid" inc --range "$part" part.next > out 2>&1
"$cpctl" info part.next | grep -q '^kind: full' || failed "$("$cpctl" info part.next)"

echo "# the progress, on a terminal only"
mkfifo slow
(sleep 2; cat > /dev/null) < slow &
script -qec "'$cpctl' --pid $pid full --range $range slow" typescript < /dev/null > out
grep -q 'writing \[.*% .* of 24\.[0-9] MiB' typescript || failed "$(cat -v typescript)"
grep -q 'slow: full seq 0' typescript || failed "$(cat -v typescript)"
(sleep 2; cat > /dev/null) < slow &
script -qec "'$cpctl' --pid $pid full -q --range $range slow" typescript < /dev/null > out
grep -q % typescript && failed "$(cat -v typescript)"
(sleep 2; cat > /dev/null) < slow &
"$cpctl" --pid "$pid" full --range "$range" slow > out 2>&1
grep -q '% ' out && failed "$(cat out)"
exit 0
