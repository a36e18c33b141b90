// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/info_peek.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

std::optional<Peeked> peek_in_pieces(ByteView bytes, std::size_t piece) {
  InfoPeek peek;
  while (!bytes.empty()) {
    const ByteView next = bytes.first(std::min(piece, bytes.size()));
    peek.take(next);
    bytes = bytes.subspan(next.size());
  }
  return peeked(peek);
}

TEST(InfoPeek, FindsWhatTheImageSays) {
  const Bytes bytes = sample_inc().build();
  const Info info = Image::from_bytes(bytes, "inc").info();
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{4096}, bytes.size()}) {
    const auto found = peek_in_pieces(bytes, piece);
    ASSERT_TRUE(found) << piece;
    EXPECT_EQ(found->info, info);
    EXPECT_EQ(found->size, bytes.size());
  }
}

TEST(InfoPeek, FindsItBehindManyHeaders) {
  constexpr std::uint64_t kEnd = 0x10000 + 70'000 * 2 * kPageSize;
  ImageBuilder image(0x10000, kEnd);
  image.map(0x10000, kEnd).zero(0x10000, kEnd);
  for (std::uint64_t at = 0x10000; at < kEnd; at += 2 * kPageSize)
    image.data(at, at + kPageSize, 'x');
  const Bytes bytes = image.build();
  ASSERT_TRUE(peek_in_pieces(bytes, 65536));
}

TEST(InfoPeek, SeesNothingInAnythingElse) {
  const Bytes good = sample_full().build();
  EXPECT_FALSE(peek_in_pieces({}, 1));
  EXPECT_FALSE(peek_in_pieces(filled(100'000, 'x'), 4096));
  EXPECT_FALSE(peek_in_pieces(ByteView(good).first(300), 1));
  for (std::size_t at = 0; at < 400; ++at) {  // each is all right or nothing
    Bytes bad = good;
    bad[at] ^= std::byte{0x80};
    static_cast<void>(peek_in_pieces(bad, 50));
  }
}

TEST(InfoPeek, LooksIntoRegularFilesOnly) {
  const TempDir dir;
  sample_full().write_to(dir / "full");
  ASSERT_TRUE(peek_at(dir / "full"));
  EXPECT_EQ(peek_at(dir / "full")->size, sample_full().build().size());
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  write_file(dir / "empty", "");
  for (const char* name : {"fifo", "empty", "none", "."}) EXPECT_FALSE(peek_at(dir / name)) << name;
}

}  // namespace
}  // namespace checkpoint
