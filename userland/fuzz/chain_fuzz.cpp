// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as two images, a full one and an inc on it: refused with an Error,
// or good in every respect.
#include <cstdlib>

#include "chains.h"
#include "checkpoint/auxv.h"
#include "field_mutator.h"
#include "messages.h"
#include "pair.h"

namespace {

using checkpoint::Snapshot;

/// Each resolved run lies in one mapping, behind the previous one, and there is
/// one for each page.
void check_runs(const Snapshot& snapshot) {
  const auto& mappings = snapshot.chain().newest().mappings();
  std::uint64_t at = 0;
  std::uint64_t covered = 0;
  std::uint64_t mapped = 0;
  for (const auto& run : snapshot.runs()) {
    if (run.start < at || run.end <= run.start) std::abort();
    const auto& mapping = mappings.at(run.mapping);
    if (run.start < mapping.start || run.end > mapping.end) std::abort();
    if (run.state == checkpoint::PageState::data &&
        run.image->bytes(run.offset, run.size()).size() != run.size())
      std::abort();
    at = run.end;
    covered += run.size();
  }
  for (const auto& mapping : mappings) mapped += mapping.end - mapping.start;
  if (covered != mapped) std::abort();
}

/// At least the seven entries that it must have, and AT_NULL.
void check_auxv(const Snapshot& snapshot) {
  const auto auxv = checkpoint::find_auxv(snapshot);
  if (auxv && (auxv->size() % 16 != 0 || auxv->size() < 8 * 16)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr auto damaged = checkpoint::Error::Kind::damaged;
  const auto pair = checkpoint::split_pair(std::as_bytes(std::span(data, size)));
  if (!pair) return 0;
  const auto chain = checkpoint::unless_refused(damaged, [&] {
    return checkpoint::chain_of({pair->first, pair->second});
  });
  if (!chain) return 0;
  const auto snapshot = checkpoint::unless_refused(damaged, [&] { return Snapshot(*chain); });
  if (!snapshot) return 0;
  check_runs(*snapshot);
  check_auxv(*snapshot);
  check_merged(*snapshot);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
  return checkpoint::mutate_pair(data, size, max_size, seed);
}
