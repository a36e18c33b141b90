// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl watch, list and prune on real processes: what is in the directory is
// the memory of the process, whatever happens meanwhile.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "checkpoint/image.h"
#include "checkpoint/numbered_files.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

TEST_HELPER(sleep_until_killed) {
  for (;;) pause();
}

namespace {

std::string cpctl() {
  const char* directory = std::getenv("CPCTL_DIR");
  REQUIRE(directory != nullptr, "CPCTL_DIR is not set");
  return std::string(directory) + "/src/cpctl/cpctl";
}

std::string range_option(const Range& range) {
  char text[64];
  std::snprintf(text, sizeof text, "--range=%llx-%llx",
                static_cast<unsigned long long>(range.start),
                static_cast<unsigned long long>(range.end));
  return text;
}

/// cpctl watch while it runs, in DIRECTORY, which is made.
class Watch {
 public:
  Watch(pid_t target, const std::string& directory, std::vector<std::string> options)
      : target_(target), directory_(directory) {
    mkdir(directory.c_str(), 0700);
    const int log = open(log_name().c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    REQUIRE_CALL(log);
    std::vector<std::string> words = {cpctl(), "--pid", std::to_string(target), "watch", directory};
    words.insert(words.end(), options.begin(), options.end());
    pid_ = spawn(words, log);
    close(log);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (pid_ == -1) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

  /// The images so far, in order.
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const auto& name :
         checkpoint::numbered_files(directory_, static_cast<std::uint64_t>(target_)))
      paths.push_back(directory_ + "/" + checkpoint::numbered_name(name));
    return paths;
  }

  void wait_for_images(std::size_t count) const {
    wait([&] { return paths().size() >= count; }, std::to_string(count) + " images");
  }

  /// That it writes what it has begun, and another one behind that.
  void wait_for_news() const { wait_for_images(paths().size() + 2); }

  void wait_for_text(const std::string& text) const {
    wait([&] { return slurp(log_name()).find(text) != std::string::npos; }, text);
  }

