// SPDX-License-Identifier: GPL-2.0-or-later
// On a real process, with images made of it.
#include "checkpoint/restore.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "checkpoint/error.h"
#include "checkpoint/held_signals.h"
#include "checkpoint/pagemap.h"
#include "checkpoint/stopped_process.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/image_builder.h"
#include "checkpoint/test_support/live_child.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

constexpr int kShared = MAP_SHARED | MAP_ANONYMOUS;

void fill(const Area& area, unsigned char first) {
  for (std::size_t n = 0; n * kPageSize < area.bytes().size(); ++n)
    std::fill_n(area.bytes().begin() + n * kPageSize, kPageSize, static_cast<std::byte>(first + n));
}

/// An image and what it says.
class Saved {
 public:
  explicit Saved(Bytes bytes) : bytes_(std::move(bytes)) {
    std::vector<Image> images;
    images.push_back(Image::from_bytes(bytes_, "image"));
    chain_.emplace(Chain::from_images(std::move(images)));
    snapshot_.emplace(*chain_);
  }
  explicit Saved(const std::string& path)
      : chain_(Chain::open({path})), snapshot_(std::in_place, *chain_) {}
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;

  const Snapshot& operator*() const { return *snapshot_; }

 private:
  Bytes bytes_;
  std::optional<Chain> chain_;
  std::optional<Snapshot> snapshot_;
};

RestoreReport restore_to(const LiveChild& child, const Saved& saved,
                         const RestoreRequest& request = {}) {
  return restore(child.process(), *saved, request);
}

