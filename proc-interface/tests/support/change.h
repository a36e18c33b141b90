// SPDX-License-Identifier: GPL-2.0-or-later
// The usual scenes: a checkpoint, a change, another checkpoint, and a look at
// what they say together.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "checkpointer.h"
#include "memory.h"
#include "oracle.h"

namespace test {

/// What two incs say, as picture() has it.
struct Incs {
  std::string first, second;
};

/// full, @change, inc, one more inc: the chain is exact after each.
Incs incs_after(const Range& range, const std::function<void()>& change, pid_t pid = 0);

/// The same for memory that only the process itself changes: the second inc has
/// no data.  Returns the picture of the first.
std::string chain_after(const Range& range, const std::function<void()>& change, pid_t pid = 0);

/// Incs of private small pages of this process, one after the other, while
/// something happens to them all the time.
class IncSeries {
 public:
  /// Takes the first, which is a full image.
  explicit IncSeries(const Area& area) : area_(area) { inc(); }

  void inc();
  /// Nothing happens any more: the chain is what is in memory.  And whatever
  /// became of the entries, a write is seen again, and nothing else.
  void expect_exact_at_rest();

 private:
  const Area& area_;
  Checkpointer self_;
  ImageChain chain_;
};

/// Captures a range of this process, makes the change while the image is
/// written, and compares the image with what was before, and with the next inc
/// what is now.
void expect_unaffected_by(const Range& range, const std::function<void()>& change);

}  // namespace test
