// SPDX-License-Identifier: GPL-2.0-or-later
// What somebody hears who wants to show progress.
#pragma once

#include <utility>

#include "checkpoint/steps.h"
#include "checkpoint/text.h"

namespace checkpoint {

class RecordedSteps : public Steps {
 public:
  void begin(std::string what, std::uint64_t total) override {
    end();
    what_ = std::move(what);
    total_ = total;
  }
  void advance(std::uint64_t bytes) override { done_ += bytes; }

  /// "reading 16384 of 0; writing 4096 of 8192; ": all steps so far.
  std::string text() {
    end();
    return text_;
  }

 private:
  void end() {
    if (!what_.empty()) text_ += str(what_, ' ', done_, " of ", total_, "; ");
    what_.clear();
    done_ = 0;
  }

  std::string text_;
  std::string what_;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace checkpoint
