// SPDX-License-Identifier: GPL-2.0-or-later
// A capture that is held: a full into a FIFO that nobody reads from, so that
// everything is captured and nothing is written.
#pragma once

#include <future>
#include <string>

#include "support/target.h"

namespace bench {

class HeldCapture {
 public:
  /// @fifo is made for it.  Throws checkpoint::Error.
  HeldCapture(const Target& target, std::string fifo);
  HeldCapture(const HeldCapture&) = delete;
  HeldCapture& operator=(const HeldCapture&) = delete;
  /// Drops it; the command fails, as a reader that goes makes it fail.
  ~HeldCapture();

  /// What is done before costs the thread's memory, and so on: starts it now.
  void start();

 private:
  const Target& target_;
  std::string fifo_;
  checkpoint::UniqueFd reader_;
  std::promise<void> go_;
  std::future<int> sent_;
  bool started_ = false;
};

}  // namespace bench