std::string failure(const LiveChild& child, const Saved& saved,
                    const RestoreRequest& request = {}) {
  try {
    restore_to(child, saved, request);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// What errors of @child begin with.
std::string about(const LiveChild& child, std::string_view text) {
  return str("process ", child.pid(), ": ", text);
}

std::uint64_t resident(const LiveChild& child, const AddressRange& range) {
  const Process process = child.process();
  return count_pages(process.open_pagemap().get(), range.start, range.end).resident;
}

TEST(Restore, WritesOnlyWhatDiffers) {
  const Area area(16);
  fill(area, 1);
  std::fill_n(area.bytes().begin() + 8 * kPageSize, kPageSize, std::byte{0});
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  const Bytes then = child.read(area.range());
  child.write(area.page(2), filled(2 * kPageSize, 0xee));
  child.write(area.page(8) + 100, filled(1, 0xee));
  const RestoreReport report = restore_to(child, saved);
  EXPECT_EQ(child.read(area.range()), then);
  EXPECT_EQ(report.plan.pages_data, 2U);
  EXPECT_EQ(report.plan.pages_zero, 1U);
  EXPECT_EQ(report.plan.pages_same, 13U);
  EXPECT_EQ(report.plan.writes.size(), 2U);
  EXPECT_EQ(report.threads, 1U);
  EXPECT_GT(report.stopped_ns, 0U);
  EXPECT_EQ(restore_to(child, saved).plan.pages(), 0U);
}

TEST(Restore, ManyPagesInBatches) {
  const Area area(1000);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  const Bytes then = child.read(area.range());
  child.write(area.page(1), filled(998 * kPageSize, 0xee));
  const std::uint64_t pages = restore_to(child, saved).plan.pages();
  EXPECT_GT(pages, 900U);
  EXPECT_EQ(child.read(area.range()), then);
}

/// Four threads that count, each in a page of its own, beside other data.
TEST(Restore, RollsBackARunningProgramTwice) {
  constexpr std::size_t threads = 4;
  const Area area(64);
  fill(area, 0);
  const LiveChild child([&] {
    for (std::size_t n = 0; n < threads; ++n)
      std::thread([&area, n] {
        auto* words = reinterpret_cast<volatile std::uint64_t*>(area.page(n));
        auto* trail = reinterpret_cast<volatile std::uint64_t*>(area.page(8 + 8 * n));
        for (words[0] = 1;;) {
          words[0] = words[0] + 1;
          trail[words[0] % 4096] = words[0];
        }
      }).detach();
    for (;;) ::pause();
  });
  const auto counter = [&](std::size_t n) {
    return load<std::uint64_t>(child.read({area.page(n), area.page(n + 1)}), 0, {"test"});
  };
  const auto all_above = [&](std::uint64_t least) {
    return eventually([&] {
      for (std::size_t n = 0; n < threads; ++n)
        if (counter(n) < least) return false;
      return true;
    });
  };
  ASSERT_TRUE(all_above(10'000));
  child.signal_until(SIGSTOP, 'T');
  const Saved first(image_of(child.process(), area.range()));
  const Bytes first_bytes = child.read(area.range());
  const std::uint64_t first_counter = counter(0);
  child.signal(SIGCONT);
  ASSERT_TRUE(all_above(first_counter + 1'000'000));
  child.signal_until(SIGSTOP, 'T');
  const Saved second(image_of(child.process(), area.range()));
  const Bytes second_bytes = child.read(area.range());
  const std::uint64_t second_counter = counter(0);
  child.signal(SIGCONT);
  ASSERT_TRUE(all_above(second_counter + 1'000'000));

  child.signal_until(SIGSTOP, 'T');
  EXPECT_EQ(restore_to(child, second).threads, threads + 1);
  EXPECT_EQ(child.read(area.range()), second_bytes);
  restore_to(child, first);
  EXPECT_EQ(child.read(area.range()), first_bytes);
  child.signal(SIGCONT);
  ASSERT_TRUE(all_above(first_counter + 1)) << "goes on from there";

  // And while it runs: then it has counted on, but is far from where it was.
  ASSERT_TRUE(all_above(second_counter + 5'000'000));
  child.signal_until(SIGSTOP, 'T');
  const std::uint64_t late = counter(0);
  child.signal(SIGCONT);
  restore_to(child, first);
  child.signal_until(SIGSTOP, 'T');
  EXPECT_GE(counter(0), first_counter);
  EXPECT_LT(counter(0), late);
}

TEST(Restore, WritesWhereTheProcessItselfMayNot) {
  const Area read_only(2);
  fill(read_only, 1);
  const Area none(2, Area::kReadWrite, Area::kAnonymous);
  fill(none, 3);
  ::mprotect(read_only.bytes().data(), 2 * kPageSize, PROT_READ);
  ::mprotect(none.bytes().data(), 2 * kPageSize, PROT_NONE);
  const LiveChild child;
  for (const Area* area : {&read_only, &none}) {
    const Saved saved(image_of(child.process(), area->range()));
    const Bytes then = child.read(area->range());
    child.write(area->page(1), filled(kPageSize, 0xee));
    EXPECT_EQ(restore_to(child, saved).plan.pages(), 1U);
    EXPECT_EQ(child.read(area->range()), then);
  }
}

TEST(Restore, PagesThatNeverWereTouchedStayAway) {
  const Area area(4096);
  const LiveChild child;
  const Saved saved(
      image_of(child.process(), area.range(), [](std::uint64_t) { return PageState::zero; }));
  child.write(area.page(100), filled(kPageSize, 0xee));
  ASSERT_EQ(resident(child, area.range()), 1U);
  EXPECT_EQ(restore_to(child, saved).plan.pages_zero, 1U);
  EXPECT_EQ(child.read({area.page(100), area.page(101)}), filled(kPageSize, 0));
  EXPECT_EQ(resident(child, area.range()), 1U);
}

TEST(Restore, DataComesBackWhereNothingIs) {
  const Area area(8);
  fill(area, 1);
  const LiveChild child([&] {
    ::kill(::getpid(), SIGSTOP);
    ::madvise(area.bytes().data(), area.bytes().size(), MADV_DONTNEED);
    for (;;) ::pause();
  });
  const Process process = child.process();
  ASSERT_TRUE(eventually([&] { return process.thread(child.pid())->state == 'T'; }));
  const Saved saved(image_of(process, area.range()));
  const Bytes then = child.read(area.range());
  child.signal_until(SIGCONT, 'S');
  ASSERT_EQ(resident(child, area.range()), 0U);
  EXPECT_EQ(restore_to(child, saved).plan.pages_data, 8U);
  EXPECT_EQ(child.read(area.range()), then);
}

class RestoreFile : public ::testing::Test {
 protected:
  RestoreFile() {
    write_file(path_, filled(4 * kPageSize, 'f'));
    fd_.reset(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  static PageState file_state(std::uint64_t) { return PageState::file; }

  TempDir dir_;
  std::string path_ = dir_ / "file";
  UniqueFd fd_;
};

TEST_F(RestoreFile, PagesOfTheFileComeFromTheFile) {
  const Area area(4, Area::kReadWrite, MAP_PRIVATE, fd_.get());
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range(), file_state));
  child.write(area.page(2) + 5, filled(10, 'x'));
  const RestoreReport report = restore_to(child, saved);
  EXPECT_EQ(report.plan.pages_file, 1U);
  EXPECT_EQ(report.plan.pages_same, 3U);
  EXPECT_EQ(child.read(area.range()), filled(4 * kPageSize, 'f'));
}

TEST_F(RestoreFile, AModifiedPageThatWasDropped) {
  const Area area(4, Area::kReadWrite, MAP_PRIVATE, fd_.get());
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range(), [&](std::uint64_t page) {
    return page == area.page(0) ? PageState::zero : PageState::file;
  }));
  EXPECT_EQ(restore_to(child, saved).plan.pages_zero, 1U) << "not there, but no zeros either";
  EXPECT_EQ(child.read({area.page(0), area.page(1)}), filled(kPageSize, 0));
}

TEST_F(RestoreFile, AnotherFileIsAnErrorBeforeAnythingIsWritten) {
  const Area mapped(4, Area::kReadWrite, MAP_PRIVATE, fd_.get());
  const LiveChild child;
  const Saved saved(image_of(child.process(), mapped.range(), file_state));
  child.write(mapped.page(0), filled(kPageSize, 'x'));
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(::futimens(fd_.get(), times), 0);
  EXPECT_THAT(failure(child, saved),
              HasSubstr(path_ + ": is not the file that the image refers to: another "
                                "modification time (found 1"));
  EXPECT_EQ(child.read({mapped.page(0), mapped.page(1)}), filled(kPageSize, 'x'));
}

TEST(Restore, SharedPagesAreLeftUnlessTold) {
  const Area area(4, Area::kReadWrite, kShared);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  const Bytes then = child.read(area.range());
  EXPECT_EQ(failure(child, saved), "") << "nothing differs";
  fill(area, 0x77);
  EXPECT_EQ(
      failure(child, saved),
      about(child, str("4 pages of shared mappings differ, the first at ", hex(area.page(0)))));
  const RestoreReport kept = restore_to(child, saved, {.shared = SharedPages::keep});
  EXPECT_EQ(kept.plan.pages_kept, 4U);
  EXPECT_EQ(area.bytes()[0], std::byte{0x77});
  EXPECT_EQ(restore_to(child, saved, {.shared = SharedPages::write}).plan.pages(), 4U);
  EXPECT_EQ(child.read(area.range()), then);
}

TEST(Restore, SharedPagesWithoutWriteAccess) {
  const Area area(1, Area::kReadWrite, kShared);
  fill(area, 1);
  ::mprotect(area.bytes().data(), kPageSize, PROT_READ);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  ::mprotect(area.bytes().data(), kPageSize, PROT_READ | PROT_WRITE);
  fill(area, 2);
  EXPECT_EQ(failure(child, saved, {.shared = SharedPages::write}),
            about(child, str("the shared page at ", hex(area.page(0)),
                             " differs, and the process has it without write access")));
}

TEST(Restore, SkippedPagesAreLeftAlone) {
  const Area area(4);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range(), [&](std::uint64_t page) {
    return page == area.page(1) ? PageState::skipped : PageState::zero;
  }));
  EXPECT_EQ(restore_to(child, saved).plan.pages_skipped, 1U);
  EXPECT_EQ(child.read({area.page(1), area.page(2)}), filled(kPageSize, 2));
}

