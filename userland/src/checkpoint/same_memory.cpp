// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/same_memory.h"

#include <algorithm>

namespace checkpoint {
namespace {

/// What is read between two calls of an Advanced.
constexpr std::uint64_t kPiece = std::uint64_t{1} << 20;

bool same_bytes(const ResolvedRun& a, const ResolvedRun& b, std::uint64_t start, std::uint64_t end,
                const Advanced& advanced) {
  while (start < end) {
    const std::uint64_t to = std::min(end, start + kPiece);
    const ByteView mine = Snapshot::bytes(a, start, to);
    const ByteView theirs = Snapshot::bytes(b, start, to);
    if (!std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end())) return false;
    if (advanced) advanced(to - start);
    start = to;
  }
  return true;
}

/// Of [start, end), which lies in both.
bool same_part(const ResolvedRun& a, const ResolvedRun& b, std::uint64_t start, std::uint64_t end,
               const Advanced& advanced) {
  if (a.state != b.state || a.reason != b.reason || a.mapping != b.mapping) return false;
  if (a.state == PageState::file) return a.offset - a.start == b.offset - b.start;
  return a.state != PageState::data || same_bytes(a, b, start, end, advanced);
}

}  // namespace

bool same_memory(const Snapshot& a, const Snapshot& b, const Advanced& advanced) {
  if (a.chain().newest().mappings() != b.chain().newest().mappings()) return false;
  auto mine = a.runs().begin();
  auto theirs = b.runs().begin();
  std::uint64_t at = 0;
  while (mine != a.runs().end() && theirs != b.runs().end()) {
    const std::uint64_t start = std::max(at, mine->start);
    if (start != std::max(at, theirs->start)) return false;
    at = std::min(mine->end, theirs->end);
    if (!same_part(*mine, *theirs, start, at, advanced)) return false;
    if (mine->end == at) ++mine;
    if (theirs->end == at) ++theirs;
  }
  return mine == a.runs().end() && theirs == b.runs().end();
}

}  // namespace checkpoint
