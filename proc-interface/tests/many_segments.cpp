// SPDX-License-Identifier: GPL-2.0-or-later
// More segments than an ELF header can count: PN_XNUM.
#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <regex>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

/// @pages pages of which every other one is written: a segment each.
Area checkered(std::size_t pages) {
  Area area(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  for (std::size_t i = 0; i < pages; i += 2) touch(area.page(i));
  return area;
}

Elf64_Ehdr header_of(const char* path) {
  Elf64_Ehdr header{};
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&header), sizeof header);
  return header;
}

}  // namespace

// Not scaled: the number is what is tested.
TEST_CASE(at_the_limit_and_above) {
  require_thorough();
  for (std::size_t segments = 65534; segments <= 65535; segments++) {
    // Two segments are notes.
    Area area = checkered(segments - 2);
    Checkpointer self;
    REQUIRE_EQ(self.full(area.range(), "many"), 0);
    checkpoint::Image image = open_image("many");
    EXPECT_EQ(image.runs().size(), segments - 2);
    Elf64_Ehdr header = header_of("many");
    if (segments >= PN_XNUM) {
      EXPECT_EQ(header.e_phnum, PN_XNUM);
      EXPECT_EQ(header.e_shnum, 1);
    } else {
      EXPECT_EQ(header.e_phnum, segments);
      EXPECT_EQ(header.e_shnum, 0);
    }
    unlink("many");
  }
}

TEST_CASE(the_chain_is_exact_and_readelf_is_content) {
  const bool extended = thorough();
  Area area = checkered(extended ? 65600 : 1600);
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "full"), 0);
  for (std::size_t i = 0; i < area.pages(); i += 3) touch(area.page(i));
  REQUIRE_EQ(self.inc(area.range(), "inc"), 0);
  expect_chain_equals_memory({"full", "inc"}, area.range());

  Output output = run({"readelf", "-h", "-l", "-n", "-W", "full"});
  if (output.status == 127) SKIP("no readelf");
  EXPECT_EQ(output.status, 0);
  EXPECT(output.text.find("arning") == std::string::npos, output.text.substr(0, 500));
  const std::regex number(std::string("Number of program headers: +") +
                          (extended ? "65535 \\(65602\\)" : "1602") + "\n");
  EXPECT(std::regex_search(output.text.substr(0, 1500), number), output.text.substr(0, 1500));
}

// The kernel keeps long ones in another way.
TEST_CASE(short_and_long_ones_in_turn) {
  const std::size_t lengths[] = {1, 2047, 1, 2048, 2, 2049, 4096, 3};
  std::size_t pages = 0;
  for (std::size_t length : lengths) pages += length;
  Area area(pages);
  REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_NOHUGEPAGE));
  Checkpointer self;
  // Data and holes change places in the second round.
  for (std::size_t data : {0u, 1u}) {
    REQUIRE_CALL(madvise(area.data(), area.bytes(), MADV_DONTNEED));
    std::size_t page = 0;
    for (std::size_t i = 0; i < std::size(lengths); i++)
      for (std::size_t end = page + lengths[i]; page < end; page++)
        if (i % 2 == data) touch(area.page(page));
    REQUIRE_EQ(self.full(area.range(), "turns"), 0);
    {
      checkpoint::Image image = open_image("turns");
      REQUIRE_EQ(image.runs().size(), std::size(lengths));
      for (std::size_t i = 0; i < std::size(lengths); i++)
        EXPECT_EQ(image.runs()[i].size(), lengths[i] * page_size, "run", i);
    }
    expect_chain_equals_memory({"turns"}, area.range());
    unlink("turns");
  }
}