TEST(Restore, DryRunWritesNothing) {
  const Area area(4);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  child.write(area.page(1), filled(kPageSize, 0xee));
  const RestoreReport report = restore_to(child, saved, {.dry_run = true});
  ASSERT_EQ(report.plan.writes.size(), 1U);
  EXPECT_EQ(report.plan.writes[0].start, area.page(1));
  EXPECT_EQ(report.plan.writes[0].end, area.page(2));
  EXPECT_EQ(child.read({area.page(1), area.page(2)}), filled(kPageSize, 0xee));
}

TEST(Restore, ARangeLimitsIt) {
  const Area area(4);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), area.range()));
  child.write(area.page(0), filled(4 * kPageSize, 0xee));
  const RestoreReport report = restore_to(child, saved, {.range = {{area.page(1), area.page(2)}}});
  EXPECT_EQ(report.plan.pages(), 1U);
  EXPECT_EQ(child.read({area.page(0), area.page(1)}), filled(kPageSize, 0xee));
  EXPECT_EQ(child.read({area.page(1), area.page(2)}), filled(kPageSize, 2));
  EXPECT_EQ(child.read({area.page(2), area.page(3)}), filled(kPageSize, 0xee));
  EXPECT_THAT(failure(child, saved, {.range = {{area.page(1), area.page(5)}}}),
              HasSubstr("image: --range is not inside the image's range"));
  EXPECT_THAT(failure(child, saved, {.range = {{area.page(1) + 1, area.page(2)}}}),
              HasSubstr("--range is not made of whole pages"));
}

