// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/hex_rows.h"

#include <array>

#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::ByteView;
using checkpoint::kPageSize;

std::string line(std::uint64_t address, char sign, const std::array<std::uint8_t, 16>& bytes) {
  std::string text = checkpoint::str("  ", checkpoint::hex(address), ' ', sign);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    if (n == bytes.size() / 2) text += ' ';
    text += ' ' + checkpoint::hex_bytes(std::span(bytes).subspan(n, 1));
  }
  text += "  |";
  for (const std::uint8_t byte : bytes)
    text += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
  return text + "|\n";
}

}  // namespace

HexRows::HexRows(const checkpoint::Snapshot& before, const checkpoint::Snapshot& after,
                 std::uint64_t limit)
    : before_(before), after_(after), limit_(limit) {}

std::optional<ByteView> HexRows::Side::page(std::uint64_t address) {
  const checkpoint::ResolvedRun* run = snapshot->run_at(address);
  if (run == nullptr) return std::nullopt;
  return reader.read(*run, address, address + kPageSize);
}

void HexRows::visit(const checkpoint::DiffRun& run, const std::function<void(const HexRow&)>& row) {
  if (run.what != checkpoint::Difference::changed) return;
  for (std::uint64_t at = run.start; at < run.end && !limited_; at += kPageSize)
    visit_page(at, row);
}

void HexRows::visit_page(std::uint64_t address, const std::function<void(const HexRow&)>& row) {
  const auto before = before_.page(address);
  const auto after = after_.page(address);
  if (!before || !after) return;
  for (std::uint64_t at = 0; at < kPageSize; at += HexRow::kBytes) {
    HexRow found{.address = address + at};
    std::memcpy(found.before.data(), before->data() + at, HexRow::kBytes);
    std::memcpy(found.after.data(), after->data() + at, HexRow::kBytes);
    if (found.before == found.after) continue;
    if (limit_ != 0 && given_ == limit_) {
      limited_ = true;
      return;
    }
    ++given_;
    row(found);
  }
}

std::string hex_row_text(const HexRow& row) {
  return line(row.address, '-', row.before) + line(row.address, '+', row.after);
}

}  // namespace cpctl
