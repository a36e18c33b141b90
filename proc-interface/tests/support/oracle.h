// SPDX-License-Identifier: GPL-2.0-or-later
// Images against the memory they are of: the process itself is the oracle.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "checkpoint/image.h"
#include "memory.h"

namespace test {

/// Opens an image and compares its CRC.
checkpoint::Image open_image(const std::string& path);

/// One letter for each page of the range, as this image alone says:
/// D data, Z zero, F the file's, S skipped, '.' as in the parent, '-' not mapped.
std::string picture(const std::string& path, const Range& range);

/// How often a letter stands in a picture.
std::size_t count(const std::string& picture, char letter);

/// The images of one range, in order.
class ImageChain {
 public:
  /// A full image starts the chain anew.
  void add(const std::string& path);
  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

  /// Checks every image (structure, counts, CRC, links), then that together
  /// they say of the range what the process has now: the same mappings, and in
  /// each page the same bytes.  The process must not change meanwhile.
  void expect_equals_memory(const Range& range, pid_t pid = 0) const;

 private:
  std::vector<std::string> paths_;
};

/// The same of a chain that is named here.
void expect_chain_equals_memory(const std::vector<std::string>& paths, const Range& range,
                                pid_t pid = 0);

/// The bytes of a range now, for expect_image_holds() later.
std::vector<std::byte> copy_of(const Range& range);

/// Checks one full image against a copy of the memory at its time.
void expect_image_holds(const std::string& path, const Range& range,
                        const std::vector<std::byte>& expected);

}  // namespace test
