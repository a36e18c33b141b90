// SPDX-License-Identifier: GPL-2.0-or-later
// On a real process: any kernel can do that.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checkpoint/test_support/live_child.h"
#include "checkpoint/unique_fd.h"
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::Area;
using checkpoint::filled;
using checkpoint::hex;
using checkpoint::image_of;
using checkpoint::kPageSize;
using checkpoint::LiveChild;
using checkpoint::range_text;
using checkpoint::str;

class RestoreCommand : public Cli {
 protected:
  RestoreCommand() {
    std::fill(area_.bytes().begin(), area_.bytes().end() - kPageSize, std::byte{'a'});
    child_.emplace();
    checkpoint::write_file(path("image"), image_of(child_->process(), area_.range()));
    then_ = child_->read(area_.range());
    child_->write(area_.page(1), filled(2 * kPageSize, 'b'));
    child_->write(area_.page(7), filled(kPageSize, 'b'));
  }

  Outcome restore(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--pid", std::to_string(child_->pid()), "restore"});
    return run(words);
  }

  [[nodiscard]] std::string process() const { return str("process ", child_->pid()); }

  const Area area_{8};
  std::optional<LiveChild> child_;
  checkpoint::Bytes then_;
};

TEST_F(RestoreCommand, PutsTheMemoryBack) {
  const Outcome outcome = restore({path("image")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(
      outcome.out,
      StartsWith(process() + ": 3 pages written (12.0 KiB): 2 data, 1 zero, 0 of files; 5 same, 0 "
                             "skipped, 0 shared kept; 1 thread stopped for "));
  EXPECT_EQ(child_->read(area_.range()), then_);
}

TEST_F(RestoreCommand, DryRunListsWhatDiffers) {
  const auto before = child_->read(area_.range());
  const Outcome outcome = restore({"--dry-run", path("image")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith(process() + ": 3 pages would be written (12.0 KiB): "));
  EXPECT_THAT(outcome.out,
              HasSubstr(str("\n  ", range_text(area_.page(1), area_.page(3)), " 2 data\n  ",
                            range_text(area_.page(7), area_.page(8)), " 1 zero\n")));
  EXPECT_EQ(child_->read(area_.range()), before);
}

TEST_F(RestoreCommand, DryRunFindsThatThereIsNoRoom) {
  ::setenv("TMPDIR", path("none").c_str(), 1);
  const Outcome outcome = restore({"--dry-run", path("image")});
  ::unsetenv("TMPDIR");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot keep the old contents for the case of a failure"));
}

TEST_F(RestoreCommand, PrintsJson) {
  const Outcome outcome = restore({"--json", path("image")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith(str("{\n  \"pid\": ", child_->pid(),
                                          ",\n  \"dry_run\": false,\n  \"id\": \"01")));
  EXPECT_THAT(outcome.out, HasSubstr("\"pages_written\": 3,\n  \"pages_data\": 2,\n"));
  EXPECT_THAT(outcome.out,
              HasSubstr(str("\"start\": \"", hex(area_.page(7)), "\",\n      \"end\": \"",
                            hex(area_.page(8)), "\",\n      \"state\": \"zero\"")));
}

TEST_F(RestoreCommand, RangeLimitsIt) {
  const std::string range = str(hex(area_.page(2)), '-', hex(area_.page(8)));
  EXPECT_THAT(restore({"--range", range, path("image")}).out, HasSubstr(": 2 pages written"));
  EXPECT_EQ(child_->read({area_.page(1), area_.page(2)}), filled(kPageSize, 'b'));
}

/// A mapping with a name, and an image of its first pages.
class RestoreByName : public Cli {
 protected:
  static constexpr std::size_t kPages = 4;

  [[nodiscard]] checkpoint::UniqueFd make_file() const {
    checkpoint::write_file(path("pile"), filled(kPages * kPageSize, 'a'));
    return checkpoint::UniqueFd(::open(path("pile").c_str(), O_RDONLY | O_CLOEXEC));
  }

  void save_pages(std::size_t count) const {
    checkpoint::write_file(path("image"),
                           image_of(child_.process(), {area_.page(0), area_.page(count)}));
    child_.write(area_.page(0), filled(kPages * kPageSize, 'b'));
  }

  Outcome restore(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--pid", str(child_.pid()), "restore", "--map", "pile"});
    words.push_back(path("image"));
    return run(words);
  }

  [[nodiscard]] std::string page(std::size_t n) const {
    return checkpoint::to_text(child_.read({area_.page(n), area_.page(n + 1)})).substr(0, 1);
  }

  const checkpoint::UniqueFd file_ = make_file();
  const Area area_{kPages, Area::kReadWrite, MAP_PRIVATE, file_.get()};
  const LiveChild child_;
};

TEST_F(RestoreByName, PutsTheMemoryOfTheMappingBack) {
  save_pages(kPages);
  const Outcome outcome = restore({});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr(": 4 pages written (16.0 KiB): 4 data, 0 zero, "));
  EXPECT_EQ(page(0) + page(3), "aa");
}

TEST_F(RestoreByName, SaysThatTheMappingHasGrown) {
  save_pages(2);
  const Outcome outcome = restore({});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err,
            str("cpctl: ", path("image"),
                ": what is called 'pile' now is not all in the image's range (found ",
                range_text(area_.page(0), area_.page(4)), ", expected within ",
                range_text(area_.page(0), area_.page(2)),
                ")\nhint: if it has grown, --leave-extra restores the part that is in it; without "
                "--map all of the image's range is restored, with --range any part\n"));
  EXPECT_EQ(page(0), "b");
}

TEST_F(RestoreByName, LeavesWhatItHasGrownByWhenTold) {
  save_pages(2);
  const Outcome outcome = restore({"--leave-extra"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(": 2 pages written (8.0 KiB): 2 data, "));
  EXPECT_THAT(outcome.out,
              HasSubstr(str("\nleft as it is: ", range_text(area_.page(2), area_.page(4)), ' ',
                            path("pile"), '\n')));
  EXPECT_EQ(page(1) + page(2), "ab");
}

TEST_F(RestoreCommand, ADamagedImageIsRefusedWithoutATouch) {
  std::string bytes = checkpoint::read_file(path("image"));
  bytes[bytes.size() - 2 * kPageSize] ^= 1;
  checkpoint::write_file(path("bad"), std::string_view(bytes));
  const auto before = child_->read(area_.range());
  const Outcome outcome = restore({path("bad")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, StartsWith("cpctl: " + path("bad") + ": "));
  EXPECT_EQ(child_->read(area_.range()), before);
  EXPECT_EQ(restore({"--no-verify", path("bad")}).status, 0);
}

TEST_F(RestoreCommand, AnotherProcessIsRefused) {
  const LiveChild other;
  const Outcome outcome = run({"--pid", std::to_string(other.pid()), "restore", path("image")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, StartsWith(str("cpctl: process ", other.pid(),
                                          ": is not the process that the image is of (found ")));
  EXPECT_THAT(outcome.err, HasSubstr("\nhint: --other-process takes it nevertheless"));
  EXPECT_EQ(run({"--pid", std::to_string(other.pid()), "restore", "--other-process", path("image")})
                .status,
            0);
}

TEST_F(RestoreCommand, AnIncAloneIsABrokenChain) {
  make_samples();
  EXPECT_EQ(restore({path("inc")}).status, 3);
}

TEST_F(RestoreCommand, WrongUse) {
  const auto error = [&](std::vector<std::string> words) {
    words.push_back(path("image"));
    const Outcome outcome = restore(words);
    EXPECT_EQ(outcome.status, 2);
    return outcome.err;
  };
  EXPECT_THAT(error({"--shared", "maybe"}),
              HasSubstr("restore: --shared takes error, keep or write (found 'maybe')"));
  EXPECT_THAT(error({"--range", "5"}),
              HasSubstr("--range takes A-B in hex, A below B (found '5')"));
  EXPECT_THAT(error({"--range", "1000-2000", "--map", "heap"}),
              HasSubstr("give the range once: --range or --map"));
  EXPECT_THAT(error({"--range", "1001-2000"}), HasSubstr("--range is not made of whole pages"));
  EXPECT_EQ(restore({}).status, 2);
}

TEST_F(RestoreCommand, TheHelpSaysThatItIsMemoryAlone) {
  EXPECT_THAT(run({"help", "restore"}).out,
              HasSubstr("Memory alone: registers and files\nstay as they are"));
}

TEST_F(RestoreCommand, TellsThatThereIsNoSuchProcess) {
  const Outcome outcome = run({"--pid", "2147483647", "restore", path("image")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "cpctl: process 2147483647: there is no such process\n");
}

}  // namespace
}  // namespace cpctl
