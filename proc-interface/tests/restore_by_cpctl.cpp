// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl restore on real processes: what it says it would do, what it does when it
// fails, who notices it, and the program that was started again.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <sstream>

#include "checkpoint/process_memory.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

Output restore(pid_t pid, std::vector<std::string> words) {
  words.insert(words.begin(), {cpctl(), "--pid", std::to_string(pid), "restore"});
  return run(words);
}

std::uint64_t word_at(pid_t pid, std::uint64_t address) {
  std::uint64_t word = 0;
  checkpoint::ProcessMemory(checkpoint::Process("/proc", static_cast<std::uint64_t>(pid)))
      .read(address, std::as_writable_bytes(std::span(&word, 1)));
  return word;
}

std::string range_text(const Range& range) {
  std::ostringstream text;
  text << std::hex << "0x" << range.start << "-0x" << range.end;
  return text.str();
}

/// A child that fills its pages anew at each step.
class Filler : public Child {
 public:
  explicit Filler(std::size_t pages)
      : Child([pages](Steps& steps) {
          const Area area(pages);
          steps.tell(area.range().start);
          for (std::uint64_t seed = 1;; seed++) {
            fill(area, seed);
            steps.pause();
          }
        }) {
    range_.start = value();
    range_.end = range_.start + pages * page_size;
  }
  [[nodiscard]] const Range& range() const { return range_; }

 private:
  Range range_;
};

}  // namespace

TEST_CASE(a_dry_run_says_what_differs_and_writes_nothing) {
  constexpr std::size_t pages = 16;
  Child child([](Child::Steps& steps) {
    const Area area(pages);
    for (std::size_t n = 0; n < 8; n++) fill_page(area.page(n), n + 1);
    steps.tell(area.range().start);
    steps.pause();
    for (std::size_t n : {2, 3, 12}) touch(area.page(n));
    steps.pause();
  });
  const std::uint64_t start = child.value();
  const auto part = [start](std::size_t first, std::size_t count) {
    return Range{start + first * page_size, start + (first + count) * page_size};
  };
  const Checkpointer checkpointer(child.pid());
  REQUIRE_EQ(checkpointer.full(part(0, pages), "dry"), 0);
  child.step();
  REQUIRE_EQ(checkpointer.inc(part(0, pages), "dry1"), 0);

  const std::string process = "process " + std::to_string(child.pid()) + ": ";
  const std::string figures =
      " (12.0 KiB): 2 data, 1 zero, 0 of files; 13 same, 0 skipped, 0 shared kept; 1 thread "
      "stopped for ";
  const std::string list =
      "\n  " + range_text(part(2, 2)) + " 2 data\n  " + range_text(part(12, 1)) + " 1 zero\n";
  Output output = restore(child.pid(), {"--dry-run", "dry"});
  EXPECT_EQ(output.status, 0);
  EXPECT(output.text.starts_with(process + "3 pages would be written" + figures), output.text);
  EXPECT(output.text.ends_with(list), output.text);
  expect_chain_equals_memory({"dry", "dry1"}, part(0, pages), child.pid());
  REQUIRE_EQ(checkpointer.inc(part(0, pages), "dry2"), 0);
  EXPECT_EQ(count(picture("dry2", part(0, pages)), 'D'), 0u);

  output = restore(child.pid(), {"dry"});
  EXPECT_EQ(output.status, 0);
  EXPECT(output.text.starts_with(process + "3 pages written" + figures), output.text);
  expect_chain_equals_memory({"dry"}, part(0, pages), child.pid());
  REQUIRE_EQ(checkpointer.inc(part(0, pages), "dry3"), 0);
  EXPECT_EQ(count(picture("dry3", part(0, pages)), 'D'), 3u);
  expect_chain_equals_memory({"dry", "dry1", "dry2", "dry3"}, part(0, pages), child.pid());
  child.finish();
}

