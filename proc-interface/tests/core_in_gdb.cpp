// SPDX-License-Identifier: GPL-2.0-or-later
// A core by cpctl core, of a full image and an inc: gdb knows the same about
// the program by it as by the process itself.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/checkpointer.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr const char* kReady = "ready";
constexpr const char* kGo = "go";

/// programs/core_program.c.
class Program {
 public:
  Program() : pid_(spawn({program("core_program")})) { wait(); }
  ~Program() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void step() {
    int go = open(kGo, O_WRONLY);
    REQUIRE(go >= 0, std::strerror(errno));
    EXPECT_EQ(write(go, "x", 1), 1);
    close(go);
    wait();
  }

 private:
  static void wait() {
    char byte;
    int ready = open(kReady, O_RDONLY);
    REQUIRE(ready >= 0, std::strerror(errno));
    REQUIRE_EQ(read(ready, &byte, 1), 1);
    close(ready);
    usleep(200'000);  // it goes on to where it waits
  }
  pid_t pid_;
};

/// What gdb prints, with these arguments, for each question.
std::string gdb(const std::vector<std::string>& target, const std::vector<std::string>& questions) {
  // Separate debug information of libraries is not needed, and slow to read.
  std::vector<std::string> arguments{"gdb",
                                     "-nx",
                                     "-batch",
                                     "-iex",
                                     "set debug-file-directory /nowhere",
                                     "-iex",
                                     "set auto-load no"};
  arguments.insert(arguments.end(), target.begin(), target.end());
  for (const std::string& question : questions)
    arguments.insert(arguments.end(), {"-ex", question});
  Output output = run(arguments);
  if (output.status == 127) SKIP("no gdb");
  return output.text;
}

/// The lines that match, in order.
std::vector<std::string> lines(const std::string& text, const std::string& pattern) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  const std::regex wanted(pattern);
  for (std::string line; std::getline(stream, line);)
    if (std::regex_search(line, wanted)) found.push_back(line);
  return found;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& line : all) text += line + '\n';
  return text;
}

/// Values that begin with "= ".
const std::vector<std::string> kQuestions = {
    R"(printf "= number %ld\n", core_state.number)",
    R"(printf "= text %s\n", core_state.text)",
    R"(printf "= untouched %ld %ld\n", core_untouched[0], core_untouched[2048])",
    R"(printf "= list %ld %ld %ld\n", core_state.list->value, core_state.list->next->value,)"
    " core_state.list->next->next->value",
    R"(printf "= end %p\n", core_state.list->next->next->next)",
    R"(printf "= mapped %.8s %.8s %.8s\n", core_state.mapped, core_state.mapped + 4096,)"
    " core_state.mapped + 2 * 4096",
    R"(printf "= fresh %d %d\n", core_state.fresh[4096], core_state.fresh[0])",
    R"(printf "= main %p\n", &core_state)",
};
const std::vector<std::string> kExpected = {
    "= number 4242", "= text changed", "= untouched 0 0",
    "= list 3 2 1",  "= end (nil)",    "= mapped page 0.. PAGE 1.. page 2..",
    "= fresh 77 0",
};

}  // namespace

TEST_CASE(gdb_knows_what_it_knows_of_the_process) {
  require_thorough();
  REQUIRE_CALL(mkfifo(kReady, 0600));
  REQUIRE_CALL(mkfifo(kGo, 0600));
  {
    std::ofstream file("mapped");
    for (int page = 0; page < 4; page++) file << "page " << page << std::string(4096 - 6, '.');
  }
  Program target;
  Checkpointer opened(target.pid());
  const Range whole{0, ~std::uint64_t{0}};
  REQUIRE_EQ(opened.full(whole, "full"), 0);
  target.step();
  REQUIRE_EQ(opened.inc(whole, "inc"), 0);

  Output made = run({cpctl(), "core", "-o", "core", "full", "inc"});
  REQUIRE_EQ(made.status, 0, made.text);
  EXPECT(made.text.find("no auxiliary vector") == std::string::npos, made.text);

  std::vector<std::string> questions = kQuestions;
  questions.insert(questions.end(), {"info sharedlibrary", "info proc mappings"});
  const std::string core = gdb({program("core_program"), "-c", "core"}, questions);
  const std::string live = gdb({"-p", std::to_string(target.pid())}, questions);

  const std::vector<std::string> of_core = lines(core, "^= "), of_live = lines(live, "^= ");
  EXPECT_EQ(of_core.size(), kQuestions.size(), core);
  EXPECT_EQ(joined(of_core), joined(of_live), live);
  for (std::size_t n = 0; n < kExpected.size(); n++)
    EXPECT(n < of_core.size() && of_core[n] == kExpected[n], kExpected[n], core);

  // With the addresses; whether gdb has read the symbols does not matter.
  EXPECT_EQ(joined(lines(core, "^0x\\S+ +0x.*\\.so")), joined(lines(live, "^0x\\S+ +0x.*\\.so")));
  EXPECT(lines(core, "libc\\.so").size() >= 1, core);

  // Every file that the process has mapped, by start, end, offset and name.
  std::set<std::string> mappings;
  for (const std::string& line : lines(live, "^ +0x.*/"))
    mappings.insert(
        std::regex_replace(line, std::regex("^ +(0x\\S+) +(0x\\S+) .* (/.*)$"), "$1 $2 $3"));
  EXPECT(mappings.size() > 5, live);
  for (const std::string& line : lines(core, "^ +0x.*/"))
    mappings.erase(
        std::regex_replace(line, std::regex("^ +(0x\\S+) +(0x\\S+) .* (/.*)$"), "$1 $2 $3"));
  EXPECT(mappings.empty(), *mappings.begin(), core);

  // There are no registers, and gdb says so instead of making some up.
  EXPECT(core.find("Couldn't find general-purpose registers") != std::string::npos, core);
}
