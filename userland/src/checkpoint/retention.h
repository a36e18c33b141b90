// SPDX-License-Identifier: GPL-2.0-or-later
// Which images of a directory need not be kept.  Decides, and touches nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "checkpoint/arrangement.h"
#include "checkpoint/image_directory.h"

namespace checkpoint {

/// A point is kept that any of these keeps.
struct KeepRules {
  std::size_t last = 0;                 ///< the newest so many
  std::uint64_t since_ns = UINT64_MAX;  ///< all from then on, since 1970
  std::uint64_t every_ns = 0;           ///< the last one of each such period
};

/// @times ascend.
std::vector<bool> kept_points(const std::vector<std::uint64_t>& times, const KeepRules& rules);

/// What changes in one chain, without a moment at which a kept point cannot be
/// read.
struct PruneStep {
  /// These, the full image first, become one full image in the place of the
  /// last; empty: nothing does.
  std::vector<std::size_t> fold;
  /// Then these go, in this order: what is left of a chain is always a chain.
  std::vector<std::size_t> remove;
};

/// A chain, as an index, that is not touched, and why.
struct LeftAlone {
  enum class Why { broken, beside_a_broken_one, beside_a_bad_file, forked };
  std::size_t chain;
  Why why;
};

struct PrunePlan {
  std::vector<PruneStep> steps;
  std::size_t kept = 0;               ///< images that are left, except those left alone
  std::vector<LeftAlone> left_alone;  ///< by their indices
};

/// Applies @rules to the points of each process and range by itself.  The
/// newest is kept in any case: the next inc builds on it.  What a chain has
/// before its first kept point is folded into that, what it has behind its
/// last one goes; in between everything stays, since incs are not folded.  Of a
/// process and range that one of @bad may belong to, nothing is touched.
PrunePlan plan_prune(const std::vector<ImageFile>& images, const Arrangement& arrangement,
                     const std::vector<BadFile>& bad, const KeepRules& rules);

/// The images, in the order in which they may go, of all chains of @newest's
/// process and range but the newest @keep.  The chain of @newest counts as the
/// newest.  Chains that are broken or forked, and files that are not called
/// PID.NNNNNN, are not touched.
std::vector<std::size_t> expired(const std::vector<ImageFile>& images,
                                 const Arrangement& arrangement, const Info& newest,
                                 std::size_t keep);

}  // namespace checkpoint
