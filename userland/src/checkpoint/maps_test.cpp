// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kLine = "1000-3000 rw-s 00002000 08:1f 4711     /a b\\012c (deleted)\n";

TEST(Maps, ReadsALine) {
  const auto mappings = parse_maps(kLine);
  ASSERT_EQ(mappings.size(), 1U);
  const Mapping& mapping = mappings.front();
  EXPECT_EQ(mapping.start, 0x1000U);
  EXPECT_EQ(mapping.end, 0x3000U);
  EXPECT_EQ(protection_text(mapping), "rw-s");
  EXPECT_EQ(mapping.offset, 0x2000U);
  EXPECT_EQ(mapping.dev_major, 8U);
  EXPECT_EQ(mapping.dev_minor, 0x1fU);
  EXPECT_EQ(mapping.inode, 4711U);
  EXPECT_EQ(mapping.name, "/a b\nc (deleted)");
}

TEST(Maps, ReadsTheMapsOfThisProcess) {
  EXPECT_GT(parse_maps(read_file("/proc/self/maps")).size(), 10U);
}

TEST(Maps, RefusesALineThatIsNone) {
  for (const char* text :
       {"\n", "1000\n", "1000-2000\n", "1000-2000 rw\n", "1000-2000 rwxp 0 8 1\n",
        "1000-2000 rwxp 0 8:x 1\n", "2000-1000 rwxp 0 8:1 1\n"})
    EXPECT_THROW(parse_maps(text), Error) << text;
}

class FindMapping : public ::testing::Test {
 protected:
  std::vector<Mapping> mappings_ = {
      {.start = 0x1000, .end = 0x2000, .name = "/usr/lib/libc.so.6"},
      {.start = 0x2000, .end = 0x4000, .name = "/usr/lib/libc.so.6"},
      {.start = 0x5000, .end = 0x6000, .name = "[heap]"},
      {.start = 0x6000, .end = 0x7000, .name = ""},
      {.start = 0x7000, .end = 0x8000, .name = "[anon:pool/x]"},
      {.start = 0x8000, .end = 0x9000, .name = "/memfd:x"},
      {.start = 0xa000, .end = 0xb000, .name = "/memfd:x"},
  };

  std::string problem(std::string_view name) {
    try {
      find_mapping(mappings_, name);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }
};

TEST_F(FindMapping, TakesNamesAndPaths) {
  const AddressRange libc{0x1000, 0x4000};
  EXPECT_EQ(find_mapping(mappings_, "libc.so.6"), libc);
  EXPECT_EQ(find_mapping(mappings_, "/usr/lib/libc.so.6"), libc);
  EXPECT_EQ(find_mapping(mappings_, "heap"), (AddressRange{0x5000, 0x6000}));
  EXPECT_EQ(find_mapping(mappings_, "[heap]"), (AddressRange{0x5000, 0x6000}));
  EXPECT_EQ(find_mapping(mappings_, "anon:pool/x"), (AddressRange{0x7000, 0x8000}));
}

TEST_F(FindMapping, RefusesWhatIsNotThere) {
  EXPECT_THAT(problem("stack"), HasSubstr("no mapping is called 'stack'"));
  EXPECT_THAT(problem(""), HasSubstr("no mapping is called ''"));
  EXPECT_THAT(problem("libc"), HasSubstr("no mapping is called"));
}

TEST_F(FindMapping, RefusesMappingsWithAHoleBetween) {
  EXPECT_THAT(problem("memfd:x"),
              HasSubstr("do not follow each other (found 0x8000-0x9000, 0xa000-0xb000)"));
}

TEST_F(FindMapping, RefusesMappingsThatDoNotAscend) {
  std::swap(mappings_.front(), mappings_[1]);
  EXPECT_THAT(problem("libc.so.6"), HasSubstr("do not follow each other"));
}

TEST(ParseSmaps, TellsTheFlags) {
  const auto mappings = parse_smaps(
      "00001000-00003000 rw-p 00002000 08:01 4711                               /usr/bin/sample\n"
      "Size:                  8 kB\n"
      "VmFlags: rd wr mr mw me lo ac dd sd nr wf dc ht \n"
      "00005000-00009000 rw-s 00000000 00:00 0 \n"
      "VmFlags: rd wr gd io um\n"
      "0000a000-0000b000 ---p 00000000 00:00 0 \n"
      "ProtectionKey:         0\n"
      "VmFlags: rd pf uw\n"
      "0000b000-0000c000 ---p 00000000 00:00 0 \n");
  ASSERT_EQ(mappings.size(), 4U);
  EXPECT_EQ(mapping_flags_text(mappings[0].flags),
            "file,hugetlb,locked,dontdump,wipeonfork,noreserve,dontfork");
  EXPECT_EQ(mappings[0].offset, 0x2000U);
  EXPECT_EQ(mappings[0].name, "/usr/bin/sample");
  EXPECT_FALSE(mappings[0].userfaultfd);
  EXPECT_EQ(mapping_flags_text(mappings[1].flags), "shared,growsdown,device");
  EXPECT_TRUE(mappings[1].userfaultfd);
  EXPECT_EQ(mapping_flags_text(mappings[2].flags), "device");
  EXPECT_TRUE(mappings[2].userfaultfd);
  EXPECT_EQ(mappings[3].flags, 0U);
}

TEST(ParseSmaps, RefusesWhatItCannotRead) {
  EXPECT_THROW(parse_smaps("Size: 8 kB\n"), Error);
  EXPECT_THROW(parse_smaps("1000-2000 rw-p\n"), Error);
}

}  // namespace
}  // namespace checkpoint
