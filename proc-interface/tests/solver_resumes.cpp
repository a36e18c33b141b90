// SPDX-License-Identifier: GPL-2.0-or-later
// userland/cp_range/solver: killed at any time, a checkpoint being written or
// not, and resumed from its images, it has the result of an undisturbed run.
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

// A checkpoint after each step, so that it is hardly ever not writing one.
const std::vector<std::string> kOptions = {"--size", "512", "--steps", "40", "--every", "1"};

std::vector<std::string> command(std::vector<std::string> options) {
  options.insert(options.begin(), program("solver"));
  options.insert(options.end(), kOptions.begin(), kOptions.end());
  return options;
}

/// The images go to a directory of this name from now on.
void use_directory(const char* name) {
  REQUIRE_CALL(mkdir(name, 0700));
  setenv("CP_RANGE_DIR", name, 1);
}

/// How many images there are; all of them must be good.
int images(const std::string& directory) {
  int count = 0;
  DIR* entries = opendir(directory.c_str());
  REQUIRE(entries != nullptr, directory);
  while (const dirent* entry = readdir(entries)) {
    if (entry->d_name[0] == '.') continue;
    open_image(directory + '/' + entry->d_name);
    count++;
  }
  closedir(entries);
  return count;
}

std::string last_line(const std::string& text) {
  std::size_t end = text.find_last_not_of('\n'), start = text.find_last_of('\n', end);
  return end == std::string::npos ? "" : text.substr(start + 1, end - start);
}

std::string undisturbed() {
  use_directory("undisturbed");
  Output output = run(command({}));
  REQUIRE_EQ(output.status, 0, output.text);
  REQUIRE(output.text.starts_with("after 40 steps: "), output.text);
  EXPECT_EQ(images("undisturbed"), 40);
  return output.text;
}

/// What is not idle is capturing or writing.
bool is_busy(pid_t pid) {
  std::string status = slurp("/proc/" + std::to_string(pid) + "/checkpoint");
  return status.find("state: ") != std::string::npos &&
         status.find("state: idle") == std::string::npos;
}

/// Starts it, and kills it once there are @count images: at once, or as soon
/// as it is busy with another one.  False: it came to its end before.
bool start_and_kill(const std::string& directory, int count, bool busy) {
  pid_t pid = spawn(command({"--resume"}));
  const std::string file = directory + "/inc_cp_P" + std::to_string(count);
  while (waitpid(pid, nullptr, WNOHANG) == 0) {
    if (!exists(file) || (busy && !is_busy(pid))) {
      std::this_thread::yield();
      continue;
    }
    kill(pid, SIGKILL);
    int status = 0;
    REQUIRE_CALL(waitpid(pid, &status, 0));
    return WIFSIGNALED(status) != 0;
  }
  return false;
}

void resume_to_the_end(const std::string& expected) {
  Output output = run(command({"--resume"}));
  EXPECT_EQ(output.status, 0, output.text);
  EXPECT(output.text.find("goes on after step ") != std::string::npos, output.text);
  EXPECT_EQ(last_line(output.text) + '\n', expected);
}

}  // namespace

TEST_CASE(killed_once) {
  const std::string expected = undisturbed();
  use_directory("once");
  REQUIRE(start_and_kill("once", 12, false));
  const int before = images("once");
  // The twelfth may have been under way, and is gone then.
  EXPECT(before >= 11 && before < 40, before);
  resume_to_the_end(expected);
  // It did not begin anew.
  EXPECT_EQ(images("once"), 40);
  unsetenv("CP_RANGE_DIR");
}

TEST_CASE(killed_again_and_again_while_a_checkpoint_is_written) {
  require_thorough();
  use_directory("reference");
  const std::string expected = run(command({})).text;
  use_directory("often");
  int kills = 0;
  for (int count : {3, 9, 15, 21, 27}) kills += start_and_kill("often", count, true);
  EXPECT(kills >= 3, kills);
  EXPECT(images("often") < 40);
  resume_to_the_end(expected);
  unsetenv("CP_RANGE_DIR");
}

TEST_CASE(without_a_checkpoint_it_begins) {
  require_thorough();
  use_directory("none");
  Output output = run(command({"--resume"}));
  EXPECT_EQ(output.status, 0, output.text);
  EXPECT(output.text.starts_with("after 40 steps: "), output.text);
  unsetenv("CP_RANGE_DIR");
}

TEST_CASE(the_newest_that_is_good) {
  require_thorough();
  use_directory("spoiled");
  const std::string expected = run(command({})).text;
  // The last one is cut, the others are kept: one step more is to be done.
  REQUIRE_CALL(truncate("spoiled/inc_cp_P40", 1000));
  Output output = run(command({"--resume"}));
  EXPECT(output.text.find("goes on after step 39") != std::string::npos, output.text);
  EXPECT_EQ(last_line(output.text) + '\n', expected);
  unsetenv("CP_RANGE_DIR");
}