/// An image in which the pages of @area are among others, those at its end in no
/// mapping, and two were not saved.
class RestoreOfNothing : public ::testing::Test {
 protected:
  static Bytes image(const Area& area) {
    ImageBuilder image(area.page(0), area.page(8));
    image.info().pid = 1;
    image.map(area.page(0), area.page(4))
        .zero(area.page(0), area.page(2))
        .skipped(area.page(2), area.page(4), PROC_CHECKPOINT_SKIP_SECRET);
    return image.build();
  }

  [[nodiscard]] std::string failure_at(std::size_t first, std::size_t last) const {
    RestoreRequest request{.range = {{area_.page(first), area_.page(last)}}, .other_process = true};
    return failure(child_, saved_, request);
  }
  [[nodiscard]] std::string pages(std::size_t first, std::size_t last) const {
    return range_text(area_.page(first), area_.page(last));
  }

  const Area area_{4};
  const LiveChild child_;
  const Saved saved_{image(area_)};
};

TEST_F(RestoreOfNothing, ThatWasMappedIsRefused) {
  EXPECT_EQ(failure_at(5, 7), str("image: nothing was mapped in this range (found ", pages(5, 7),
                                  ", expected some of ", pages(0, 4), " below)"));
}

TEST_F(RestoreOfNothing, ThatWasSavedIsRefused) {
  EXPECT_EQ(failure_at(2, 8), str("image: all pages of this range were skipped: secret (found ",
                                  pages(2, 8), ", expected some pages that were saved)"));
}

TEST_F(RestoreOfNothing, ThatDiffersIsNoError) {
  EXPECT_EQ(failure_at(0, 4), "");
  EXPECT_EQ(failure_at(1, 3), "");
}

