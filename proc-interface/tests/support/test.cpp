// SPDX-License-Identifier: GPL-2.0-or-later
#include "test.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <mutex>

namespace test {
namespace {

struct Case {
  const char* name;
  void (*run)();
};
struct Helper {
  std::string_view name;
  int (*run)(const std::vector<std::string>&);
};

// Functions, not objects: registrations of other files may come first.
std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
std::vector<Helper>& helpers() {
  static std::vector<Helper> all;
  return all;
}

std::atomic<int> failures{0};
std::mutex output;

constexpr std::string_view helper_option = "--helper";
constexpr int exit_skipped = 4;

enum class Result { passed, failed, skipped };

Result run_case(const Case& test_case, std::string& reason) {
  failures = 0;
  try {
    test_case.run();
  } catch (const Skipped& skipped) {
    reason = skipped.what();
    // A skip can't take back what has failed already.
    if (failures == 0) return Result::skipped;
  } catch (const Failure&) {
    // Counted where it failed.
  } catch (const std::exception& error) {
    fail(test_case.name, 0, error.what());
  }
  return failures == 0 ? Result::passed : Result::failed;
}

int run_helper(const std::vector<std::string>& arguments) {
  for (const Helper& helper : helpers())
    if (arguments.size() > 1 && helper.name == arguments[1])
      return helper.run({arguments.begin() + 2, arguments.end()});
  std::cerr << "no such helper\n";
  return 255;
}

int run_cases(const std::vector<std::string>& chosen) {
  bool failed = false;
  std::string skipped;
  int number = 0;

  for (const Case& test_case : cases()) {
    if (!chosen.empty() && std::ranges::find(chosen, test_case.name) == chosen.end()) continue;
    std::string reason;
    const auto began = std::chrono::steady_clock::now();
    Result result = run_case(test_case, reason);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << (result == Result::failed ? "not ok " : "ok ") << ++number << ' '
              << test_case.name;
    if (result == Result::skipped) {
      std::cout << " # SKIP " << reason;
      skipped = std::string(test_case.name) + ": " + reason;
    } else {
      std::cout << " # " << std::fixed << std::setprecision(1) << took.count() << " s";
    }
    std::cout << std::endl;
    failed |= result == Result::failed;
  }
  std::cout << "1.." << number << std::endl;
  if (failed || number == 0) return 1;
  if (skipped.empty()) return 0;
  std::cout << skipped << std::endl;
  return exit_skipped;
}

}  // namespace

Registration::Registration(const char* name, void (*run)()) {
  cases().push_back({name, run});
}

HelperRegistration::HelperRegistration(const char* name,
                                       int (*run)(const std::vector<std::string>&)) {
  helpers().push_back({name, run});
}

std::vector<std::string> helper_command(std::string_view name,
                                        const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"/proc/self/exe", std::string(helper_option), std::string(name)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

namespace {

int scale() {
  const char* text = std::getenv("CP_TEST_SCALE");
  const char* debug = std::getenv("VM_DEBUG");
  return std::max(1, text ? std::atoi(text) : debug && *debug == '1' ? 32 : 1);
}

}  // namespace

int scaled(int count, int minimum) {
  return std::max(minimum, count / scale());
}

bool another_round(int i, int rounds, bool seen) {
  return i < rounds || (!seen && i < 20 * rounds);
}

bool thorough() {
  const char* text = std::getenv("CP_TEST_SHORT");
  return !text || *text != '1';
}

void require_thorough() {
  if (!thorough()) SKIP("the same on every kernel, and long: not in a short suite");
}

std::size_t thinned(std::size_t step) {
  return thorough() ? 1 : step;
}

std::size_t fewer(std::size_t count, std::size_t part) {
  return count / thinned(part);
}

void fail(const char* file, int line, const std::string& message) {
  failures++;
  std::lock_guard guard(output);
  std::cout << "# " << file << ':' << line << ": " << message << std::endl;
}

int failure_count() {
  return failures;
}

void forget_failures() {
  failures = 0;
}

}  // namespace test

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == test::helper_option) return test::run_helper(arguments);
  return test::run_cases(arguments);
}
