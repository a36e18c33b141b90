// SPDX-License-Identifier: GPL-2.0-or-later
// full and inc: standard output, directories, several processes.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <thread>

#include "checkpoint/test_support/failing_call.h"
#include "checkpoint/test_support/fake_kernel.h"
#include "checkpoint/test_support/pty.h"
#include "cli.h"
#include "running.h"
#include "slow_kernel.h"

namespace cpctl {
namespace {

using checkpoint::fake_status;
using checkpoint::FakeProc;
using checkpoint::kFakePid;
using checkpoint::read_file;
using checkpoint::str;
using checkpoint::UniqueFd;
using checkpoint::write_file;

class Save : public Cli {
 protected:
  /// A second process, whose checkpoint file takes everything and says nothing.
  static void add_process(const FakeProc& proc) {
    checkpoint::make_directories(proc.root() + "/77");
    ASSERT_EQ(::symlink("/dev/null", (proc.root() + "/77/checkpoint").c_str()), 0);
  }

  [[nodiscard]] Outcome run_two(const FakeProc& proc, std::vector<std::string> words) const {
    words.insert(words.begin(), {"--pid", "77"});
    return run(live(proc, words));
  }
};

TEST_F(Save, ToADirectoryMakesANumberedFileThere) {
  write_file(path("4321.000041"), "");
  FakeProc proc;
  proc.serve(fake_status());
  const Outcome outcome = run(live(proc, {"full", "--all", path("")}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(proc.served(), "full 0x0 0xffffffffffffffff " + path("4321.000042") + "\n");
  EXPECT_THAT(outcome.out, StartsWith(path("4321.000042") + ": "));
}

TEST_F(Save, QuietSaysNothing) {
  FakeProc proc;
  proc.serve(fake_status());
  const Outcome outcome = run(live(proc, {"full", "-q", "--all", "FILE"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out + outcome.err, "");
  proc.served();
}

TEST_F(Save, JsonNamesProcessAndFile) {
  FakeProc proc;
  proc.serve(fake_status());
  const Outcome outcome = run(live(proc, {"inc", "--json", "--all", "FILE"}));
  EXPECT_THAT(outcome.out,
              StartsWith("{\n  \"pid\": 4321,\n  \"file\": \"FILE\",\n  \"last\": {\n"));
  proc.served();
}

TEST_F(Save, FiguresAreThoseOfTheImageWhenAnotherCommandHasEndedSince) {
  checkpoint::FakeKernel kernel;
  FakeProc proc;
  proc.serve_all([&](const std::string& command) {
    static_cast<void>(kernel(command));
    return kernel("inc 0 0 " + path(str("theirs", kernel.images())));
  });
  const std::string image = path("image");
  const Outcome outcome = run(live(proc, {"full", "--all", image}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, image + ": full seq 0, 3 pages saved (12.0 KiB), 2 zero, 2 skipped\n");
  const Outcome json = run(live(proc, {"full", "--json", "--all", path("second")}));
  EXPECT_THAT(json.out, HasSubstr("\"kind\": \"full\""));
  EXPECT_THAT(json.out, HasSubstr("\"pages_copied\": "));
  EXPECT_THAT(json.out, ::testing::Not(HasSubstr("_ns\"")));
}

TEST_F(Save, FiguresOfAnotherRangeAreNotTaken) {
  FakeProc proc;
  proc.serve(fake_status());
  const Outcome outcome = run(live(proc, {"inc", "--range", "10000-12000", "/dev/null"}));
  EXPECT_EQ(outcome.out, "/dev/null: written\n");
  proc.served();
}

TEST_F(Save, OfSeveralProcessesGoesOnWhenOneFails) {
  FakeProc proc;
  proc.fail_writes();
  add_process(proc);
  const Outcome outcome = run_two(proc, {"full", "--all", path("")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, path("77.000001") + ": written\n");
  EXPECT_EQ(outcome.err, "cpctl: " + path("4321.000001") +
                             ": no space is left on the device\n"
                             "hint: the file is gone again; the next inc holds all changes\n");
}

TEST_F(Save, OfSeveralProcessesGoesOnWhenOneHasNoSuchMapping) {
  FakeProc proc;
  proc.serve(fake_status());
  add_process(proc);
  write_file(proc.root() + "/77/maps", "00001000-00002000 rw-p 00000000 00:00 0 \n");
  const Outcome outcome = run_two(proc, {"inc", "--map", "heap", path("")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(proc.served(), "inc 0x5000 0x8fff " + path("4321.000001") + "\n");
  EXPECT_EQ(outcome.err,
            "cpctl: process 77: no mapping is called 'heap'\n"
            "hint: 'cpctl --pid 77 maps' lists them\n");
  EXPECT_THAT(outcome.out, StartsWith(path("4321.000001") + ": inc seq 3"));
}

TEST_F(Save, OfSeveralProcessesPrintsAJsonArray) {
  FakeProc proc;
  proc.fail_writes();
  add_process(proc);
  const Outcome outcome = run_two(proc, {"full", "--json", "--all", path("")});
  EXPECT_EQ(outcome.out,
            "[\n"
            "  {\n"
            "    \"pid\": 4321,\n"
            "    \"file\": \"" +
                path("4321.000001") +
                "\",\n"
                "    \"error\": \"" +
                path("4321.000001") +
                ": no space is left on the device\"\n"
                "  },\n"
                "  {\n"
                "    \"pid\": 77,\n"
                "    \"file\": \"" +
                path("77.000001") +
                "\",\n"
                "    \"last\": null\n"
                "  }\n"
                "]\n");
}

// Each waits here until somebody reads its command, the second one's first.
TEST_F(Save, OfSeveralProcessesStartsThemTogether) {
  const FakeProc proc;
  checkpoint::make_directories(proc.root() + "/77");
  const std::string first = proc.file("checkpoint");
  const std::string second = proc.root() + "/77/checkpoint";
  ASSERT_EQ(::mkfifo(first.c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo(second.c_str(), 0600), 0);
  std::thread kernel([&] {
    EXPECT_THAT(read_file(second), HasSubstr("77.000001\n"));
    write_file(second, fake_status());
    EXPECT_THAT(read_file(first), HasSubstr("4321.000001\n"));
    write_file(first, fake_status());
  });
  const Outcome outcome = run_two(proc, {"inc", "--all", path("")});
  kernel.join();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr(path("4321.000001") + ": inc seq 3"));
  EXPECT_THAT(outcome.out, HasSubstr(path("77.000001") + ": inc seq 3"));
}

TEST_F(Save, ADirectoryCalledMinusIsNotStandardOutput) {
  const FakeProc proc;
  const Outcome outcome =
      shell(str("mkdir ./-; cpctl --proc-root ", proc.root(), " --pid 1 --pid 2 full --all -"));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("with several --pid, FILE is a directory that exists"));
}

TEST_F(Save, ForgetTakesSeveralProcesses) {
  FakeProc proc;
  proc.fail_writes();
  add_process(proc);
  const Outcome outcome = run_two(proc, {"forget"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "cpctl: process 4321: cannot forget its baselines: No space left on device\n");
  // Each is told with its hint, and the worst is the status.
  ::unlink(proc.file("checkpoint").c_str());
  const Outcome none = run(live(proc, {"--pid", "76", "forget"}));
  EXPECT_EQ(none.status, 4);
  EXPECT_EQ(none.err, "cpctl: " + proc.file("checkpoint") +
                          ": this kernel has no checkpoint interface\n"
                          "hint: boot a kernel with the patch and CONFIG_PROC_CHECKPOINT=y\n"
                          "cpctl: process 76: there is no such process\n");
}

TEST_F(Save, ToStandardOutputHandsOnTheKernelsError) {
  FakeProc proc;
  proc.fail_writes();
  const Outcome outcome = run(live(proc, {"full", "--all", "-"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith("cpctl: standard output: no space is left on the device\n"));
}

TEST_F(Save, ToStandardOutputPutsTheReportOnStandardError) {
  FakeProc proc;
  proc.serve(fake_status());
  const Outcome outcome = run(live(proc, {"inc", "--all", "-"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, StartsWith("standard output: inc seq 3, 2 pages saved"));
  EXPECT_THAT(proc.served(), StartsWith("inc 0x0 0xffffffffffffffff /proc/self/fd/"));
}

/// cpctl full to its standard output, a pipe, and a kernel that writes an image.
class SaveStream : public Save {
 protected:
  SaveStream() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) throw checkpoint::system_failure("a pipe", "create");
  }
  ~SaveStream() override { close_reader(); }

  void close_reader() {
    ::close(ends_[0]);
    ends_[0] = -1;
  }

  /// How it ends, with the image on its way.  The last command is @last, then.
  Outcome save(const checkpoint::Id& last = checkpoint::sample_full().info().id) {
    const SlowKernel kernel(proc_, status(last));
    const UniqueFd err(::open(path("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    Running running(live(proc_, {"full", "--all", "-"}), ends_[1], err.get());
    ::close(ends_[1]);
    kernel.begin(running.pid());
    write_file(SlowKernel::stream(running.pid()), checkpoint::sample_full().build());
    kernel.end();
    const std::string out = read_all();
    return {.status = WEXITSTATUS(running.wait()), .out = out, .err = read_file(path("err"))};
  }

  [[nodiscard]] const FakeProc& proc() const { return proc_; }
  [[nodiscard]] int writer() const { return ends_[1]; }

  [[nodiscard]] std::string checkpoint_file() const { return read_file(proc_.file("checkpoint")); }

 private:
  static std::string status(const checkpoint::Id& id) {
    return str("version: 1\nstate: idle\nlast.kind: full\nlast.status: 0\nlast.id: ",
               checkpoint::id_text(id),
               "\nlast.pages_saved: 3\nlast.stall_ns: 12345\nlast.total_ns: 6789012\n");
  }

  std::string read_all() const {
    std::string all;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(ends_[0], buffer, sizeof buffer)) > 0)
      all.append(buffer, static_cast<std::size_t>(got));
    return all;
  }

  int ends_[2] = {};
  const FakeProc proc_;
};

TEST_F(SaveStream, HasTheImage) {
  const Outcome outcome = save();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out == checkpoint::to_text(checkpoint::sample_full().build()));
  EXPECT_EQ(outcome.err,
            "standard output: full seq 0, 3 pages saved (12.0 KiB), 0 zero, 0 skipped, stall 12.3 "
            "us, total 6.79 ms\n");
  EXPECT_THAT(checkpoint_file(), StartsWith("version"));
}

// The kernel may be at another command, or at the capture.
TEST_F(SaveStream, ThatHasNotBegunIsEndedBySignals) {
  const SlowKernel kernel(proc(), "");
  Running running(live(proc(), {"full", "-q", "--all", "-"}), writer(), STDERR_FILENO);
  kernel.begin(running.pid());
  ::kill(running.pid(), SIGTERM);
  const int status = running.wait();
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST_F(SaveStream, HasItsOwnFiguresWhenAnotherCommandHasEndedSince) {
  EXPECT_EQ(save({7}).err,
            "standard output: full seq 0, 3 pages saved (12.0 KiB), 2 zero, 2 skipped\n");
}

TEST_F(SaveStream, ThatNobodyReadsDropsTheBaselines) {
  close_reader();
  const Outcome outcome = save();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "cpctl: standard output: the reader has gone before it had everything\n"
            "hint: its baselines are dropped: the next inc is a full image\n");
  // Over the beginning of the status.
  EXPECT_THAT(checkpoint_file(), StartsWith("forget\n"));
}

TEST_F(Save, ToAFileThatIsNotOnDiscDropsTheBaselines) {
  FakeProc proc;
  proc.set_status("");
  checkpoint::with_failing_call(SYS_fsync, EIO, [&] {
    const Outcome outcome = run(live(proc, {"full", "--all", "-"}));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.err,
              "cpctl: standard output: cannot write: Input/output error\n"
              "hint: its baselines are dropped: the next inc is a full image\n");
  });
  // Over the beginning of the command before.
  EXPECT_THAT(read_file(proc.file("checkpoint")), StartsWith("forget"));
}

TEST_F(Save, NeedsAStandardOutput) {
  const FakeProc proc;
  const Outcome outcome =
      shell(str("cpctl --proc-root ", proc.root(), " -p 4321 full --all - >&-"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: standard output: cannot write: Bad file descriptor\n");
}

TEST_F(Save, ToATerminalIsRefused) {
  const FakeProc proc;
  const checkpoint::Pty pty(80);
  const Outcome outcome =
      shell(str("cpctl --proc-root ", proc.root(), " -p 4321 full --all - > ", pty.path()));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "cpctl: full: standard output is a terminal\n"
            "hint: '-' is for pipes and redirection, as in 'cpctl --pid PID full --all - | zstd > "
            "F'\n");
}

/// The signals of a line such as SigCgt in /proc/PID/status.
std::uint64_t signals(pid_t pid, const std::string& key) {
  const std::string text = read_file(str("/proc/", pid, "/status"));
  const std::size_t at = text.find(key + ":");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + key.size() + 1), nullptr, 16);
}

constexpr std::uint64_t bit(int signal) {
  return std::uint64_t{1} << (signal - 1);
}

// The kernel's write stops for a signal that kills only: no handler, then.
TEST_F(Save, IsKilledByASignal) {
  const FakeProc proc;
  ASSERT_EQ(::mkfifo(proc.file("checkpoint").c_str(), 0600), 0);
  Running save(live(proc, {"full", "--all", "FILE"}), STDERR_FILENO, STDERR_FILENO);
  // SIGPIPE is ignored last.
  for (int tries = 0; tries < 1000 && (signals(save.pid(), "SigIgn") & bit(SIGPIPE)) == 0; ++tries)
    ::usleep(10'000);
  EXPECT_EQ(signals(save.pid(), "SigCgt") & (bit(SIGINT) | bit(SIGTERM) | bit(SIGHUP)), 0U);
  ::kill(save.pid(), SIGINT);
  const int status = save.wait();
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

TEST_F(Cli, VerifyIsQuietAboutGoodImagesWhenTold) {
  make_samples();
  const Outcome outcome = run({"verify", "-q", path("full"), path("none")});
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr(path("none")));
  EXPECT_EQ(outcome.status, 1);
}

}  // namespace
}  // namespace cpctl
