// SPDX-License-Identifier: GPL-2.0-or-later
// What restore_test.cpp does not reach: mappings that other rules hold for.
#include "checkpoint/restore_plan.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/image_builder.h"
#include "checkpoint/test_support/live_child.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

/// Makes a plan for this process itself, which need not be stopped for that.
class Plan : public ::testing::Test {
 protected:
  RestorePlan plan(const ImageBuilder& image, const std::vector<LiveMapping>& mappings,
                   SharedPages shared = SharedPages::refuse) {
    const Bytes bytes = image.build();
    std::vector<Image> images;
    images.push_back(Image::from_bytes(bytes, "image"));
    const Chain chain = Chain::from_images(std::move(images));
    const Snapshot snapshot(chain);
    const ProcessMemory memory(self_);
    const UniqueFd pagemap = self_.open_pagemap();
    const Info& info = chain.newest().info();
    return plan_restore({.snapshot = snapshot,
                         .range = {.start = info.start, .end = info.end},
                         .mappings = mappings,
                         .shared = shared,
                         .memory = memory,
                         .pagemap_fd = pagemap.get(),
                         .at_pause = [this] { ++pauses_; }});
  }

  std::string failure(const ImageBuilder& image, const std::vector<LiveMapping>& mappings,
                      SharedPages shared = SharedPages::refuse) {
    try {
      plan(image, mappings, shared);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  /// What @area is to the process, with flags that it has not.
  static LiveMapping as(const Area& area, std::uint32_t flags, std::string name = "") {
    LiveMapping mapping;
    mapping.start = area.range().start;
    mapping.end = area.range().end;
    mapping.prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE;
    mapping.flags = flags;
    mapping.name = std::move(name);
    return mapping;
  }

  static ImageBuilder image_with(const Area& area, unsigned char fill) {
    ImageBuilder image(area.range().start, area.range().end);
    image.map(area.range().start, area.range().end)
        .data(area.range().start, area.range().end, fill);
    return image;
  }

  const Process self_{"/proc", static_cast<std::uint64_t>(::getpid())};
  int pauses_ = 0;
};

TEST_F(Plan, TheKernelsOwnPagesAreNotWritten) {
  const Area area(1);
  EXPECT_EQ(failure(image_with(area, 'a'), {as(area, 0, "[vdso]")}),
            str("[vdso] differs at ", hex(area.page(0)), ", and is the kernel's"));
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{'a'});
  EXPECT_EQ(plan(image_with(area, 'a'), {as(area, 0, "[vdso]")}).pages_same, 1U);
}

TEST_F(Plan, ReadOnlyHugetlbPagesAreNotWritten) {
  const Area area(1);
  LiveMapping mapping = as(area, PROC_CHECKPOINT_MAP_HUGETLB);
  EXPECT_EQ(plan(image_with(area, 'a'), {mapping}).pages(), 1U);
  mapping.prot = PROC_CHECKPOINT_PROT_READ;
  EXPECT_THAT(failure(image_with(area, 'a'), {mapping}),
              HasSubstr("where the kernel writes nothing"));
}

TEST_F(Plan, ADataPageOfZerosNeedsNoPage) {
  const Area area(4);
  const RestorePlan made = plan(image_with(area, 0), {as(area, 0)});
  EXPECT_EQ(made.pages(), 0U);
  EXPECT_EQ(made.pages_same, 4U);
}

TEST_F(Plan, PausesInALongRun) {
  const Area area(1024);
  std::fill(area.bytes().begin(), area.bytes().end(), std::byte{1});
  EXPECT_EQ(plan(image_with(area, 1), {as(area, 0)}).pages_same, 1024U);
  EXPECT_GE(pauses_, 4);
}

TEST_F(Plan, ARunOverSeveralMappings) {
  const Area area(4);
  LiveMapping first = as(area, 0);
  LiveMapping second = as(area, 0);
  first.end = second.start = area.page(1);
  EXPECT_EQ(plan(image_with(area, 'a'), {first, second}).writes.size(), 1U);
  EXPECT_EQ(failure(image_with(area, 'a'), {first}), hex(area.page(1)) + " is not mapped");
}

/// A range whose missing pages a userfaultfd is asked for, by nobody.
class Userfaultfd {
 public:
  explicit Userfaultfd(const AddressRange& range)
      : fd_(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY))) {
    uffdio_api api{.api = UFFD_API};
    uffdio_register registration{.range = {.start = range.start, .len = range.end - range.start},
                                 .mode = UFFDIO_REGISTER_MODE_MISSING};
    works_ = fd_ && ::ioctl(fd_.get(), UFFDIO_API, &api) == 0 &&
             ::ioctl(fd_.get(), UFFDIO_REGISTER, &registration) == 0;
  }
  [[nodiscard]] bool works() const { return works_; }

 private:
  UniqueFd fd_;
  bool works_ = false;
};

TEST_F(Plan, PagesThatAUserfaultfdHandles) {
  const Area area(4);
  area.bytes()[0] = std::byte{1};
  const Userfaultfd handler(area.range());
  if (!handler.works()) GTEST_SKIP() << "no userfaultfd here";
  ImageBuilder image(area.page(0), area.page(4));
  image.map(area.page(0), area.page(4))
      .data(area.page(0), area.page(1), 'a')
      .zero(area.page(1), area.page(4));
  const std::vector<LiveMapping> mappings = self_.live_mappings();
  EXPECT_EQ(failure(image, mappings),
            str("the page at ", hex(area.page(0)),
                " cannot be written: a userfaultfd handles the faults there"));
  image.zero(area.page(0), area.page(1));
  area.bytes()[0] = std::byte{0};
  EXPECT_EQ(plan(image, mappings).pages_same, 4U) << "what is not there needs no fault";
  image.data(area.page(2), area.page(3), 'a');
  EXPECT_THAT(failure(image, mappings), HasSubstr(hex(area.page(2)) + " cannot be written"));
}

TEST_F(Plan, SharedPagesThatAUserfaultfdHandles) {
  const Area area(4, Area::kReadWrite, MAP_SHARED | MAP_ANONYMOUS);
  const Userfaultfd handler(area.range());
  if (!handler.works()) GTEST_SKIP() << "no userfaultfd here";
  ImageBuilder image(area.page(0), area.page(4));
  image.map(area.page(0), area.page(4)).zero(area.page(0), area.page(4));
  EXPECT_EQ(failure(image, self_.live_mappings(), SharedPages::write),
            str("the page at ", hex(area.page(0)),
                " cannot be read: a userfaultfd handles the faults there"));
}

}  // namespace
}  // namespace checkpoint