// It says so, has the old contents back, and no change is lost to the next inc.
TEST_CASE(a_signal_half_way) {
  Filler child(fewer(8192, 4));
  const Checkpointer checkpointer(child.pid());
  std::vector<std::string> chain = {"half"};
  REQUIRE_EQ(checkpointer.full(child.range(), chain[0]), 0);
  const std::uint64_t first = word_at(child.pid(), child.range().start);
  const auto inc = [&] {
    chain.push_back("half" + std::to_string(chain.size()));
    REQUIRE_EQ(checkpointer.inc(child.range(), chain.back()), 0);
    expect_chain_equals_memory(chain, child.range(), child.pid());
  };
  bool seen = false;
  for (int round = 0; another_round(round, 1, seen); round++) {
    child.step();
    inc();
    const int log = open("half.log", O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE_CALL(log);
    const pid_t restoring =
        spawn({cpctl(), "--pid", std::to_string(child.pid()), "restore", chain[0]}, log);
    close(log);
    // Once it has written the first page.
    int status = 0;
    while (word_at(child.pid(), child.range().start) != first &&
           waitpid(restoring, &status, WNOHANG) == 0) {
    }
    kill(restoring, SIGTERM);
    if (waitpid(restoring, &status, 0) == -1) REQUIRE_EQ(errno, ECHILD);
    REQUIRE(WIFEXITED(status), status, slurp("half.log"));
    if (WEXITSTATUS(status) == 0) continue;  // it was too fast
    seen = true;
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_EQ(slurp("half.log"), "cpctl: process " + std::to_string(child.pid()) +
                                     ": interrupted by SIGTERM; the old contents are back\n");
    expect_chain_equals_memory(chain, child.range(), child.pid());
  }
  EXPECT(seen, "it was always too fast");
  inc();
  // It goes on.
  child.step();
  inc();
}

TEST_CASE(no_room_for_the_old_contents) {
  Filler child(64);
  const Checkpointer checkpointer(child.pid());
  REQUIRE_EQ(checkpointer.full(child.range(), "room"), 0);
  child.step();
  REQUIRE_EQ(checkpointer.inc(child.range(), "room1"), 0);
  REQUIRE_CALL(mkdir("small", 0700));
  REQUIRE_CALL(mount("tmpfs", "small", "tmpfs", 0, "size=128k"));
  const std::string before = std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp";
  setenv("TMPDIR", "small", 1);
  const Output output = restore(child.pid(), {"room"});
  setenv("TMPDIR", before.c_str(), 1);
  umount2("small", MNT_DETACH);
  EXPECT_EQ(output.status, 1);
  EXPECT_EQ(output.text,
            "cpctl: small: cannot keep the old contents for the case of a failure: No space left "
            "on device\nhint: TMPDIR names another directory for them\n");
  expect_chain_equals_memory({"room", "room1"}, child.range(), child.pid());
  child.step();
}

namespace {

volatile sig_atomic_t signals_seen;
void see_signal(int /*signal*/) {
  signals_seen = signals_seen + 1;
}

void watch_for(int signal) {
  struct sigaction action {};
  action.sa_handler = see_signal;
  action.sa_flags = SA_RESTART;
  REQUIRE_CALL(sigaction(signal, &action, nullptr));
}

}  // namespace

// It is no SIGSTOP and SIGCONT: neither gets a signal, nor has the parent anything to wait for.
TEST_CASE(neither_the_process_nor_its_parent_notices) {
  Child child([](Child::Steps& steps) {
    watch_for(SIGCONT);
    const Area area(4);
    steps.tell(area.range().start);
    for (std::uint64_t seed = 1;; seed++) {
      fill(area, seed);
      steps.tell(static_cast<std::uint64_t>(signals_seen));
      steps.pause();
    }
  });
  Range range;
  range.start = child.value();
  range.end = range.start + 4 * page_size;
  REQUIRE_EQ(Checkpointer(child.pid()).full(range, "quiet"), 0);
  child.step();
  signals_seen = 0;
  watch_for(SIGCHLD);
  const Output output = restore(child.pid(), {"quiet"});
  signal(SIGCHLD, SIG_DFL);
  const int seen = signals_seen;
  EXPECT_EQ(output.status, 0);
  EXPECT(output.text.find(": 4 pages written ") != std::string::npos, output.text);
  EXPECT_EQ(seen, 1, "which is that cpctl has ended");
  int status = 0;
  EXPECT_EQ(waitpid(child.pid(), &status, WNOHANG | WUNTRACED | WCONTINUED), 0, status);
  expect_chain_equals_memory({"quiet"}, range, child.pid());
  child.step();
  for (int step = 0; step < 3; step++) EXPECT_EQ(child.value(), 0u);
}

// What the kernel last told a thread of its CPU is not of the past.  (6.12 tells it again whenever
// the thread has slept, 7.3 does that only where it has registered no more than 32 bytes.)
TEST_CASE(what_rseq_says_is_not_rolled_back) {
  constexpr unsigned size = 64, unregister = 1, signature = 0x53053053;
  if (__rseq_size == 0) SKIP("no rseq");
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) SKIP("there is one processor");
  const auto pin_to = [](std::size_t cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    REQUIRE_CALL(sched_setaffinity(0, sizeof one, &one));
  };
  Area area(1);
  auto* rseq = reinterpret_cast<volatile struct rseq*>(area.data());
  Child child([&](Child::Steps& steps) {
    auto* before = static_cast<char*>(__builtin_thread_pointer()) + __rseq_offset;
    REQUIRE_CALL(syscall(SYS_rseq, before, sizeof *rseq, unregister, signature));
    steps.tell(syscall(SYS_rseq, rseq, size, 0, signature) == 0);
    pin_to(0);
    steps.pause();
    pin_to(1);
    for (;;) {
      steps.tell(rseq->cpu_id);
      steps.pause();
    }
  });
  if (child.value() == 0) SKIP("this kernel knows no rseq of 64 bytes");
  REQUIRE_EQ(Checkpointer(child.pid()).full(area.range(), "rseq"), 0);
  child.step();
  REQUIRE_EQ(child.value(), 1u);
  const Output output = restore(child.pid(), {"rseq"});
  EXPECT_EQ(output.status, 0, output.text);
  child.step();
  EXPECT_EQ(child.value(), 1u);
}

