// SPDX-License-Identifier: GPL-2.0-or-later
// The commands on a live process, here a made-up one.
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::fake_status;
using checkpoint::FakeProc;

class Live : public Cli {
 protected:
  /// The command that the kernel gets for these words.
  std::string sent(std::vector<std::string> words) {
    FakeProc proc;
    proc.serve(fake_status());
    outcome_ = run(live(proc, std::move(words)));
    return outcome_.status == 0 ? proc.served() : outcome_.err;
  }

  Outcome outcome_;
};

TEST_F(Live, FullTakesTheRangeAsTheKernelDoes) {
  EXPECT_EQ(sent({"full", "4096", "0x1fff", "FILE"}), "full 0x1000 0x1fff FILE\n");
}

TEST_F(Live, IncTakesARangeAsInMaps) {
  EXPECT_EQ(sent({"inc", "--range", "1000-2000", "a file"}), "inc 0x1000 0x1fff a file\n");
}

TEST_F(Live, MapNamesMappings) {
  EXPECT_EQ(sent({"full", "--map", "heap", "F"}), "full 0x5000 0x8fff F\n");
  EXPECT_EQ(sent({"full", "--map", "/usr/bin/sample", "F"}), "full 0x1000 0x3fff F\n");
  EXPECT_EQ(sent({"full", "--map", "sample", "F"}), "full 0x1000 0x3fff F\n");
}

TEST_F(Live, AllIsAllOfUserSpace) {
  EXPECT_EQ(sent({"full", "--all", "F"}), "full 0x0 0xffffffffffffffff F\n");
}

TEST_F(Live, PrintsALineAboutTheImage) {
  sent({"inc", "--map", "heap", "FILE"});
  EXPECT_EQ(outcome_.out,
            "FILE: inc seq 3, 2 pages saved (8.0 KiB), 1 zero, 0 skipped, stall 12.3 us, total "
            "6.79 ms\n");
  EXPECT_EQ(outcome_.err, "");
}

