// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/crc_check.h"

#include <gtest/gtest.h>

#include "checkpoint/error.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

TEST(CrcCheck, SumsUpEachByteOnce) {
  const Bytes bytes = sample_full().build();
  const Image image = Image::from_bytes(bytes, "full");
  std::uint64_t heard = 0;
  CrcCheck check(image, [&](std::uint64_t more) { heard += more; });
  check.advance_to(100);
  check.advance_to(5000);
  check.advance_to(4000);
  EXPECT_EQ(heard, 5000U);
  check.finish();
  EXPECT_EQ(heard, image.end_note().length);
}

TEST(CrcCheck, FindsAByteThatChangedWhereverItIs) {
  const Bytes good = sample_full().build();
  const Image image = Image::from_bytes(good, "full");
  const checkpoint::Run& run = image.runs().front();
  for (const std::uint64_t at : {run.offset, run.offset + kPageSize - 1, run.offset + kPageSize}) {
    Bytes bad = good;
    bad[at] ^= std::byte{1};
    const Image changed = Image::from_bytes(bad, "bad");
    CrcCheck check(changed);
    check.advance_to(at + 1);
    EXPECT_THROW(check.finish(), Error);
    EXPECT_THROW(changed.verify(), Error);
  }
}

}  // namespace
}  // namespace checkpoint
