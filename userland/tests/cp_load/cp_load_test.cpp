// SPDX-License-Identifier: GPL-2.0-or-later
// What cp_load() loads, and what it refuses.
#include <linux/proc_checkpoint.h>
#include <sys/stat.h>

#include <cstddef>

#include "arena.h"
#include "checkpoint/crc32c.h"

namespace checkpoint {
namespace {

// The header has the format once more: the same.
#define SAME(ours, theirs, field)                                   \
  static_assert(offsetof(ours, field) == offsetof(theirs, field) && \
                sizeof(ours::field) == sizeof(theirs::field))
static_assert(sizeof(cp_load_info_) == sizeof(proc_checkpoint_info));
SAME(cp_load_info_, proc_checkpoint_info, version);
SAME(cp_load_info_, proc_checkpoint_info, info_bytes);
SAME(cp_load_info_, proc_checkpoint_info, kind);
SAME(cp_load_info_, proc_checkpoint_info, page_size);
SAME(cp_load_info_, proc_checkpoint_info, id);
SAME(cp_load_info_, proc_checkpoint_info, parent);
SAME(cp_load_info_, proc_checkpoint_info, seq);
SAME(cp_load_info_, proc_checkpoint_info, start);
SAME(cp_load_info_, proc_checkpoint_info, end);
SAME(cp_load_info_, proc_checkpoint_info, time_ns);
SAME(cp_load_info_, proc_checkpoint_info, pages_data);
SAME(cp_load_info_, proc_checkpoint_info, pages_zero);
SAME(cp_load_info_, proc_checkpoint_info, pages_file);
SAME(cp_load_info_, proc_checkpoint_info, pages_skipped);
SAME(cp_load_info_, proc_checkpoint_info, mappings);
SAME(cp_load_info_, proc_checkpoint_info, stall_ns);
static_assert(sizeof(cp_load_mapping_) == sizeof(proc_checkpoint_mapping));
SAME(cp_load_mapping_, proc_checkpoint_mapping, entry_bytes);
SAME(cp_load_mapping_, proc_checkpoint_mapping, name_bytes);
SAME(cp_load_mapping_, proc_checkpoint_mapping, start);
SAME(cp_load_mapping_, proc_checkpoint_mapping, end);
SAME(cp_load_mapping_, proc_checkpoint_mapping, reserved);
static_assert(sizeof(cp_load_file_run_) == sizeof(proc_checkpoint_file_run));
static_assert(sizeof(cp_load_skipped_run_) == sizeof(proc_checkpoint_skipped_run));
SAME(cp_load_skipped_run_, proc_checkpoint_skipped_run, reason);
static_assert(sizeof(cp_load_end_) == sizeof(proc_checkpoint_end));
SAME(cp_load_end_, proc_checkpoint_end, length);
SAME(cp_load_end_, proc_checkpoint_end, crc32c);
static_assert(CP_LOAD_VERSION_ == PROC_CHECKPOINT_FORMAT_VERSION);
static_assert(std::string_view(CP_LOAD_OWNER_) == PROC_CHECKPOINT_NOTE_NAME);
static_assert(CP_LOAD_NT_INFO_ == PROC_CHECKPOINT_NT_INFO);
static_assert(CP_LOAD_NT_MAP_ == PROC_CHECKPOINT_NT_MAP);
static_assert(CP_LOAD_NT_FILE_PAGES_ == PROC_CHECKPOINT_NT_FILE_PAGES);
static_assert(CP_LOAD_NT_SKIPPED_ == PROC_CHECKPOINT_NT_SKIPPED);
static_assert(CP_LOAD_NT_END_ == PROC_CHECKPOINT_NT_END);
static_assert(CP_LOAD_FULL_ == PROC_CHECKPOINT_KIND_FULL);
static_assert(CP_LOAD_INC_ == PROC_CHECKPOINT_KIND_INC);

class CpLoad : public ::testing::Test {
 protected:
  /// cp_load() of a chain of these.
  std::string loaded(const std::vector<ImageBuilder>& images) {
    std::vector<std::string> paths;
    for (const ImageBuilder& image : images) {
      paths.push_back(dir_ / str("image", paths.size()));
      image.write_to(paths.back());
    }
    return load(arena_, paths);
  }

  /// That it fails with this errno, and leaves the memory as it was.
  void expect_refused(const std::string& error, const std::vector<ImageBuilder>& images) {
    EXPECT_EQ(loaded(images), error);
    EXPECT_EQ(arena_.picture(), "........");
  }