TEST_F(Live, SaysWhenAnIncBecameAFull) {
  FakeProc proc;
  proc.serve("version: 1\nstate: idle\nlast.kind: full\nlast.status: 0\n");
  const Outcome outcome = run(live(proc, {"inc", "--all", "FILE"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err,
              StartsWith("cpctl: FILE: there was no valid baseline for this range: the image is a "
                         "full one\nhint: it begins a new chain, "));
  proc.served();
}

TEST_F(Live, PrintsJsonAboutTheImage) {
  sent({"inc", "--json", "--all", "FILE"});
  EXPECT_THAT(outcome_.out, HasSubstr("\"pages_saved\": 2"));
}

TEST_F(Live, RefusesABadRange) {
  const FakeProc proc;
  const auto error = [&](std::vector<std::string> words) {
    const Outcome outcome = run(live(proc, std::move(words)));
    EXPECT_EQ(outcome.status, 2);
    return outcome.err;
  };
  EXPECT_THAT(error({"full", "FILE"}), HasSubstr("give the range once"));
  EXPECT_THAT(error({"full", "1", "FILE"}), HasSubstr("give the range once"));
  EXPECT_THAT(error({"full", "--all", "0", "1", "FILE"}), HasSubstr("give the range once"));
  EXPECT_THAT(error({"full", "--all", "--map", "heap", "FILE"}), HasSubstr("give the range once"));
  EXPECT_THAT(error({"full", "x", "1", "FILE"}), HasSubstr("START is no address (found 'x'"));
  EXPECT_THAT(error({"full", "1", "2g", "FILE"}), HasSubstr("END is no address (found '2g'"));
  EXPECT_THAT(error({"full", "2", "1", "FILE"}), HasSubstr("the range ends before it starts"));
  EXPECT_THAT(error({"full", "--range", "2000", "FILE"}), HasSubstr("--range takes A-B"));
}

TEST_F(Live, SaysWhichMappingsDoNotFollowEachOther) {
  const FakeProc proc;
  const Outcome outcome = run(live(proc, {"full", "--map", "memfd:x (deleted)", "FILE"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "cpctl: process 4321: the mappings called 'memfd:x (deleted)' do not follow each other "
            "(found "
            "0xc000-0xd000, 0xe000-0xf000)\nhint: choose one with --range\n");
}

TEST_F(Live, SaysWhatTheKernelRefused) {
  FakeProc proc;
  proc.fail_writes();
  const Outcome outcome = run(live(proc, {"full", "--all", "FILE"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            "cpctl: FILE: no space is left on the device\n"
            "hint: the file is gone again; the next inc holds all changes\n");
  EXPECT_EQ(run(live(proc, {"forget"})).err,
            "cpctl: process 4321: cannot forget its baselines: No space left on device\n");
}

TEST_F(Live, ForgetSendsForget) {
  FakeProc proc;
  proc.serve("");
  const Outcome outcome = run(live(proc, {"forget"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  checkpoint::read_file(proc.file("checkpoint"));
  EXPECT_EQ(proc.served(), "forget\n");
}

TEST_F(Live, StatusPrintsEveryLine) {
  FakeProc proc;
  proc.set_status(fake_status() + "new.key: from a newer kernel\n");
  const Outcome outcome = run(live(proc, {"status"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, fake_status() + "new.key: from a newer kernel\n");
}

TEST_F(Live, StatusPrintsJson) {
  FakeProc proc;
  proc.set_status(fake_status());
  const Outcome outcome = run(live(proc, {"status", "--json"}));
  EXPECT_THAT(outcome.out,
              StartsWith("{\n  \"pid\": 4321,\n  \"version\": 1,\n  \"state\": \"idle\",\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\"start\": \"0x5000\""));
  proc.set_status("version: 1\nstate: idle\n");
  EXPECT_THAT(run(live(proc, {"status", "--json"})).out, HasSubstr("\"last\": null"));
}

TEST_F(Live, StatusOfSeveralProcessesGoesOnWhenOneHasNone) {
  FakeProc proc;
  proc.set_status("version: 1\nstate: idle\n");
  checkpoint::make_directories(proc.root() + "/77");
  checkpoint::write_file(proc.root() + "/77/checkpoint", "version: 1\nstate: writing\n");
  const std::vector<std::string> words = {"--pid", "76", "--pid", "77", "status"};
  Outcome outcome = run(live(proc, words));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out,
            "pid: 4321\nversion: 1\nstate: idle\npid: 77\nversion: 1\nstate: writing\n");
  EXPECT_EQ(outcome.err, "cpctl: process 76: there is no such process\n");
  std::vector<std::string> json = words;
  json.emplace_back("--json");
  outcome = run(live(proc, json));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\"pid\": 77,\n    \"version\": 1"));
  EXPECT_THAT(outcome.out,
              HasSubstr("\"pid\": 76,\n    \"error\": \"process 76: there is no such process\"\n"));
}

TEST_F(Live, ABadStatusIsAnError) {
  FakeProc proc;
  proc.set_status("version: x\n");
  const Outcome outcome = run(live(proc, {"status"}));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: " + proc.file("checkpoint") +
                             ": the value of 'version' cannot be read (found 'x')\n");
}

TEST_F(Live, MapsCountsPages) {
  const FakeProc proc;
  const Outcome outcome = run(live(proc, {"maps"}));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("RANGE "));
  EXPECT_THAT(
      outcome.out,
      HasSubstr("0x5000-0x9000                      rw-p            4          2          1  "
                "        2  [heap]\n"));
}

TEST_F(Live, MapsPrintsJson) {
  const FakeProc proc;
  EXPECT_THAT(run(live(proc, {"maps", "--json"})).out,
              HasSubstr("\"pages\": 4,\n    \"pages_resident\": 2,\n    \"pages_swapped\": 1,\n"
                        "    \"pages_changed\": 2,\n    \"name\": \"[heap]\""));
}

TEST_F(Live, AKernelWithoutTheInterfaceHasAnExitStatusOfItsOwn) {
  const FakeProc proc;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"status"}, {"forget"}, {"full", "--all", "FILE"}}) {
    const Outcome outcome = run(live(proc, words));
    EXPECT_EQ(outcome.status, 4);
    EXPECT_THAT(outcome.err, HasSubstr("this kernel has no checkpoint interface\nhint: "));
  }
}

TEST_F(Live, TellsThatThereIsNoSuchProcess) {
  const FakeProc proc;
  const Outcome outcome = run({"--proc-root", proc.root(), "--pid", "77", "status"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: process 77: there is no such process\n");
}

}  // namespace
}  // namespace cpctl