// Answers each number that it reads with the sum of all, which it has in memory
// that is there from the start, and not in registers.
TEST_HELPER(adds_up) {
  const int in = open("numbers", O_RDONLY), out = open("sums", O_WRONLY);
  struct State {
    std::vector<std::uint64_t> numbers = std::vector<std::uint64_t>(1 << 16);
    std::size_t count = 0;
  };
  State* volatile state = new State;
  for (;;) {
    std::uint64_t number = 0;
    if (read(in, &number, sizeof number) != sizeof number) return 1;
    state->numbers[state->count++ * 997 % state->numbers.size()] = number;
    const std::uint64_t sum =
        std::accumulate(state->numbers.begin(), state->numbers.end(), std::uint64_t{0});
    if (write(out, &sum, sizeof sum) != sizeof sum) return 1;
  }
}

namespace {

/// That program, as long as this lives.
class Adder {
 public:
  /// @prefix: as "setarch -R".
  explicit Adder(std::vector<std::string> prefix) {
    for (const char* name : {"numbers", "sums"})
      if (!exists(name)) REQUIRE_CALL(mkfifo(name, 0600));
    // Both ends, so that nobody waits for the other one.
    numbers_ = open("numbers", O_RDWR | O_CLOEXEC);
    sums_ = open("sums", O_RDWR | O_CLOEXEC);
    REQUIRE(numbers_ >= 0 && sums_ >= 0, std::strerror(errno));
    std::vector<std::string> words = helper_command("adds_up", {});
    words[0] = std::filesystem::read_symlink("/proc/self/exe").string();
    prefix.insert(prefix.end(), words.begin(), words.end());
    pid_ = spawn(prefix);
  }
  Adder(const Adder&) = delete;
  Adder& operator=(const Adder&) = delete;
  ~Adder() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(numbers_);
    close(sums_);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

