// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/same_memory.h"

#include <algorithm>

namespace checkpoint {
namespace {

/// Of [start, end), which lies in both.
bool same_part(const ResolvedRun& a, const ResolvedRun& b, std::uint64_t start, std::uint64_t end) {
  if (a.state != b.state || a.reason != b.reason || a.mapping != b.mapping) return false;
  if (a.state == PageState::file) return a.offset - a.start == b.offset - b.start;
  if (a.state != PageState::data) return true;
  const ByteView mine = Snapshot::bytes(a, start, end);
  const ByteView theirs = Snapshot::bytes(b, start, end);
  return std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end());
}

}  // namespace

bool same_memory(const Snapshot& a, const Snapshot& b) {
  if (a.chain().newest().mappings() != b.chain().newest().mappings()) return false;
  auto mine = a.runs().begin();
  auto theirs = b.runs().begin();
  std::uint64_t at = 0;
  while (mine != a.runs().end() && theirs != b.runs().end()) {
    const std::uint64_t start = std::max(at, mine->start);
    if (start != std::max(at, theirs->start)) return false;
    at = std::min(mine->end, theirs->end);
    if (!same_part(*mine, *theirs, start, at)) return false;
    if (mine->end == at) ++mine;
    if (theirs->end == at) ++theirs;
  }
  return mine == a.runs().end() && theirs == b.runs().end();
}

}  // namespace checkpoint