  TempDir dir_;
  Arena arena_{8};
};

TEST_F(CpLoad, AFullImage) {
  EXPECT_EQ(loaded({full_image()}), "0");
  EXPECT_EQ(arena_.picture(), "aabb0000");
}

TEST_F(CpLoad, EachIncOverThoseBefore) {
  ImageBuilder first = inc_image(full_image().info());
  first.data(page(1), page(3), 'c').zero(page(3), page(4)).data(page(7), page(8), 'c');
  ImageBuilder second = inc_image(first.info());
  second.data(page(2), page(3), 'd').zero(page(7), page(8)).data(page(5), page(6), 'd');
  EXPECT_EQ(loaded({full_image(), first}), "0");
  EXPECT_EQ(arena_.picture(), "acc0000c");
  EXPECT_EQ(loaded({full_image(), first, second}), "0");
  EXPECT_EQ(arena_.picture(), "acd00d00");
}

TEST_F(CpLoad, AMergedImage) {
  ImageBuilder merged = full_image();
  merged.info().flags = PROC_CHECKPOINT_INFO_MERGED;
  merged.info().seq = 7;
  EXPECT_EQ(loaded({merged, inc_image(merged.info()).data(page(0), page(1), 'c')}), "0");
  EXPECT_EQ(arena_.picture(), "cabb0000");
}

TEST_F(CpLoad, TheWholePagesOfTheRange) {
  full_image().write_to(dir_ / "image");
  const std::string path = dir_ / "image";
  const char* const images[] = {path.c_str()};
  // From the middle of the page before to that of the page behind.
  EXPECT_EQ(cp_load(arena_.start() - 5, arena_.end() + 5, images, 1), 0);
  EXPECT_EQ(arena_.picture(), "aabb0000");
}

TEST_F(CpLoad, AnotherSizeIsInvalid) {
  full_image().write_to(dir_ / "image");
  const std::string path = dir_ / "image";
  const char* const images[] = {path.c_str()};
  const auto result = [&](unsigned char* start, unsigned char* end, std::size_t count) {
    return errno_name(cp_load(start, end, images, count) == 0 ? 0 : errno);
  };
  EXPECT_EQ(result(arena_.start() + 1, arena_.end(), 1), "EINVAL");
  EXPECT_EQ(result(arena_.start(), arena_.end() - 1, 1), "EINVAL");
  EXPECT_EQ(result(arena_.start(), arena_.end() + kPageSize, 1), "EINVAL");
  EXPECT_EQ(result(arena_.start(), arena_.start(), 1), "EINVAL");
  EXPECT_EQ(result(arena_.end(), arena_.start(), 1), "EINVAL");
  EXPECT_EQ(result(arena_.start(), arena_.end(), 0), "EINVAL");
  EXPECT_EQ(arena_.picture(), "........");
}

TEST_F(CpLoad, MemoryThatIsNotMappedIsAnError) {
  full_image().write_to(dir_ / "image");
  const std::string path = dir_ / "image";
  const char* const images[] = {path.c_str()};
  Arena other(8);
  ASSERT_EQ(::munmap(other.start() + 5 * kPageSize, kPageSize), 0);
  EXPECT_EQ(cp_load(other.start(), other.end(), images, 1), -1);
  EXPECT_EQ(errno_name(errno), "ENOMEM");
  EXPECT_EQ(*other.start(), '.');
}

TEST_F(CpLoad, WhatIsNoImage) {
  EXPECT_EQ(load(arena_, {dir_ / "none"}), "ENOENT");
  EXPECT_EQ(load(arena_, {dir_.path()}), "EBADMSG");
  write_file(dir_ / "empty", "");
  EXPECT_EQ(load(arena_, {dir_ / "empty"}), "EBADMSG");
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(load(arena_, {dir_ / "fifo"}), "EBADMSG");
  EXPECT_EQ(load(arena_, {"/proc/self/exe"}), "EBADMSG");
  EXPECT_EQ(arena_.picture(), "........");
}

TEST_F(CpLoad, ABrokenChain) {
  ImageBuilder inc = inc_image(full_image().info());
  expect_refused("ESTALE", {inc});
  expect_refused("ESTALE", {full_image(), full_image()});
  expect_refused("ESTALE", {full_image(), inc, inc});
  ImageBuilder foreign = inc;
  foreign.info().parent[3] ^= 1;
  expect_refused("ESTALE", {full_image(), foreign});
  ImageBuilder late = inc;
  late.info().seq = 2;
  expect_refused("ESTALE", {full_image(), late});
  ImageBuilder elsewhere = ImageBuilder::inc_on(full_image().info());
  elsewhere.info().start += kPageSize;
  elsewhere.info().end += kPageSize;
  elsewhere.map(page(1), page(9));
  expect_refused("ESTALE", {full_image(), elsewhere});
}

Mapping library() {
  return {.start = page(0),
          .end = page(8),
          .prot = PROC_CHECKPOINT_PROT_READ,
          .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF};
}

TEST_F(CpLoad, PagesOfAFileAreNotSupported) {
  ImageBuilder image(page(0), page(8));
  image.map(library()).data(page(0), page(6), 'a').file(page(6), page(8));
  expect_refused("ENOTSUP", {image});
  ImageBuilder half = ImageBuilder::inc_on(image.info());
  half.map(library()).data(page(6), page(7), 'b');
  expect_refused("ENOTSUP", {image, half});
  // Unless later images have them.
  ImageBuilder rest = ImageBuilder::inc_on(half.info());
  rest.map(library()).data(page(7), page(8), 'c');
  EXPECT_EQ(loaded({image, half, rest}), "0");
  EXPECT_EQ(arena_.picture(), "aaaaaabc");
  ImageBuilder again = ImageBuilder::inc_on(rest.info());
  again.map(library()).file(page(7), page(8));
  EXPECT_EQ(loaded({image, half, rest, again}), "ENOTSUP");
}

TEST_F(CpLoad, SkippedPagesHaveNoData) {
  ImageBuilder inc = inc_image(full_image().info());
  inc.skipped(page(1), page(2), PROC_CHECKPOINT_SKIP_POISON);
  expect_refused("ENODATA", {full_image(), inc});
  EXPECT_EQ(loaded({full_image(), inc, inc_image(inc.info()).data(page(1), page(2), 'c')}), "0");
  EXPECT_EQ(arena_.picture(), "acbb0000");
}

TEST_F(CpLoad, PagesThatWereNotMappedHaveNoData) {
  ImageBuilder hole(page(0), page(8));
  hole.map(page(0), page(3)).map(page(4), page(8)).zero(page(0), page(3)).zero(page(4), page(8));
  expect_refused("ENODATA", {hole});
  expect_refused("ENODATA", {hole, inc_image(hole.info())});
  EXPECT_EQ(loaded({hole, inc_image(hole.info()).data(page(3), page(4), 'x')}), "0");
  EXPECT_EQ(arena_.picture(), "000x0000");

  ImageBuilder gone = ImageBuilder::inc_on(full_image().info());
  gone.map(page(0), page(7));
  EXPECT_EQ(loaded({full_image(), gone}), "ENODATA");
}

TEST_F(CpLoad, ANewerFormatIsNotSupported) {
  Bytes bytes = full_image().build();
  const auto note = std::search(bytes.begin(), bytes.end(), std::begin(PROC_CHECKPOINT_NOTE_NAME),
                                std::end(PROC_CHECKPOINT_NOTE_NAME),
                                [](std::byte b, char c) { return b == std::byte(c); });
  ASSERT_NE(note, bytes.end());
  *(note + 12) = std::byte{2};
  write_file(dir_ / "image", bytes);
  EXPECT_EQ(load(arena_, {dir_ / "image"}), "ENOTSUP");
}

TEST_F(CpLoad, MoreSegmentsThanElfCounts) {
  // Neighbours of two kinds: a PT_LOAD each.
  constexpr std::size_t pages = 66'000;
  ImageBuilder image(page(0), page(pages));
  for (std::uint64_t n = 0; n < pages; ++n)
    image.map(page(n), page(n + 1), "", n % 2 == 0 ? 1 : 3).zero(page(n), page(n + 1));
  image.data(page(pages - 1), page(pages), 'z');
  image.write_to(dir_ / "image");
  Arena arena(pages);
  EXPECT_EQ(load(arena, {dir_ / "image"}), "0");
  EXPECT_EQ(arena.picture(), std::string(pages - 1, '0') + 'z');
}

TEST(CpLoadCrc, BothWaysAreTheLibrarys) {
  Bytes bytes;
  for (std::size_t n = 0; n < 1000; ++n) {
    bytes.push_back(static_cast<std::byte>(n * n / 7));
    Crc32c crc;
    crc.update(bytes);
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    ASSERT_EQ(cp_load_crc_(at, bytes.size()), crc.value());
    ASSERT_EQ(~cp_load_crc_table_(~0U, at, bytes.size()), crc.value());
  }
}

}  // namespace
}  // namespace checkpoint
