// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/run_reader.h"

#include <array>

namespace checkpoint {

std::optional<ByteView> RunReader::read(const ResolvedRun& run, std::uint64_t start,
                                        std::uint64_t end) {
  static constexpr std::array<std::byte, kWindow> zeros{};
  const std::uint64_t size = end - start;
  if (size > kWindow) throw std::logic_error("more bytes than are read at once");
  if (run.state == PageState::data) return Snapshot::bytes(run, start, end);
  if (run.state == PageState::zero) return ByteView(zeros).first(size);
  const Mapping& mapping = snapshot_->chain().newest().mappings()[run.mapping];
  if (run.state != PageState::file) {
    why_ = str("not saved: ", skip_text(run.reason));
    unreadable_ = nullptr;
    return std::nullopt;
  }
  if (unreadable_ == &mapping) return std::nullopt;
  try {
    files_.read(mapping, start, std::span(buffer_).first(size));
  } catch (const Error& error) {
    unreadable_ = &mapping;
    why_ = error.what();
    return std::nullopt;
  }
  return ByteView(buffer_).first(size);
}

}  // namespace checkpoint
