// SPDX-License-Identifier: GPL-2.0-or-later
#include "player.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>

#include "../support/process.h"
#include "../support/test.h"
#include "shrink.h"

namespace test::random {
namespace {

/// An operation that hangs has failed, too.
void expect_progress() {
  alarm(960u / static_cast<unsigned>(scaled(8)));
}

constexpr int exit_failed = 1, exit_skipped = 4;

}  // namespace

Player::Player() {
  REQUIRE(kinds().size() <= Counters::most_kinds);
  void* memory =
      mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED, std::strerror(errno));
  counters_ = new (memory) Counters{};
}

Player::~Player() {
  munmap(counters_, sizeof(Counters));
}

void Player::play_in_child(const Sequence& sequence, Say say) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  forget_failures();
  expect_progress();
  if (say == Say::nothing) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
  }
  static Counters uncounted;
  const bool trace = setting("CP_RANDOM_TRACE", 0) != 0;
  std::size_t number = 0;
  try {
    const Area area(arena_pages + huge_pages * pages_per_huge);
    World world(around_, say == Say::nothing ? uncounted : *counters_, area.data(), arena_pages,
                huge_pages, true);
    for (const Operation& operation : sequence) {
      expect_progress();
      if (trace) std::cout << "# " << number << ": " << text(operation) << std::endl;
      world.perform(operation);
      number++;
    }
    expect_progress();
    world.finish();
  } catch (const Skipped& skipped) {
    std::cout << "# " << skipped.what() << std::endl;
    _exit(exit_skipped);
  } catch (const std::exception& error) {
    std::cout << "# operation " << number << " of " << sequence.size() << ": " << error.what()
              << std::endl;
    _exit(exit_failed);
  }
  // exit() would flush, and destroy, what is the parent's.
  _exit(failure_count() == 0 ? 0 : exit_failed);
}

bool Player::play(const Sequence& sequence, Say say) {
  around_.swap_on();
  const std::filesystem::path home = std::filesystem::current_path();
  const std::string directory = "run" + std::to_string(runs_++);
  REQUIRE_CALL(mkdir(directory.c_str(), 0700));
  REQUIRE_CALL(chdir(directory.c_str()));
  std::cout.flush();
  pid_t child = fork();
  if (child == 0) play_in_child(sequence, say);
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  std::filesystem::current_path(home);
  std::filesystem::remove_all(directory);
  REQUIRE_CALL(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_skipped)
    SKIP("this machine lacks something that the operations need");
  if (say == Say::everything && WIFSIGNALED(status))
    std::cout << "# ended by signal " << WTERMSIG(status)
              << (WTERMSIG(status) == SIGALRM ? ": it hangs" : "") << std::endl;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Sequence Player::shrink_failing(const Sequence& sequence) {
  auto part = [&](const std::vector<std::size_t>& indices) {
    Sequence some;
    for (std::size_t index : indices) some.push_back(sequence[index]);
    return some;
  };
  return part(shrink(sequence.size(), [&](const std::vector<std::size_t>& indices) {
    return !play(part(indices), Say::nothing);
  }));
}

void Player::explain(const Sequence& sequence) {
  // What depends on the moment may not happen again.
  bool again = false;
  for (int i = 0; i < 3 && !again; i++) again = !play(sequence, Say::nothing);
  if (!again) {
    std::cout << "# it did not fail again in 3 times; play it with its seed\n";
    return;
  }
  const Sequence shortest = shrink_failing(sequence);
  std::cout << "# it fails like this, for CP_RANDOM_REPLAY:\n" << text(shortest) << std::endl;
  play(shortest, Say::everything);
}

void Player::print_counters() const {
  const Counters& all = *counters_;
  std::cout << "# checkpoints: " << all.checkpoints() << " (" << all.fulls << " full, " << all.incs
            << " inc), " << all.refused << " failed as they should, " << all.pages
            << " pages, chains compared by the library: " << all.merged
            << "\n# operations: " << all.operations << ", with effect:";
  for (std::size_t i = 0; i < kinds().size(); i++)
    if (all.performed[i] > 0) std::cout << ' ' << kinds()[i].name << ' ' << all.performed[i];
  std::cout << std::endl;
}

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? std::strtoull(value, nullptr, 0) : otherwise;
}

}  // namespace test::random