  /// Exit status, or -SIGNAL; @signal 0: it ends by itself.
  int end(int signal) {
    if (signal != 0) ::kill(pid_, signal);
    int status = 0;
    REQUIRE_CALL(waitpid(pid_, &status, 0));
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  [[nodiscard]] std::string log() const { return slurp(log_name()); }

 private:
  [[nodiscard]] std::string log_name() const { return std::string("log.") + directory_; }

  template <typename Condition>
  void wait(Condition condition, const std::string& what) const {
    for (int tenths = 0; tenths < 1200; tenths++) {
      if (condition()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    REQUIRE(false, "no", what, "within two minutes:", log());
  }

  pid_t target_;
  std::string directory_;
  pid_t pid_ = -1;
};

/// A process that changes its memory all the time.
class Busy {
 public:
  explicit Busy(std::size_t pages)
      : area(pages), child_([this](Child::Steps& steps) {
          fill(area, 1);
          steps.pause();
          for (std::size_t n = 0;; n = (n * 31 + 7) % area.pages()) {
            touch(area.page(n));
            usleep(2000);
          }
        }) {
    child_.go();
  }

  [[nodiscard]] pid_t pid() const { return child_.pid(); }
  /// It changes nothing any more.
  void stop() const {
    REQUIRE_CALL(::kill(pid(), SIGSTOP));
    int status = 0;
    REQUIRE_CALL(waitpid(pid(), &status, WUNTRACED));
    REQUIRE(WIFSTOPPED(status));
  }
  void kill() { child_.kill(); }

  Area area;

 private:
  Child child_;
};

/// cpctl succeeds with these words.  Returns what it prints.
std::string succeeds(std::vector<std::string> words) {
  words.insert(words.begin(), cpctl());
  const Output output = run(words);
  EXPECT_EQ(output.status, 0, words[1], output.text);
  return output.text;
}

void expect_no_unfinished_files(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    EXPECT(checkpoint::parse_numbered_name(entry.path().filename().string()).has_value(),
           entry.path().string());
}

/// The chain of all images in order says what the stopped process has, and so
/// does what it is merged into.
void expect_complete(const Watch& watch, const Busy& busy) {
  const std::vector<std::string> paths = watch.paths();
  expect_chain_equals_memory(paths, busy.area.range(), busy.pid());
  std::vector<std::string> words = {"verify"};
  words.insert(words.end(), paths.begin(), paths.end());
  succeeds(words);
  words = {"merge", "-o", "merged"};
  words.insert(words.end(), paths.begin(), paths.end());
  succeeds(words);
  expect_chain_equals_memory({"merged"}, busy.area.range(), busy.pid());
  unlink("merged");
}

/// The last full image and what follows it.
std::vector<std::string> newest_chain(const Watch& watch) {
  std::vector<std::string> chain;
  for (const std::string& path : watch.paths()) {
    if (open_image(path).info().kind == checkpoint::Kind::full) chain.clear();
    chain.push_back(path);
  }
  return chain;
}

/// They say what the stopped process has.
void expect_newest_chain(const Watch& watch, const Busy& busy) {
  const std::vector<std::string> chain = newest_chain(watch);
  EXPECT(chain.size() < watch.paths().size(), "there is one chain only");
  expect_chain_equals_memory(chain, busy.area.range(), busy.pid());
}

/// @signal comes while the process and the watch are at work.
void signal_leaves_a_complete_chain(int signal) {
  Busy busy(256);
  const std::string directory = "signal" + std::to_string(signal);
  {
    Watch watch(busy.pid(), directory, {"--every=50ms", range_option(busy.area.range())});
    watch.wait_for_images(3);
    EXPECT_EQ(watch.end(signal), 0, watch.log());
    std::vector<std::string> words = watch.paths();
    words.insert(words.begin(), "verify");
    succeeds(words);
    succeeds({"list", directory});
    expect_no_unfinished_files(directory);
  }
  busy.kill();
}

class SmallFileSystem {
 public:
  explicit SmallFileSystem(const char* path) : path_(path) {
    mkdir(path, 0700);
    REQUIRE_CALL(mount("tmpfs", path, "tmpfs", 0, "size=2m"));
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  ~SmallFileSystem() { umount2(path_, MNT_DETACH); }

  /// Leaves no page of it.
  void fill_up() const {
    const int fd =
        open((std::string(path_) + "/hog").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE_CALL(fd);
    const std::string page(page_size, 'x');
    while (write(fd, page.data(), page.size()) > 0) {
    }
    EXPECT_EQ(errno, ENOSPC);
    close(fd);
  }
  void make_room() const { unlink((std::string(path_) + "/hog").c_str()); }

 private:
  const char* path_;
};

}  // namespace

TEST_CASE(the_chain_is_the_memory) {
  Busy busy(256);
  Watch watch(busy.pid(), "memory", {"--every=200ms", range_option(busy.area.range())});
  watch.wait_for_images(4);
  busy.stop();
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGINT), 0, watch.log());
  expect_complete(watch, busy);
  expect_no_unfinished_files("memory");
  busy.kill();
}

TEST_CASE(sigint_leaves_a_complete_chain) {
  signal_leaves_a_complete_chain(SIGINT);
}

TEST_CASE(sigterm_leaves_a_complete_chain) {
  require_thorough();
  signal_leaves_a_complete_chain(SIGTERM);
}

TEST_CASE(it_goes_on_when_there_is_room_again) {
  const SmallFileSystem small("small");
  Busy busy(64);
  Watch watch(busy.pid(), "small", {"--every=500ms", range_option(busy.area.range())});
  watch.wait_for_images(2);
  small.fill_up();
  watch.wait_for_text("no space is left on the device");
  small.make_room();
  watch.wait_for_news();
  busy.stop();
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGINT), 0, watch.log());
  expect_complete(watch, busy);
  busy.kill();
}

TEST_CASE(it_ends_with_the_process) {
  Busy busy(64);
  Watch watch(busy.pid(), "ends", {"--every=100ms"});
  watch.wait_for_images(2);
  busy.kill();
  EXPECT_EQ(watch.end(0), 0, watch.log());
  watch.wait_for_text("has ended: ");
  std::vector<std::string> words = watch.paths();
  words.insert(words.begin(), "verify");
  succeeds(words);
  expect_no_unfinished_files("ends");
}

TEST_CASE(an_exec_begins_a_new_chain) {
  Child target([](Child::Steps& steps) {
    steps.pause();
    std::vector<std::string> command = helper_command("sleep_until_killed", {});
    execl(command[0].c_str(), command[0].c_str(), command[1].c_str(), command[2].c_str(), nullptr);
  });
  Watch watch(target.pid(), "exec", {"--every=300ms"});
  watch.wait_for_images(2);
  target.leave();
  watch.wait_for_text("there was no valid baseline for this range");
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGINT), 0, watch.log());
  int full = 0;
  for (const std::string& path : watch.paths())
    full += open_image(path).info().kind == checkpoint::Kind::full;
  EXPECT_EQ(full, 2);
  succeeds({"list", "exec"});
  target.kill();
}

// From start to start, however long it takes.
TEST_CASE(they_are_an_interval_apart) {
  require_thorough();
  Busy busy(64);
  Watch watch(busy.pid(), "apart", {"--every=3s", "--count=3", range_option(busy.area.range())});
  EXPECT_EQ(watch.end(0), 0, watch.log());
  std::vector<std::uint64_t> times;
  for (const std::string& path : watch.paths()) times.push_back(open_image(path).info().time_ns);
  REQUIRE_EQ(times.size(), 3u);
  constexpr std::uint64_t second = 1'000'000'000;
  for (std::size_t n = 1; n < times.size(); n++) {
    // The first one may have been late.
    EXPECT(times[n] - times[0] > (3 * n - 2) * second, n, times[n] - times[0]);
    EXPECT(times[n] - times[n - 1] < 20 * second, n, times[n] - times[n - 1]);
  }
  busy.kill();
}

