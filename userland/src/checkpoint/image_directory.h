// SPDX-License-Identifier: GPL-2.0-or-later
// Which checkpoint images are in a directory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checkpoint/error.h"
#include "checkpoint/types.h"

namespace checkpoint {

/// What is known of an image without holding it open.
struct ImageFile {
  std::string name;  ///< in its directory
  std::uint64_t file_size = 0;
  Info info;
};

/// A file that looks like an image, or is called like one, and is no good one,
/// or that cannot be read.
struct BadFile {
  std::string name;
  Error error;
};

struct ImageDirectory {
  std::string path;
  std::vector<ImageFile> images;  ///< by name
  std::vector<BadFile> bad;       ///< by name
  std::uint64_t others = 0;       ///< entries that are no images

  [[nodiscard]] std::string path_of(const std::string& name) const;
};

/// Reads headers and notes of every regular file in @path, whatever its name;
/// one is open at a time.  Links are not followed, FIFOs and devices not
/// opened, temporary files (output_file.h) left out.  With @pid only images
/// that are called PID.NNNNNN.  Throws Error when the directory cannot be read.
ImageDirectory scan_directory(const std::string& path,
                              std::optional<std::uint64_t> pid = std::nullopt);

}  // namespace checkpoint
