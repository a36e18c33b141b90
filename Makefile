# SPDX-License-Identifier: GPL-2.0-or-later
vm := proc-interface/vmtest

# Settings, as in `make guest-test KERNEL=6.1 TESTS='inc_*'`:
#   KERNEL=S        series of patches/KERNELS (default: the first)
#   KERNELS='S...'  several, for make test, check, bisect, configurations (all)
#   KERNEL_SRC=DIR  a kernel source tree of your own (only read)
#   WORKTREE=1      the kernel has proc-interface/ as it is now, not patches/
#   TESTS='A* B'    only guest tests whose names match
#   CONFIGURATIONS='no-* B' only configurations that match
#   MUTANTS='A* B'  only rules of proc-interface/tests/mutations, or those of
#                   userland/tests/mutations, that match
#   DESTDIR, PREFIX where make install installs (PREFIX: /usr/local)
#   CONFIG=FILE     the configuration of make kernel-deb (the running kernel's)
#   RUNS=N          of each fuzzer, for make fuzz (a million)
#   VM_MEM, VM_CPUS the guest's memory (4G) and processors (2)
# An exported variable is empty where it is not set: the scripts know the defaults.
export KERNEL KERNELS KERNEL_SRC WORKTREE TESTS VM_MEM VM_CPUS

# $(call each,COMMAND): with KERNEL of each series, also behind one that fails.
each = all=$$($(vm)/series --all) && failed= && \
	for s in $$all; do KERNEL=$$s $(1) || failed=1; done && [ ! "$$failed" ]

.PHONY: help demo test check unit guest-test debug-test sanitize-test kcsan-test selftest \
	soak fuzz mutants mutants-userland tidy kselftests series-kselftests bisect configurations \
	kernel cpctl install deb install-test kernel-deb kernel-deb-test patch report dist dist-test \
	bare-test vm-shell bench bench-quick \
	packages clean distclean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make demo        boot a patched kernel, checkpoint a busy redis-server in it
demo:
	$(vm)/demo

## make test        what each change has to pass: check, W=1 and sparse on each
##                  kernel, unit, install-test, selftest, series-kselftests,
##                  guest-test (in short but for the first kernel), debug-test of
##                  the first in short, and that tarball and benchmarks work; the
##                  last line sums it up.  What else tests below is by itself.
test:
	$(vm)/test-all

## make check       seconds: patches current and in style
check: packages
	patches/check $(KERNELS)

## make unit        cpctl's unit tests and fuzzers, on this machine
unit: packages
	$(vm)/unit-tests

## make guest-test  the tests in a guest, plain kernel
guest-test: packages
	$(vm)/guest-suite

## make debug-test  the same with KASAN, lockdep, kmemleak, page table checks
debug-test: packages
	$(vm)/guest-suite --debug

## make sanitize-test  those that run cpctl, with ASan and UBSan in it
sanitize-test: packages
	$(vm)/guest-suite --sanitize

## make kcsan-test  guest-test with KCSAN on the interface's files
kcsan-test: packages
	$(vm)/guest-suite --kcsan

## make soak        random operations against a model, for SECONDS=3600 each
soak: packages
	$(vm)/soak $(SECONDS)

## make selftest    tests of the harness itself
selftest: packages
	$(vm)/selftest/selftest "$$($(vm)/build)/bzImage"

## make fuzz        each fuzzer a million runs, RUNS=1000000 (an hour)
fuzz: packages
	cmake -S userland -B build/fuzz -DCHECKPOINT_FUZZ_RUNS=$(or $(RUNS),1000000)
	ctest --test-dir build/fuzz -R '^fuzz\.' -j "$$(nproc)" --no-tests=error -V

## make mutants     take each rule out of the kernel: a test must notice (two minutes each)
mutants: packages
	$(vm)/mutate $(MUTANTS)

## make mutants-userland  the same for cpctl, on this machine (seconds each)
mutants-userland: packages
	userland/tests/mutants build/mutants-userland $(MUTANTS)

## make tidy        clang-tidy finds nothing in userland/ (minutes)
tidy: packages
	userland/lint tidy "$(CURDIR)/build/userland-tidy"

## make kselftests  the kernel's own mm tests, without and with the patch
kselftests: packages
	$(vm)/kselftests

## make series-kselftests  the tests that the series adds to the kernel's tree
series-kselftests: packages
	$(vm)/series-kselftests

## make bisect      does the kernel build behind each patch? (20 min a series)
bisect: packages
	$(call each,patches/bisect $$s)

## make configurations  does it build without SWAP, NUMA, ..., on 32 bit, arm64?
configurations: packages
	@$(vm)/install-packages gcc-aarch64-linux-gnu || true
	$(call each,$(vm)/configurations)

## make kernel      build the patched kernel, print where it is
kernel: packages
	$(vm)/build $(if $(WORKTREE),--worktree)

## make cpctl       build the tool, print where it is
cpctl: packages
	$(vm)/cpctl

## make install     install cpctl, manuals, completion, schemas, unit, headers in PREFIX
# (sudo make install: what the user has built, and no file of root's in build/)
install:
	dir=build/userland; [ "$$SUDO_USER" ] && [ -e $$dir/src/cpctl/cpctl ] || dir=$$($(vm)/cpctl) && \
		DESTDIR="$(DESTDIR)" cmake --install "$$dir" --strip --prefix "$(or $(PREFIX),/usr/local)"

## make deb         a Debian package of the same, in build/deb/
deb: packages
	userland/debian/build-package "$$($(vm)/cpctl)" build/deb

## make install-test  install and package, in scratch directories
install-test: packages
	userland/tests/install-test

## make kernel-deb  kernel packages of your CONFIG, in build/kernel-deb/
kernel-deb: packages
	$(vm)/kernel-deb $(or $(CONFIG),/boot/config-$(shell uname -r)) build/kernel-deb

## make kernel-deb-test  the same with a small one, booted (10 min)
kernel-deb-test: packages
	$(vm)/kernel-deb-test

## make patch       the whole change as one diff -Naur file in build/
patch: packages
	$(vm)/make-patch

## make report      the documents as HTML and text, in build/report/
report: packages
	proc-interface/doc/build build/report

## make dist        one tarball, in build/dist/: all of this, report and diffs
dist: packages
	$(vm)/dist

## make dist-test   is it the same each time; does the demo run in it? (5 min)
dist-test: packages
	$(vm)/dist-test --demo

## make bare-test   as root: does the demo run in a Debian with nothing but make? (30 min)
bare-test: packages
	$(vm)/install-packages debootstrap
	$(vm)/bare-test

## make vm-shell    a shell in the guest, with this machine's programs
vm-shell:
	$(vm)/shell

## make bench       the benchmarks, in a guest (within an hour)
bench: packages
	benchmarks/run --full
	benchmarks/report build/benchmarks/results/full.jsonl

## make bench-quick with less memory and fewer repeats (10 min)
bench-quick: packages
	benchmarks/run --quick
	benchmarks/report build/benchmarks/results/quick.jsonl

packages:
	@$(vm)/install-packages

## make clean       remove build/ (sources, kernels and ccache stay cached)
clean:
	rm -rf build

## make distclean   and the cache
distclean: clean
	rm -rf "$$($(vm)/cache)"
