// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/layout_check.h"

#include <gtest/gtest.h>

#include "checkpoint/error.h"

namespace checkpoint {
namespace {

constexpr std::uint32_t kRead = PROC_CHECKPOINT_PROT_READ;
constexpr std::uint32_t kWrite = PROC_CHECKPOINT_PROT_WRITE;

Mapping heap() {
  return {.start = 0x10000, .end = 0x14000, .prot = kRead | kWrite, .name = "[heap]"};
}

Mapping library() {
  return {.start = 0x20000,
          .end = 0x23000,
          .offset = 0x5000,
          .prot = kRead,
          .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF,
          .dev_major = 8,
          .dev_minor = 1,
          .inode = 47,
          .name = "/lib/x"};
}

class CheckLayout : public ::testing::Test {
 protected:
  /// The error, or the extra ranges.
  std::string check(const std::vector<Mapping>& now, AddressRange range = {0, 0x40000}) {
    std::vector<LiveMapping> live;
    for (const Mapping& mapping : now) live.push_back({mapping});
    try {
      return extra_text(check_layout({heap(), library()}, live, range));
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// The same with the library as @change makes it.
  template <typename Change>
  std::string changed(Change change) {
    Mapping mapping = library();
    change(mapping);
    return check({heap(), mapping});
  }
};

TEST_F(CheckLayout, TakesTheSame) {
  EXPECT_EQ(check({heap(), library()}), "");
}

TEST_F(CheckLayout, TakesMappingsThatWereSplit) {
  Mapping first = library();
  first.end = 0x21000;
  Mapping second = library();
  second.start = 0x21000;
  second.offset = 0x6000;
  EXPECT_EQ(check({heap(), first, second}), "");
  second.offset = 0x5000;
  EXPECT_EQ(
      check({heap(), first, second}),
      "0x21000-0x23000 is another mapping than then (found r--p offset 0x5000 of 8:1 inode 47 "
      "/lib/x, expected r--p offset 0x6000 of 8:1 inode 47 /lib/x)");
}

TEST_F(CheckLayout, TakesOtherAdvice) {
  EXPECT_EQ(changed([](Mapping& m) { m.flags |= PROC_CHECKPOINT_MAP_DONTDUMP; }), "");
}

TEST_F(CheckLayout, RefusesWhatIsGone) {
  EXPECT_EQ(check({library()}),
            "0x10000-0x14000 is not mapped any more (found nothing, expected rw-p [heap])");
  Mapping shrunk = heap();
  shrunk.end = 0x13000;
  EXPECT_EQ(check({shrunk, library()}),
            "0x13000-0x14000 is not mapped any more (found nothing, expected rw-p [heap])");
}

TEST_F(CheckLayout, RefusesAnotherKindOfMapping) {
  const auto differs = [&](auto change) {
    return changed(change).starts_with("0x20000-0x23000 is another mapping than then (found ");
  };
  EXPECT_TRUE(differs([](Mapping& m) { m.prot |= kWrite; }));
  EXPECT_TRUE(differs([](Mapping& m) { m.inode += 1; }));
  EXPECT_TRUE(differs([](Mapping& m) { m.dev_major += 1; }));
  EXPECT_TRUE(differs([](Mapping& m) { m.dev_minor += 1; }));
  EXPECT_TRUE(differs([](Mapping& m) { m.offset += 0x1000; }));
  for (const auto flag :
       {PROC_CHECKPOINT_MAP_SHARED, PROC_CHECKPOINT_MAP_FILE, PROC_CHECKPOINT_MAP_HUGETLB,
        PROC_CHECKPOINT_MAP_GROWSDOWN, PROC_CHECKPOINT_MAP_DEVICE})
    EXPECT_TRUE(differs([&](Mapping& m) { m.flags ^= static_cast<std::uint32_t>(flag); })) << flag;
}

TEST_F(CheckLayout, ListsWhatIsMappedBesides) {
  Mapping grown = heap();
  grown.end = 0x16000;
  const Mapping other{.start = 0x30000, .end = 0x31000, .prot = kRead};
  EXPECT_EQ(check({grown, library(), other}), "0x14000-0x16000 [heap], 0x30000-0x31000");
}

TEST_F(CheckLayout, LooksAtTheRangeAlone) {
  EXPECT_EQ(check({library()}, {0x14000, 0x40000}), "");
  EXPECT_EQ(check({library()}, {0x22000, 0x23000}), "");
  EXPECT_EQ(check({heap()}, {0x10000, 0x20000}), "");
  EXPECT_EQ(check({heap()}, {0x22000, 0x23000}),
            "0x22000-0x23000 is not mapped any more (found nothing, expected r--p offset 0x7000 of "
            "8:1 inode 47 /lib/x)");
}

TEST(CheckProgram, LooksWhereStackAndVdsoAre) {
  const Mapping stack{.start = 0x70000, .end = 0x80000, .prot = kRead | kWrite, .name = "[stack]"};
  const Mapping vdso{.start = 0x90000, .end = 0x92000, .prot = kRead, .name = "[vdso]"};
  const auto check = [&](const std::vector<Mapping>& now, AddressRange range = {0, 0x100000}) {
    std::vector<LiveMapping> live;
    for (const Mapping& mapping : now) live.push_back({mapping});
    try {
      check_program({heap(), stack, vdso}, live, range);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(check({stack, vdso}), "");
  Mapping grown = stack;
  grown.start = 0x60000;
  EXPECT_EQ(check({grown, vdso}), "");
  Mapping other = stack;
  other.end = 0x7f000;
  EXPECT_EQ(check({other, vdso}),
            "executes another program now, or the same one anew: its [stack] is at another place "
            "(found 0x7f000, expected 0x80000)");
  EXPECT_EQ(check({other, vdso}, {0x71000, 0x80000}), "") << "the range ends there";
  other = vdso;
  other.start = 0x91000;
  EXPECT_EQ(check({stack, other}),
            "executes another program now, or the same one anew: its [vdso] is at another place "
            "(found 0x91000, expected 0x90000)");
  EXPECT_EQ(check({stack}),
            "executes another program now, or the same one anew: its [vdso] is at another place "
            "(found nothing, expected 0x90000)");
}

}  // namespace
}  // namespace checkpoint
