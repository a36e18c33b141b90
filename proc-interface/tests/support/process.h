// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes: programs to run, and children that go step by step.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Starts a program without fork(); "/proc/self/exe" is this one.
pid_t spawn(const std::vector<std::string>& arguments, int stdout_fd = -1);

struct Output {
  int status = 0;    // exit status, or -SIGNAL
  std::string text;  // stdout and stderr
};
/// Runs a program of the PATH to its end.  Status 127: there is none.
Output run(const std::vector<std::string>& arguments);

/// The path of a program that is built beside the tests: userland/cp_range's.
std::string program(const std::string& name);
/// The path of cpctl; CPCTL_DIR says where it was built.
std::string cpctl();

/// A forked child that stops at each pause() until the test says step().
///
///   Child child([](Child::Steps& steps) {
///     ...; steps.pause();
///     ...; steps.pause();
///   });            // is at its first pause
///   child.step();  // is at its second
///
/// What the body throws, and failed checks in it, fail the test in finish().
class Child {
 public:
  class Steps {
   public:
    void pause();
    /// Leaves a number for the parent to read with Child::value().
    void tell(std::uint64_t value);

   private:
    friend class Child;
    int in_ = -1, out_ = -1;
  };

  explicit Child(const std::function<void(Steps&)>& body);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Fails the case when the child ends instead of pausing again.
  void step();
  /// The same, but it may be killed instead: false then.
  [[nodiscard]] bool step_or_die();
  /// The next number that the child told before this pause.
  std::uint64_t value();
  /// Lets it go on, and does not wait for anything.
  void go();
  /// Lets it go on to where it ends or execs, and returns then.
  void leave();
  /// Lets it run to its end, which must be a good one.
  void finish();
  /// Sends SIGKILL and reaps it.
  void kill();

 private:
  bool wait_for_pause();
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::vector<std::uint64_t> values_;
};

/// Gives up root for good, in a child; the process stays traceable by itself.
void become_user(uid_t uid);

/// Reads a whole file; "" when it can't be read.
std::string slurp(const std::string& path);
/// Writes into a file of /proc or /sys.  Returns 0 or the errno.
int put(const std::string& path, std::string_view text);
/// The first number after "KEY:" or "KEY " in a file such as /proc/meminfo; fails
/// the case without one.
std::uint64_t number_in(const std::string& path, std::string_view key);
bool exists(const std::string& path);

/// Has freed pages counted as free at once: processors keep many megabytes of
/// them aside, in no count of /proc/meminfo.
void keep_no_free_pages_aside();
/// KiB of free memory.
std::uint64_t free_memory();
/// That there is so much, within a moment.
void expect_free_memory(std::uint64_t kib);

}  // namespace test
