// SPDX-License-Identifier: GPL-2.0-or-later
// An image that is read front to back, once, and not kept.
#pragma once

#include "checkpoint/crc32c.h"
#include "checkpoint/image_head.h"
#include "checkpoint/source.h"
#include "checkpoint/steps.h"

namespace checkpoint {

/// Takes memory for what the image says, none for its pages.  What it refuses,
/// and what it says then, is what Image does with a file of the same bytes: as
/// soon as it can be known, since a stream may claim and give anything without an
/// end.  Besides, it refuses a head of more than kMostHead, and does not look for
/// the end of what goes on for more than kMostBehind behind the image.
class ImageStream : public ImageHead {
 public:
  /// Bytes before the page data: of 19 million runs of pages.
  static constexpr std::uint64_t kMostHead = std::uint64_t{1} << 30;
  static constexpr std::uint64_t kMostBehind = std::uint64_t{1} << 20;

  /// Reads what is before the page data.  Throws Error: failed when @source
  /// does, damaged when it is no good image; @name is what errors call it.
  ImageStream(Source& source, std::string name);

  /// As far as it has been read.
  [[nodiscard]] std::uint64_t bytes_read() const { return size_; }

  /// Reads the rest, to the end of @source; once.  Only then end_note() is known,
  /// and that the image is as long as file_size() says.  Throws Error.
  void finish(const Advanced& advanced = {});

  /// Behind finish(): compares the CRC.  Throws a damaged Error.
  void verify() const;

 private:
  Segments read_headers(Bytes& front);
  void read_front();
  void read_rest(const Advanced& advanced);
  std::size_t read(std::span<std::byte> buffer);
  void read_up_to(Bytes& bytes, std::uint64_t size);
  void read_behind();

  Source& source_;
  bool ended_ = false;
  std::uint64_t size_ = 0;
  Crc32c crc_;
};

enum class Checksum { ignore, compare };

/// What the image @path says, after a look at all of it but the bytes of its
/// pages, or at these too.  "-" is standard input, for which no room is needed:
/// what cannot be mapped is an ImageStream.  Throws Error, as Image does.
ImageHead read_image(const std::string& path, Checksum checksum, Steps& steps = no_steps());

}  // namespace checkpoint
