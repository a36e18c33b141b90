// SPDX-License-Identifier: GPL-2.0-or-later
// Which pages changed from one image of a chain to the next.
//
// A page changed in an inc when the inc names it, and not as what the chain
// said of it before:
//
//   data     changed; but where that proves nothing, the bytes are compared
//            with those before (see Compare)
//   zero     changed, unless it was zero
//   file     changed, unless it was the same page of the same file
//   skipped  changed, unless it was skipped: what it held is not known
//
// A page that was not mapped before changed only if it is data now: nobody
// has written to it otherwise.  A page that is not mapped any more did not
// change, and neither did one that the inc does not name.
#pragma once

#include "checkpoint/chain.h"
#include "checkpoint/numbers.h"
#include "checkpoint/steps.h"

namespace checkpoint {

enum class Compare {
  /// The bytes of shared and hugetlb mappings only: those are in every inc.
  where_needed,
  /// All bytes: a page that was written with what it held did not change, and
  /// neither did one that was saved because it was pinned.
  all,
};

/// For each image of @chain the pages that changed in it, ascending, disjoint
/// and not touching; none in the full one.  Time and memory go with the runs
/// of the images, but for the bytes that are compared.  Throws a damaged Error
/// when an image leaves a page to a parent that does not have it.  @advanced
/// hears of the data of the incs, whether they are compared or not.
std::vector<std::vector<AddressRange>> find_changes(const Chain& chain, Compare compare,
                                                    const Advanced& advanced = {});

}  // namespace checkpoint