// What is traced by somebody cannot be stopped: that would be the error.
TEST_F(RestoreOfNothing, DoesNotStopTheProcess) {
  const LiveChild tracer([&] {
    if (::ptrace(PTRACE_SEIZE, child_.pid(), nullptr, nullptr) != 0) ::_exit(1);
    for (;;) ::pause();
  });
  const Process process = child_.process();
  if (!eventually([&] { return process.thread(child_.pid())->tracer == tracer.pid(); }))
    GTEST_SKIP() << "a sibling cannot be traced here";
  EXPECT_THAT(failure_at(0, 4), HasSubstr("cannot be stopped"));
  EXPECT_THAT(failure_at(5, 7), HasSubstr("nothing was mapped in this range"));
}

TEST(Restore, OfAMappingThatHasGrownIsRefusedUnlessTold) {
  const Area area(4);
  fill(area, 1);
  const LiveChild child;
  const Saved saved(image_of(child.process(), {.start = area.page(0), .end = area.page(2)}));
  child.write(area.page(0), filled(4 * kPageSize, 0xee));
  RestoreRequest request{.range = area.range(), .map_name = "pile"};
  EXPECT_EQ(failure(child, saved, request),
            str("image: what is called 'pile' now is not all in the image's range (found ",
                range_text(area.page(0), area.page(4)), ", expected within ",
                range_text(area.page(0), area.page(2)), ")"));
  request.leave_extra = true;
  const RestoreReport report = restore_to(child, saved, request);
  EXPECT_EQ(extra_text(report.extra), range_text(area.page(2), area.page(4)));
  EXPECT_EQ(child.read({area.page(1), area.page(2)}), filled(kPageSize, 2));
  EXPECT_EQ(child.read({area.page(2), area.page(3)}), filled(kPageSize, 0xee));
}

TEST(Restore, OfAMappingThatTheImageDoesNotHaveIsRefused) {
  const Area area(4);
  const LiveChild child;
  const Saved saved(image_of(child.process(), {.start = area.page(0), .end = area.page(2)}));
  EXPECT_THAT(
      failure(child, saved,
              {.range = {{area.page(2), area.page(4)}}, .map_name = "pile", .leave_extra = true}),
      HasSubstr("image: what is called 'pile' now is not in the image's range"));
}

TEST(Restore, RefusesAnotherProcess) {
  const Area area(1);
  const LiveChild child;
  const LiveChild other;
  const Saved saved(image_of(child.process(), area.range()));
  EXPECT_THAT(failure(other, saved),
              HasSubstr(about(other, str("is not the process that the image is of (found process ",
                                         other.pid(), ", started "))));
  EXPECT_EQ(failure(other, saved, {.other_process = true}), "");
}

TEST(Restore, RefusesAProcessThatStartedAtAnotherTime) {
  const Area area(1);
  const LiveChild child;
  const Bytes bytes = image_of(child.process(), area.range());
  ImageBuilder image(area.page(0), area.page(1));
  image.info().pid = static_cast<std::uint32_t>(child.pid());
  image.info().start_time_ns = (child.process().stat()->start_time + 1) * 10'000'000;
  image.map(area.page(0), area.page(1)).zero(area.page(0), area.page(1));
  EXPECT_THAT(failure(child, Saved(image.build())),
              HasSubstr("is not the process that the image is of"));
  image.info().start_time_ns -= 1;  // a part of a tick
  EXPECT_EQ(failure(child, Saved(image.build())), "");
}

TEST(Restore, RefusesWhatIsMappedBesidesUnlessTold) {
  const Area area(8);
  fill(area, 1);
  const LiveChild child([&] {
    ::munmap(area.bytes().data() + 4 * kPageSize, kPageSize);
    ::kill(::getpid(), SIGSTOP);
    static_cast<void>(::mmap(area.bytes().data() + 4 * kPageSize, kPageSize, Area::kReadWrite,
                             Area::kAnonymous | MAP_FIXED, -1, 0));
    for (;;) ::pause();
  });
  const Process process = child.process();
  ASSERT_TRUE(eventually([&] { return process.thread(child.pid())->state == 'T'; }));
  const Saved saved(image_of(process, area.range()));
  child.signal_until(SIGCONT, 'S');
  child.write(area.page(0), filled(kPageSize, 0xee));
  const std::string extra = range_text(area.page(4), area.page(5));
  EXPECT_EQ(failure(child, saved),
            about(child, "memory is mapped now that was not then (found " + extra + ")"));
  EXPECT_EQ(child.read({area.page(0), area.page(1)}), filled(kPageSize, 0xee));
  const RestoreReport report = restore_to(child, saved, {.leave_extra = true});
  EXPECT_EQ(extra_text(report.extra), extra);
  EXPECT_EQ(child.read({area.page(0), area.page(1)}), filled(kPageSize, 1));
}

