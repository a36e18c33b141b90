// SPDX-License-Identifier: GPL-2.0-or-later
// A new file that is there whole or not at all.
#pragma once

#include "checkpoint/sink.h"
#include "checkpoint/unique_fd.h"

namespace checkpoint {

/// Written under a temporary name beside @path; commit() gives it its name.
/// Without a commit nothing is left.
class OutputFile : public Sink {
 public:
  enum class IfExists { refuse, replace };

  /// One that replaces another has its owner, group and rights.
  /// Throws Error when @path exists and may not be replaced; what is no
  /// regular file never is.  "-", which may be meant as standard output, is no path.
  OutputFile(std::string path, IfExists if_exists);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() override;

  void write(ByteView bytes) override;
  void write_zeros(std::uint64_t count) override;

  /// The bytes so far are on disc, under temporary_path().
  void flush();
  [[nodiscard]] const std::string& temporary_path() const { return temporary_; }

  /// flush(), and the name.
  void commit();

 private:
  std::string path_;
  std::string temporary_;
  IfExists if_exists_;
  UniqueFd fd_;
  bool hole_at_end_ = false;
};

/// Whether @name ends as that of a temporary file: ".tmp" and six letters or
/// digits.
bool is_temporary_name(std::string_view name);

/// For signal handlers, so async-signal-safe: removes the temporary file of
/// the newest OutputFile, if it is still there.
void remove_temporary_file() noexcept;

}  // namespace checkpoint
