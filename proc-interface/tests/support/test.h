// SPDX-License-Identifier: GPL-2.0-or-later
// A guest test: cases, checks, and the exit status that the harness wants.
//
//   TEST_CASE(second_inc_is_empty) {
//     REQUIRE_EQ(checkpointer.inc(range, "a"), 0);
//     EXPECT(...);
//   }
//
// REQUIRE* end the case when they fail, EXPECT* let it go on; both name the
// place.  SKIP says why a case can't run here.  The cases of a file run in the
// order they are written, in one process; names on the command line choose.
// Exit status: 0 passed, 1 a case failed, 4 a case was skipped and none failed.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace test {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Skipped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Registration {
  Registration(const char* name, void (*run)());
};

/// A function of this program for another process: see helper_command().
struct HelperRegistration {
  HelperRegistration(const char* name, int (*run)(const std::vector<std::string>&));
};

/// The argument vector that runs this program's TEST_HELPER @name.
std::vector<std::string> helper_command(std::string_view name,
                                        const std::vector<std::string>& arguments);

/// Divides by CP_TEST_SCALE (a slow kernel: by 32 unless it is set), not below @minimum.
int scaled(int count, int minimum = 1);
/// Whether round @i, from 0, is to be: one of @rounds, or of 20 times as many as long as chance
/// has not brought what the case needs.
bool another_round(int i, int rounds, bool seen);
/// Not in a suite that has to be short, CP_TEST_SHORT=1: that leaves out what
/// takes long on a slow kernel and is the same on every kernel.
bool thorough();
/// Skips the case in such a suite.
void require_thorough();
/// The step through many that are much alike: 1, or @step in a short suite.
std::size_t thinned(std::size_t step);
/// Of a number that does not matter, a @part-th will do in a short suite.
std::size_t fewer(std::size_t count, std::size_t part);

/// Counts a failure of the case that runs.  Any thread may call it.
void fail(const char* file, int line, const std::string& message);
/// How many failures the case that runs has so far, in this process.
int failure_count();
/// For a child that does not count its parent's.
void forget_failures();

template <typename Found, typename Expected, typename... Context>
bool same(const char* file, int line, const char* text, const Found& found,
          const Expected& expected, const Context&... context) {
  if (found == expected) return true;
  std::ostringstream message;
  message << text << ": found " << found << ", expected " << expected;
  ((message << ' ' << context), ...);
  fail(file, line, message.str());
  return false;
}

template <typename... Context>
bool does_not_hold(const char* file, int line, const char* text, const Context&... context) {
  std::ostringstream message;
  message << text;
  ((message << ' ' << context), ...);
  fail(file, line, message.str());
  return false;
}

}  // namespace test

#define TEST_CASE(name)                                        \
  static void name();                                          \
  static const ::test::Registration name##_case{#name, &name}; \
  static void name()

#define TEST_HELPER(name)                                              \
  static int name(const std::vector<std::string>& arguments);          \
  static const ::test::HelperRegistration name##_helper{#name, &name}; \
  static int name([[maybe_unused]] const std::vector<std::string>& arguments)

// A condition or a pair of values, then anything to print when it fails: that is
// looked at behind a condition, as errno has to be.
#define EXPECT(condition, ...)     \
  (static_cast<bool>(condition) || \
   ::test::does_not_hold(__FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__))
#define EXPECT_EQ(found, expected, ...) \
  ::test::same(__FILE__, __LINE__, #found, found, expected __VA_OPT__(, ) __VA_ARGS__)
#define REQUIRE(condition, ...)                                                           \
  do {                                                                                    \
    if (!EXPECT(condition __VA_OPT__(, ) __VA_ARGS__)) throw ::test::Failure("required"); \
  } while (false)
#define REQUIRE_EQ(found, expected, ...)                                                           \
  do {                                                                                             \
    if (!EXPECT_EQ(found, expected __VA_OPT__(, ) __VA_ARGS__)) throw ::test::Failure("required"); \
  } while (false)
#define SKIP(reason) throw ::test::Skipped(reason)

/// For system calls: REQUIRE that one did not return -1, and say why it did.
#define REQUIRE_CALL(call) REQUIRE((call) != -1, std::strerror(errno))
