// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl watch, on a made-up process.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "checkpoint/chain.h"
#include "checkpoint/image_directory.h"
#include "checkpoint/test_support/fake_kernel.h"
#include "running.h"
#include "started.h"

namespace cpctl {
namespace {

using checkpoint::FakeKernel;
using checkpoint::FakeProc;
using checkpoint::kFakeStart;
using checkpoint::str;

class Watch : public Cli {
 protected:
  Watch() { checkpoint::make_directories(path("dir")); }

  /// The words that have the made-up process watched, with @more of them.
  [[nodiscard]] std::vector<std::string> words(std::vector<std::string> more,
                                               const std::string& every = "10ms") const {
    std::vector<std::string> all = {"watch", "--every", every, path("dir")};
    all.insert(all.end(), more.begin(), more.end());
    return live(proc_, all);
  }

  [[nodiscard]] std::string image(int number) const { return path(str("dir/4321.00000", number)); }

  /// Names in the directory.
  [[nodiscard]] std::string files() const {
    std::string text;
    const auto found = checkpoint::scan_directory(path("dir"));
    for (const auto& file : found.images) text += file.name.substr(5) + ' ';
    EXPECT_EQ(found.others, 0U);
    EXPECT_TRUE(found.bad.empty());
    return text;
  }

  FakeKernel kernel_;
  FakeProc proc_;
};

TEST_F(Watch, WritesAChainOfNumberedImages) {
  proc_.serve_all(kernel_);
  const Outcome outcome = run(words({"--count", "3"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const char* rest = " pages saved (4.0 KiB), 0 zero, 0 skipped, stall 12.3 us, total 6.79 ms\n";
  EXPECT_EQ(outcome.out, str(image(1), ": full seq 0, 1", rest, image(2), ": inc seq 1, 1", rest,
                             image(3), ": inc seq 2, 1", rest));
  EXPECT_EQ(outcome.err, "cpctl: process 4321: 3 images written to " + path("dir") + "\n");
  checkpoint::Chain::open({image(1), image(2), image(3)}).verify();
}

TEST_F(Watch, AsksForAllOfUserSpaceOrTheRangeThatIsGiven) {
  std::string asked;
  proc_.serve_all([&](const std::string& command) {
    asked += command.substr(0, command.find(" /"));
    return kernel_(command);
  });
  EXPECT_EQ(run(words({"--count", "1"})).status, 0);
  EXPECT_EQ(run(words({"--count", "1", "--all"})).status, 0);
  EXPECT_EQ(run(words({"--count", "1", "--map", "heap"})).status, 0);
  EXPECT_EQ(run(words({"--count", "1", "--range", "1000-3000"})).status, 0);
  EXPECT_EQ(asked,
            "full 0x0 0xfffffffffffffffffull 0x0 0xfffffffffffffffffull 0x5000 0x8ffffull 0x1000 "
            "0x2fff");
}

TEST_F(Watch, PrintsAJsonObjectALine) {
  proc_.serve_all(kernel_);
  const Outcome outcome = run(words({"--count", "2", "--json"}));
  EXPECT_THAT(outcome.out, StartsWith("{\"image\": \"" + image(1) + "\", \"kind\": \"full\""));
  EXPECT_THAT(outcome.out, HasSubstr("\"stall_ns\": 12345, \"total_ns\": 6789012}\n{\"image\""));
}

TEST_F(Watch, BeginsANewChainAfterSoManyImages) {
  proc_.serve_all(kernel_);
  EXPECT_EQ(run(words({"--count", "5", "--full-every", "2"})).status, 0);
  checkpoint::Chain::open({image(1), image(2)});
  checkpoint::Chain::open({image(3), image(4)});
  checkpoint::Chain::open({image(5)});
}

TEST_F(Watch, KeepsTheNewestChains) {
  proc_.serve_all(kernel_);
  checkpoint::write_file(path("dir/4321.000000x"), "mine");
  const Outcome outcome = run(words({"--count", "7", "--full-every", "2", "--keep", "2"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(checkpoint::read_file(path("dir/4321.000000x")), "mine");
  std::remove(path("dir/4321.000000x").c_str());
  EXPECT_EQ(files(), "000005 000006 000007 ");
}

TEST_F(Watch, GoesOnBehindTheImagesOfAnEarlierOne) {
  proc_.serve_all(kernel_);
  EXPECT_EQ(run(words({"--count", "2"})).status, 0);
  EXPECT_EQ(run(words({"--count", "2"})).status, 0);
  checkpoint::Chain::open({image(1), image(2)});
  checkpoint::Chain::open({image(3), image(4)});
}

TEST_F(Watch, SaysWhenAnIncBecameAFull) {
  proc_.serve_all([&](const std::string& command) {
    if (kernel_.images() == 1) kernel_.drop_baseline();
    return kernel_(command);
  });
  const Outcome outcome = run(words({"--count", "3"}));
  EXPECT_THAT(outcome.err, HasSubstr("cpctl: " + image(2) +
                                     ": there was no valid baseline for this "
                                     "range: the image is a full one\n"));
  checkpoint::Chain::open({image(2), image(3)});
}

TEST_F(Watch, GoesOnThoughNobodyReadsOfIt) {
  proc_.serve_all(kernel_);
  int ends[2] = {};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  Running watch(words({"--count", "3", "-q", "--json"}), ends[1], STDERR_FILENO);
  ::close(ends[1]);
  EXPECT_EQ(WEXITSTATUS(watch.wait()), 0);
  EXPECT_EQ(files(), "000001 000002 000003 ");
}

TEST_F(Watch, LinesThatGetNowhereAreAnErrorAtTheEnd) {
  proc_.serve_all(kernel_);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  Running watch(words({"--count", "3", "-q", "--json"}), full, STDERR_FILENO);
  ::close(full);
  EXPECT_EQ(WEXITSTATUS(watch.wait()), 1);
  EXPECT_EQ(files(), "000001 000002 000003 ");
}

TEST_F(Watch, GoesOnAfterACheckpointThatFailed) {
  proc_.serve_all(kernel_);
  Started watch(words({"--count", "4"}, "100ms"));
  watch.wait_for("000002: inc");
  proc_.begin_failing();
  watch.wait_for("no space is left on the device\n");
  proc_.end_failing();
  const Outcome outcome = watch.finish();
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("hint: the file is gone again; the next inc holds all"));
  EXPECT_EQ(files(), "000001 000002 000003 000004 ");
  checkpoint::Chain::open({image(1), image(2), image(3), image(4)}).verify();
}

TEST_F(Watch, GoesOnThoughTheFirstCheckpointFindsNoSpace) {
  proc_.serve_all(kernel_);
  proc_.begin_failing();
  Started watch(words({"--count", "2"}));
  watch.wait_for("no space is left on the device\n");
  proc_.end_failing();
  EXPECT_EQ(watch.finish().status, 0);
  checkpoint::Chain::open({image(1), image(2)});
}

TEST_F(Watch, RemovesAnIncThatBuildsOnSomebodyElsesImage) {
  std::string kinds;
  proc_.serve_all([&](const std::string& command) {
    if (kernel_.images() == 2) kernel_("inc 0 0 " + path("theirs"));
    kinds += command.substr(0, command.find_first_of(" \n")) + ' ';
    return kernel_(command);
  });
  const Outcome outcome = run(words({"--count", "3"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  // An inc of theirs must not build on what was removed.
  EXPECT_EQ(kinds, "full inc inc forget full ");
  EXPECT_THAT(outcome.err, HasSubstr("somebody else made a checkpoint of this range: the inc "
                                     "builds on that"));
  EXPECT_EQ(files(), "000001 000002 000003 ");
  checkpoint::Chain::open({image(1), image(2)});
  checkpoint::Chain::open({image(3)});
}

TEST_F(Watch, EndsWithTheProcess) {
  proc_.serve_all([&](const std::string& command) {
    const std::string status = kernel_(command);
    if (kernel_.images() == 3) proc_.end();
    return status;
  });
  const Outcome outcome = run(words({}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err,
            "cpctl: process 4321 has ended: 3 images written to " + path("dir") + "\n");
  EXPECT_THAT(outcome.out, HasSubstr(image(3) + ": "));
}

TEST_F(Watch, EndsWhenTheProcessIsAZombie) {
  proc_.serve_all([&](const std::string& command) {
    proc_.set_stat(kFakeStart, 'Z');
    return kernel_(command);
  });
  const Outcome outcome = run(words({}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("process 4321 has ended: 1 image written"));
}

TEST_F(Watch, DoesNotTakeAnotherProcessOfThatNumberForIt) {
  proc_.serve_all([&](const std::string& command) {
    if (kernel_.images() == 1) proc_.set_stat(kFakeStart + 1);
    return kernel_(command);
  });
  const Outcome outcome = run(words({}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("process 4321 has ended: 2 images written"));
}

TEST_F(Watch, ASignalEndsItBehindAnImage) {
  proc_.serve_all(kernel_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Started watch(words({}, "1h"));
    watch.wait_for("full seq 0");
    watch.signal(signal);
    const Outcome outcome = watch.finish();
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("process 4321: 1 image written"));
  }
  EXPECT_EQ(files(), "000001 000002 000003 ");
}

TEST_F(Watch, ASignalDoesNotInterruptAnImage) {
  std::atomic<Started*> watch = nullptr;
  proc_.serve_all([&](const std::string& command) {
    while (watch == nullptr) std::this_thread::yield();
    if (kernel_.images() == 1) watch.load()->signal(SIGTERM);
    return kernel_(command);
  });
  Started started(words({}));
  watch = &started;
  const Outcome outcome = started.finish();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(files(), "000001 000002 ");
}

TEST_F(Watch, RemovesWhatAKilledOneLeftUnfinished) {
  checkpoint::write_file(path("dir/4321.000001.tmpwriter"), "half an image");
  proc_.serve_all(kernel_);
  EXPECT_EQ(run(words({"--count", "1"})).status, 0);
  EXPECT_EQ(files(), "000001 ");
}

TEST_F(Watch, RemovesWhatAKilledOneOfAnotherProcessLeftUnfinished) {
  checkpoint::write_file(path("dir/77.000003.tmpwriter"), "half an image");
  checkpoint::write_file(path("dir/77.tmplocked"), "");
  proc_.serve_all(kernel_);
  EXPECT_EQ(run(words({"--count", "1"})).status, 0);
  EXPECT_EQ(shell("ls dir").out, "4321.000001\n");
}

TEST_F(Watch, ASecondOneOfTheProcessDoesNoHarm) {
  std::string said;
  proc_.serve_all([&](const std::string& command) {
    // Between the image's data and its name.
    std::string status = kernel_(command);
    const FakeProc same;
    const Outcome outcome = run(live(same, {"watch", "--every", "10ms", path("dir")}));
    EXPECT_EQ(outcome.status, 1);
    said = outcome.err;
    return status;
  });
  const Outcome outcome = run(words({"--count", "2"}));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(said, "cpctl: " + path("dir") +
                      ": images of process 4321 are being saved there by another cpctl\n"
                      "hint: end that one, or name another directory\n");
  EXPECT_EQ(files(), "000001 000002 ");
}

TEST_F(Watch, EndsWhenNoOtherCheckpointCanSucceed) {
  Started watch(words({}, "1h"));  // this kernel has no checkpoint interface
  EXPECT_EQ(watch.finish().status, 4);
}

TEST_F(Watch, RefusesWhatCannotWork) {
  const auto error = [&](std::vector<std::string> all, int status) {
    const Outcome outcome = run(live(proc_, std::move(all)));
    EXPECT_EQ(outcome.status, status) << outcome.err;
    return outcome.err;
  };
  const std::string dir = path("dir");
  EXPECT_THAT(error({"watch", dir}, 2), HasSubstr("--every DURATION is missing"));
  EXPECT_THAT(error({"watch", "--every", "0s", dir}, 2),
              HasSubstr("--every takes a duration above 0 (found '0s', expected 500ms, 5s"));
  EXPECT_THAT(error({"watch", "--every", "1x", dir}, 2), HasSubstr("--every takes a duration"));
  EXPECT_THAT(error({"watch", "--every", "1", "--keep", "0", dir}, 2),
              HasSubstr("--keep takes a number from 1 on (found '0')"));
  EXPECT_THAT(error({"watch", "--every", "1", "--all", "--map", "heap", dir}, 2),
              HasSubstr("give the range once: --range, --map or --all"));
  EXPECT_THAT(error({"watch", "--every", "1", "--range", "2-1", dir}, 2),
              HasSubstr("--range takes A-B in hex"));
  EXPECT_THAT(error({"watch", "--every", "1", path("none")}, 1),
              HasSubstr("cannot open the directory: No such file or directory\nhint: make it "));
  EXPECT_THAT(error({"watch", "--every", "1", dir}, 4),
              HasSubstr("this kernel has no checkpoint interface"));
  proc_.end();
  EXPECT_THAT(error({"watch", "--every", "1", dir}, 1),
              HasSubstr("process 4321: there is no such process"));
}

}  // namespace
}  // namespace cpctl
