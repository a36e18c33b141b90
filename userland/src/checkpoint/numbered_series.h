// SPDX-License-Identifier: GPL-2.0-or-later
// Puts one image after the other into a directory.
#pragma once

#include <cstdint>
#include <string>

#include "checkpoint/held_name.h"

namespace checkpoint {

/// Files PID.NNNNNN (numbered_files.h) of one process.  Each is written by
/// somebody else under temporary_path(), where no reader of the directory
/// takes it for an image, and gets its name when it is complete.
class NumberedSeries {
 public:
  /// Goes on behind the highest number in @directory.  Removes what series of any
  /// process left unfinished there that are not at work any more.  Throws
  /// Error, also while another series of the process is at work there.
  NumberedSeries(std::string directory, std::uint64_t pid);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  /// What the next image will be called, and until then.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] std::string temporary_path() const;

  /// Names the image, and has the name on disc.  Another file that took the
  /// name meanwhile is not replaced: the next number is taken.  Returns the
  /// path.  Throws Error.
  std::string commit();

  /// Removes the unfinished image, if there is one.
  void discard() const;

  /// Removes @name from the directory, unless it is gone.  Throws Error.
  void remove(const std::string& name) const;
  /// Has what changed in the directory on disc.  Throws Error.
  void sync() const;

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const;
  void remove_leftovers() const;

  std::string directory_;
  std::uint64_t pid_;
  UniqueFd fd_;
  HeldName held_;
  std::uint64_t number_ = 1;
};

}  // namespace checkpoint
