// SPDX-License-Identifier: GPL-2.0-or-later
// One checkpoint after the other of one process and range, into a directory.
#pragma once

#include <optional>
#include <string>

#include "checkpoint/command.h"
#include "checkpoint/numbered_series.h"
#include "checkpoint/process.h"
#include "cpctl/save_report.h"

namespace cpctl {

class Watcher {
 public:
  struct Settings {
    std::uint64_t start = 0;         ///< of the range
    std::uint64_t end = UINT64_MAX;  ///< inclusive
    std::uint64_t full_every = 1;    ///< images of a chain
    std::uint64_t keep = 0;          ///< chains; 0: all
  };

  struct Saved {
    checkpoint::SaveCommand command;  ///< its path is that of the image
    checkpoint::Info info;
    std::uint64_t file_size = 0;
    std::optional<Figures> figures;
    Baselines before{};  ///< when it was to start
  };

  /// Throws Error when there is no such process or directory.
  Watcher(const checkpoint::Process& process, const std::string& directory, Settings settings);

  /// The process is still that one, and has memory.
  [[nodiscard]] bool alive() const;

  /// Saves what changed, or everything, when it is time for that or no image
  /// is there for an inc to build on.  Throws Error; then nothing is lost, the
  /// next image holds it.
  Saved save();

  /// The save() that just failed may succeed later.
  [[nodiscard]] bool may_recover() const;

  /// After a full image: removes what need not be kept.  Throws Error.
  void expire() const;

  [[nodiscard]] std::uint64_t images() const { return images_; }

 private:
  Saved take(checkpoint::SaveCommand command);
  void end_baselines() const noexcept;
  void check_parent(const checkpoint::Info& info) const;

  checkpoint::Process process_;
  checkpoint::NumberedSeries series_;
  Settings settings_;
  std::uint64_t start_time_ = 0;
  std::uint64_t chain_images_ = 0;  ///< 0: the next one has to be a full one
  std::uint64_t images_ = 0;
  std::optional<checkpoint::Info> newest_;
  int refused_ = 0;  ///< errno of the command that failed
};

}  // namespace cpctl
