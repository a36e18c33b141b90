// SPDX-License-Identifier: GPL-2.0-or-later
// A good image cut at every length, and with every byte changed.
#include <gtest/gtest.h>

#include "checkpoint/image.h"
#include "checkpoint/image_stream.h"
#include "checkpoint/test_support/memory_source.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

/// "" if the image is taken, else why not.
std::string refusal(ByteView bytes, bool with_crc) {
  try {
    const Image image = Image::from_bytes(bytes, "image");
    if (with_crc) image.verify();
    return "";
  } catch (const Error& error) {
    return error.kind() == Error::Kind::damaged ? error.problem() : "";
  }
}

/// The same of a stream.
std::string refusal_of_stream(ByteView bytes) {
  MemorySource source(bytes);
  try {
    ImageStream image(source, "image");
    image.finish();
    image.verify();
    return "";
  } catch (const Error& error) {
    return error.kind() == Error::Kind::damaged ? error.problem() : "";
  }
}

TEST(ImageSpoil, CutAtAnyLengthIsDamaged) {
  for (const Bytes& whole :
       {sample_full().build(), sample_inc().build(), ImageBuilder(0x10000, 0x20000).build()}) {
    ASSERT_EQ(refusal(whole, true), "");
    for (std::size_t length = 0; length < whole.size(); ++length) {
      // A buffer of exactly this size, so that a sanitizer sees a read behind it.
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      const std::string why = refusal(cut, false);
      ASSERT_NE(why, "") << "cut at " << length;
      ASSERT_EQ(refusal_of_stream(cut), why) << "cut at " << length;
    }
  }
}

TEST(ImageSpoil, AnyByteChangedIsFoundByVerify) {
  Bytes bytes = sample_full().build();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned char flip : {0x01, 0x80, 0xff}) {
      bytes[at] ^= std::byte{flip};
      // The checksum itself is only compared, the rest of END is checked.
      const std::string why = refusal(bytes, true);
      ASSERT_NE(why, "") << "byte " << at << " ^ " << int{flip};
      ASSERT_EQ(refusal_of_stream(bytes), why) << "byte " << at << " ^ " << int{flip};
      bytes[at] ^= std::byte{flip};
    }
  }
}

}  // namespace
}  // namespace checkpoint
