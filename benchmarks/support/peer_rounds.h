// SPDX-License-Identifier: GPL-2.0-or-later
// Rounds of which the contenders are peers.
#pragma once

#include "support/peer.h"
#include "support/rounds.h"

namespace bench {

/// Which peers take part.
struct Among {
  bool slow = true;
  bool tracking = false;  ///< only those that save what changed; fork counts as one
};

/// The peers that can be used here; of the others the reason is a result.
std::vector<Peer*> usable(const Peers& peers, Among among, Results& results, const Case& with);

/// A full of each, into settings.path().
void full_rounds(const Settings& settings, Results& results, const Case& with,
                 const std::vector<Peer*>& peers, Target& target);

/// An inc of each, behind @change.
void inc_rounds(const Settings& settings, Results& results, const Case& with,
                const std::vector<Peer*>& peers, Target& target,
                const std::function<void()>& change);

}  // namespace bench