TEST(Restore, RefusesAnotherLayout) {
  const Area area(8);
  const LiveChild child;
  ImageBuilder image(area.page(0), area.page(8));
  image.map(area.page(0), area.page(8), "", PROC_CHECKPOINT_PROT_READ)
      .zero(area.page(0), area.page(8));
  EXPECT_EQ(failure(child, Saved(image.build()), {.other_process = true}),
            about(child, range_text(area.page(0), area.page(8)) +
                             " is another mapping than then (found rw-p, expected r--p)"));
}

/// Memory of which a page cannot be written.
class FailingMemory : public ProcessMemory {
 public:
  FailingMemory(const Process& process, std::uint64_t at) : ProcessMemory(process), at_(at) {}
  void write(std::uint64_t address, ByteView bytes) override {
    if (at_ < address || at_ >= address + bytes.size()) return ProcessMemory::write(address, bytes);
    ProcessMemory::write(address, bytes.first(at_ - address));
    throw Error(Error::Kind::failed, "process", "no such luck");
  }

 private:
  std::uint64_t at_;
};

class HalfWay : public ::testing::Test {
 protected:
  HalfWay() {
    fill(area_, 1);
    child_.emplace();
    write_file(path_, image_of(child_->process(), area_.range()));
    saved_.emplace(path_);
    // Three runs to write, the middle one of several batches.
    for (const auto& [first, count] : {std::pair{1, 2}, {100, 600}, {800, 3}})
      child_->write(area_.page(first), filled(count * kPageSize, 0xee));
    before_ = child_->read(area_.range());
  }

