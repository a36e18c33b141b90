// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/save_report.h"

#include "checkpoint/text.h"
#include "cpctl/complain.h"

namespace cpctl {
namespace {

using checkpoint::id_text;
using checkpoint::kPageSize;
using checkpoint::LastCommand;
using checkpoint::Peeked;

Figures figures_in(const Peeked& image) {
  const checkpoint::Info& info = image.info;
  return {.last = {.kind = std::string(kind_text(info.kind)),
                   .status = "0",
                   .start = info.start,
                   .end = info.end - 1,
                   .id = id_text(info.id),
                   .parent = id_text(info.parent),
                   .seq = info.seq,
                   .pages_saved = info.pages_data,
                   .pages_zero = info.pages_zero,
                   .pages_copied = info.pages_copied,
                   .pages_skipped = info.pages_skipped,
                   .bytes = image.size},
          .measured = false};
}

/// The kernel clips the range, and may make a full image of an inc.
bool may_be(const LastCommand& last, const checkpoint::SaveCommand& command) {
  return last.status == "0" && last.start >= command.start && last.end <= command.end &&
         (last.kind == kind_text(command.kind) || command.kind == checkpoint::Kind::inc);
}

}  // namespace

std::optional<LastCommand> last_command(const checkpoint::Process& process) {
  try {
    return process.status().last;
  } catch (const checkpoint::Error&) {
    return std::nullopt;
  }
}

std::optional<Figures> figures_of(const checkpoint::SaveCommand& command,
                                  const std::optional<LastCommand>& last,
                                  const std::optional<Peeked>& image) {
  const bool its = last && (image ? last->id == id_text(image->info.id) : may_be(*last, command));
  if (its) return Figures{.last = *last};
  if (image) return figures_in(*image);
  return std::nullopt;
}

void print_report(std::ostream& out, const checkpoint::SaveCommand& command,
                  const std::optional<Figures>& figures, const Baselines& before) {
  out << checkpoint::printable(command.path) << ": ";
  if (!figures) {
    out << "written\n";
    return;
  }
  const LastCommand& last = figures->last;
  out << last.kind << " seq " << last.seq << ", " << last.pages_saved << " pages saved ("
      << checkpoint::size_text(last.pages_saved * kPageSize) << "), " << last.pages_zero
      << " zero, " << last.pages_skipped << " skipped";
  if (figures->measured)
    out << ", stall " << checkpoint::duration_text(last.stall_ns) << ", total "
        << checkpoint::duration_text(last.total_ns);
  out << '\n';
  if (const auto news = baseline_news(command, last, before)) complain(*news);
}

}  // namespace cpctl