  std::uint64_t sum_with(std::uint64_t number) {
    REQUIRE_EQ(write(numbers_, &number, sizeof number), static_cast<ssize_t>(sizeof number));
    pollfd answer{.fd = sums_, .events = POLLIN, .revents = 0};
    REQUIRE_EQ(poll(&answer, 1, 120'000), 1, "no answer");
    std::uint64_t sum = 0;
    REQUIRE_EQ(read(sums_, &sum, sizeof sum), static_cast<ssize_t>(sizeof sum));
    wait_until_it_reads();
    return sum;
  }

 private:
  void wait_until_it_reads() const {
    const checkpoint::Process process("/proc", static_cast<std::uint64_t>(pid_));
    for (int tries = 0; tries < 5000 && process.thread(pid_)->state != 'S'; tries++) usleep(1000);
  }

  int numbers_ = -1, sums_ = -1;
  pid_t pid_ = -1;
};

std::string save(const Adder& adder, const char* kind, const char* path) {
  const Output output = run({cpctl(), "--pid", std::to_string(adder.pid()), kind, "--all", path});
  REQUIRE_EQ(output.status, 0, output.text);
  return output.text;
}

}  // namespace

// What the manual says of --other-process.
TEST_CASE(a_program_that_was_started_again_goes_on_where_it_was) {
  {
    Adder first({"setarch", "-R"});
    EXPECT_EQ(first.sum_with(5), 5u);
    EXPECT_EQ(first.sum_with(7), 12u);
    save(first, "full", "one");
    EXPECT_EQ(first.sum_with(100), 112u);
    save(first, "inc", "two");
    EXPECT_EQ(first.sum_with(1000), 1112u);
  }
  Adder second({"setarch", "-R"});
  EXPECT_EQ(second.sum_with(1), 1u);
  // Only when told.
  Output output = restore(second.pid(), {"one", "two"});
  EXPECT_EQ(output.status, 1);
  EXPECT(output.text.find(": is not the process that the image is of (found process ") !=
             std::string::npos,
         output.text);
  EXPECT(output.text.find("\nhint: --other-process ") != std::string::npos, output.text);
  EXPECT_EQ(second.sum_with(1), 2u);

  output = restore(second.pid(), {"--other-process", "one", "two"});
  REQUIRE_EQ(output.status, 0, output.text);
  EXPECT_EQ(second.sum_with(3), 115u);
  output = restore(second.pid(), {"--other-process", "one"});
  REQUIRE_EQ(output.status, 0, output.text);
  EXPECT_EQ(second.sum_with(3), 15u);
  // It is a process like any other, with a chain of its own.
  EXPECT(save(second, "inc", "three").find("three: full seq 0, ") != std::string::npos);
  EXPECT_EQ(second.sum_with(4), 19u);
  output = restore(second.pid(), {"three"});
  REQUIRE_EQ(output.status, 0, output.text);
  EXPECT_EQ(second.sum_with(5), 20u);
}

TEST_CASE(a_program_at_other_addresses_is_refused) {
  {
    Adder first({"setarch", "-R"});
    EXPECT_EQ(first.sum_with(5), 5u);
    save(first, "full", "fixed");
  }
  Adder second({});
  EXPECT_EQ(second.sum_with(1), 1u);
  const Output output = restore(second.pid(), {"--other-process", "fixed"});
  EXPECT_EQ(output.status, 1);
  EXPECT(output.text.find(" is not mapped any more (found nothing, expected ") != std::string::npos,
         output.text);
  EXPECT_EQ(second.sum_with(2), 3u);
}
