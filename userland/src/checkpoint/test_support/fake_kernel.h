// SPDX-License-Identifier: GPL-2.0-or-later
// Does what a kernel does with the commands for the made-up process.
#pragma once

#include <memory>
#include <string>

#include "checkpoint/types.h"

namespace checkpoint {

/// Makes images of the memory of sample_full(), whatever range is asked for.
/// Each inc has another byte in the page at 0x11000.  Copies are one kernel.
class FakeKernel {
 public:
  FakeKernel();

  /// Makes the image.  Returns the status.
  std::string operator()(const std::string& command);

  /// The next inc becomes a full image, as after an exec.
  void drop_baseline();

  /// Images made.
  [[nodiscard]] int images() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace checkpoint