TEST_CASE(somebody_elses_checkpoint_begins_a_new_chain) {
  require_thorough();
  Busy busy(64);
  const std::string range = range_option(busy.area.range());
  Watch watch(busy.pid(), "shared", {"--every=300ms", range});
  watch.wait_for_images(2);
  succeeds({"--pid", std::to_string(busy.pid()), "inc", range, "theirs"});
  watch.wait_for_text("somebody else made a checkpoint of this range: the inc builds on that");
  watch.wait_for_text("hint: it was removed; the next image is a full one");
  busy.stop();
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGINT), 0, watch.log());
  expect_newest_chain(watch, busy);
  succeeds({"list", "shared"});
  expect_no_unfinished_files("shared");
  busy.kill();
}

TEST_CASE(what_one_that_was_killed_left_is_removed_and_the_next_goes_on) {
  require_thorough();
  Busy busy(512);
  const std::string range = range_option(busy.area.range());
  for (int round = 0; round < 5; round++) {
    Watch watch(busy.pid(), "killed", {"--every=10ms", range});
    watch.wait_for_images(watch.paths().size() + 2);
    std::this_thread::sleep_for(std::chrono::milliseconds(7 * round));
    EXPECT_EQ(watch.end(SIGKILL), -SIGKILL);
  }
  Watch watch(busy.pid(), "killed", {"--every=100ms", range});
  busy.stop();
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGTERM), 0, watch.log());
  expect_newest_chain(watch, busy);
  std::vector<std::string> words = watch.paths();
  words.insert(words.begin(), "verify");
  succeeds(words);
  succeeds({"list", "killed"});
  expect_no_unfinished_files("killed");
  busy.kill();
}

TEST_CASE(old_chains_go) {
  require_thorough();
  Busy busy(64);
  Watch watch(busy.pid(), "keep",
              {"--every=100ms", "--full-every=2", "--keep=2", "--count=9",
               range_option(busy.area.range())});
  EXPECT_EQ(watch.end(0), 0, watch.log());
  const std::vector<std::string> paths = watch.paths();
  REQUIRE_EQ(paths.size(), 3u, watch.log());
  std::vector<std::string> words = paths;
  words.insert(words.begin(), "verify");
  succeeds(words);
  busy.kill();
}

TEST_CASE(prune_keeps_what_the_kept_points_say) {
  require_thorough();
  Busy busy(64);
  const std::string range = range_option(busy.area.range());
  Watch watch(busy.pid(), "prune", {"--every=100ms", "--count=6", range});
  EXPECT_EQ(watch.end(0), 0, watch.log());
  const std::vector<std::string> paths = watch.paths();
  REQUIRE_EQ(paths.size(), 6u);
  const auto memory_at = [&](std::size_t first, std::size_t last) {
    std::vector<std::string> words = {"cat", range};
    for (std::size_t n = first; n <= last; n++) words.push_back(paths[n]);
    return succeeds(words);
  };
  const std::string fifth = memory_at(0, 4), sixth = memory_at(0, 5);
  EXPECT(fifth != sixth, "nothing changed between two images");
  EXPECT_EQ(fifth.size(), busy.area.bytes());
  succeeds({"prune", "--keep-last=2", "prune"});
  EXPECT_EQ(watch.paths().size(), 2u);
  EXPECT(memory_at(4, 4) == fifth);
  EXPECT(memory_at(4, 5) == sixth);
  // The kernel's next inc builds on what is left.
  succeeds({"--pid", std::to_string(busy.pid()), "inc", range, "prune/next"});
  busy.stop();
  succeeds({"--pid", std::to_string(busy.pid()), "inc", range, "prune/last"});
  expect_chain_equals_memory({paths[4], paths[5], "prune/next", "prune/last"}, busy.area.range(),
                             busy.pid());
  succeeds({"list", "prune"});
  busy.kill();
}

TEST_CASE(prune_while_it_writes) {
  Busy busy(64);
  Watch watch(busy.pid(), "both",
              {"--every=50ms", "--full-every=4", range_option(busy.area.range())});
  for (int i = 0; i < scaled(20, 5); i++) {
    watch.wait_for_news();
    succeeds({"prune", "--keep-last=2", "both"});
  }
  busy.stop();
  watch.wait_for_news();
  EXPECT_EQ(watch.end(SIGTERM), 0, watch.log());
  succeeds({"list", "both"});
  expect_no_unfinished_files("both");
  expect_chain_equals_memory(newest_chain(watch), busy.area.range(), busy.pid());
  busy.kill();
}