  /// Writes, by @memory; the error.
  std::string write_by(
      ProcessMemory& memory, const std::function<void()>& at_pause = [] {}) {
    const Process process = child_->process();
    const HeldSignals signals;
    const StoppedProcess stopped(process, signals);
    const auto mappings = process.live_mappings();
    const UniqueFd pagemap = process.open_pagemap();
    const RestorePlan plan = plan_restore({.snapshot = **saved_,
                                           .range = area_.range(),
                                           .mappings = mappings,
                                           .memory = memory,
                                           .pagemap_fd = pagemap.get(),
                                           .at_pause = [] {}});
    EXPECT_EQ(plan.pages(), 2U + 598U + 3U) << "two pages had that content already";
    try {
      prepare_();
      write_plan(plan, **saved_, memory, at_pause, [&] {
        ++losses_;
        return may_stop_ && leave_stopped(process);
      });
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const Area area_{900};
  std::optional<LiveChild> child_;
  TempDir dir_;
  std::string path_ = dir_ / "image";
  std::optional<Saved> saved_;
  Bytes before_;
  std::function<void()> prepare_ = [] {};
  int losses_ = 0;
  bool may_stop_ = true;
};

TEST_F(HalfWay, APageThatCannotBeWrittenPutsAllBack) {
  for (const std::size_t page : {1, 2, 100, 101, 400, 699, 802}) {
    const Process process = child_->process();
    FailingMemory memory(process, area_.page(page));
    EXPECT_EQ(write_by(memory), "process: no such luck; the old contents are back");
    EXPECT_EQ(child_->read(area_.range()), before_) << "at page " << page;
  }
  EXPECT_EQ(losses_, 0);
}

TEST_F(HalfWay, AnImageThatIsCutOffMeanwhilePutsAllBack) {
  const Process process = child_->process();
  ProcessMemory memory(process);
  prepare_ = [this] { ASSERT_EQ(::truncate(path_.c_str(), 500 * kPageSize), 0); };
  EXPECT_THAT(write_by(memory), HasSubstr(path_ + ": cannot be read any more, for "));
  EXPECT_EQ(child_->read(area_.range()), before_);
}

TEST_F(HalfWay, ASignalPutsAllBack) {
  const Process process = child_->process();
  ProcessMemory memory(process);
  const HeldSignals signals;
  int pauses = 0;
  EXPECT_EQ(write_by(memory,
                     [&] {
                       if (++pauses == 3) ::raise(SIGTERM);
                       signals.check();
                     }),
            "interrupted by SIGTERM; the old contents are back");
  EXPECT_EQ(pauses, 3);
  EXPECT_EQ(child_->read(area_.range()), before_);
}

TEST_F(HalfWay, WhateverIsThrownPutsAllBack) {
  const Process process = child_->process();
  ProcessMemory memory(process);
  int pauses = 0;
  EXPECT_EQ(write_by(memory,
                     [&] {
                       if (++pauses == 3) throw std::runtime_error("out of luck");
                     }),
            "out of luck; the old contents are back");
  EXPECT_EQ(child_->read(area_.range()), before_);
}

/// A signal comes when a step begins.
class SignalAt : public Steps {
 public:
  explicit SignalAt(std::string step) : step_(std::move(step)) {}
  void begin(std::string what, std::uint64_t /*total*/) override {
    if (what == step_) ::raise(SIGTERM);
  }
  void advance(std::uint64_t /*bytes*/) override {}

 private:
  std::string step_;
};

TEST_F(HalfWay, ARestoreLooksForSignalsInEachStep) {
  for (const char* step : {"comparing", "writing"}) {
    SignalAt steps(step);
    try {
      restore(child_->process(), **saved_, {}, steps);
      ADD_FAILURE() << step;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("interrupted by SIGTERM"));
    }
    EXPECT_EQ(child_->read(area_.range()), before_);
  }
}

/// Memory that stays as it is from some write on.
class StubbornMemory : public ProcessMemory {
 public:
  using ProcessMemory::ProcessMemory;
  void write(std::uint64_t address, ByteView bytes) override {
    if (++writes_ > 1) throw Error(Error::Kind::failed, "process", "no such luck");
    ProcessMemory::write(address, bytes);
  }

 private:
  int writes_ = 0;
};

TEST_F(HalfWay, WhatCannotBePutBackIsSaid) {
  const Process process = child_->process();
  StubbornMemory memory(process);
  EXPECT_EQ(write_by(memory),
            str("process: no such luck; the old contents of 2 pages could not be put back, "
                "the first at ",
                hex(area_.page(1)), ", so the process is left stopped (SIGSTOP)"));
  EXPECT_EQ(losses_, 1);
  EXPECT_TRUE(eventually([&] { return process.stat()->state == 'T'; }));
}

TEST_F(HalfWay, WhatCannotBePutBackOrStoppedIsSaid) {
  const Process process = child_->process();
  StubbornMemory memory(process);
  may_stop_ = false;
  EXPECT_THAT(write_by(memory), HasSubstr(", and the process, which may not be stopped, goes on "
                                          "without them"));
}

TEST_F(HalfWay, WithoutRoomForTheOldContentsNothingIsWritten) {
  const Process process = child_->process();
  ProcessMemory memory(process);
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  prepare_ = [this] { ::setenv("TMPDIR", (dir_ / "none").c_str(), 1); };
  EXPECT_THAT(write_by(memory), HasSubstr("cannot keep the old contents"));
  before != nullptr ? ::setenv("TMPDIR", saved.c_str(), 1) : ::unsetenv("TMPDIR");
  EXPECT_EQ(child_->read(area_.range()), before_);
}

}  // namespace
}  // namespace checkpoint
