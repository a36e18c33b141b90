// SPDX-License-Identifier: GPL-2.0-or-later
// How the memory of two points differs.
#pragma once

#include <functional>

#include "checkpoint/numbers.h"
#include "checkpoint/snapshot.h"
#include "checkpoint/steps.h"

namespace checkpoint {

enum class Difference : std::uint8_t {
  changed,     ///< mapped in both, with other bytes
  appeared,    ///< mapped in the second point only
  unmapped,    ///< mapped in the first point only
  protection,  ///< mapped in both with other rights; besides what the bytes say
  unknown,     ///< of a file that is not there any more: nobody can compare
  skipped,     ///< not saved in one of the points, so not compared
};
std::string_view difference_text(Difference what);

/// Neighbouring pages with one difference and of one mapping in each point.
struct DiffRun {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  Difference what = Difference::changed;
  std::uint64_t bytes = 0;          ///< changed: how many differ
  const Mapping* before = nullptr;  ///< unless appeared
  const Mapping* after = nullptr;   ///< unless unmapped
  std::string why{};                ///< unknown: the reason

  [[nodiscard]] std::uint64_t pages() const { return (end - start) / kPageSize; }
  /// Where the user looks for it.
  [[nodiscard]] const Mapping& mapping() const { return after != nullptr ? *after : *before; }
};

/// Sums of DiffRuns, in pages but for the bytes.
struct DiffTotals {
  std::uint64_t changed = 0;
  std::uint64_t bytes_changed = 0;
  std::uint64_t appeared = 0;
  std::uint64_t unmapped = 0;
  std::uint64_t protection = 0;
  std::uint64_t unknown = 0;
  std::uint64_t skipped = 0;

  void add(const DiffRun& run);
};

/// The addresses that both points, which end with these images, are about.  Throws Error when there
/// is none.
AddressRange common_range(const ImageHead& before, const ImageHead& after);

/// Calls @visit with every difference within @range, whole pages that lie in
/// common_range(), ascending by start.  Only what may differ is read: not pages that both points
/// have from one place of one image, nor those of a file that is the same in both.
/// @advanced hears of the bytes that are compared.
void diff(const Snapshot& before, const Snapshot& after, const AddressRange& range,
          const std::function<void(const DiffRun&)>& visit, const Advanced& advanced = {});

/// How many bytes diff() compares.
std::uint64_t bytes_to_compare(const Snapshot& before, const Snapshot& after,
                               const AddressRange& range);

}  // namespace checkpoint
