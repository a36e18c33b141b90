// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/diff.h"

#include <utility>

#include "checkpoint/run_reader.h"
#include "checkpoint/search.h"

namespace checkpoint {
namespace {

const Mapping& mapping_of(const Snapshot& snapshot, const ResolvedRun& run) {
  return snapshot.chain().newest().mappings()[run.mapping];
}

bool same_file(const Mapping& a, const Mapping& b) {
  return a.dev_major == b.dev_major && a.dev_minor == b.dev_minor && a.inode == b.inode &&
         a.file_size == b.file_size && a.mtime_sec == b.mtime_sec && a.mtime_nsec == b.mtime_nsec;
}

std::uint64_t differing_bytes(ByteView a, ByteView b) {
  std::uint64_t count = 0;
  for (std::size_t n = 0; n < a.size(); ++n) count += a[n] != b[n] ? 1U : 0U;
  return count;
}

using At = std::vector<ResolvedRun>::const_iterator;

/// The run at @address, or nullptr; @end is lowered to where that changes.
const ResolvedRun* take(At& run, At last, std::uint64_t address, std::uint64_t& end) {
  while (run != last && run->end <= address) ++run;
  if (run == last) return nullptr;
  const bool inside = run->start <= address;
  end = std::min(end, inside ? run->end : run->start);
  return inside ? &*run : nullptr;
}

/// Goes through both lists of runs at once, in @range: calls @part(start, end, a, b) for
/// each piece that is of one run, or of none, in each point.
template <typename Part>
void for_each_part(const Snapshot& before, const Snapshot& after, const AddressRange& range,
                   Part part) {
  auto a = first_ending_after(before.runs(), range.start);
  auto b = first_ending_after(after.runs(), range.start);
  for (std::uint64_t at = range.start; at < range.end;) {
    std::uint64_t end = range.end;
    const ResolvedRun* first = take(a, before.runs().end(), at, end);
    const ResolvedRun* second = take(b, after.runs().end(), at, end);
    part(at, end, first, second);
    at = end;
  }
}

class Comparison {
 public:
  Comparison(const Snapshot& before, const Snapshot& after, const AddressRange& range,
             const std::function<void(const DiffRun&)>& visit, const Advanced& advanced)
      : before_(before),
        after_(after),
        range_(range),
        visit_(visit),
        advanced_(advanced),
        before_reader_(before),
        after_reader_(after) {}

  void run() {
    for_each_part(before_, after_, range_,
                  [this](std::uint64_t start, std::uint64_t end, const ResolvedRun* a,
                         const ResolvedRun* b) { part(start, end, a, b); });
    flush();
  }

  /// Bytes of compare_bytes() for what part() would be called with.
  static std::uint64_t bytes_to_compare(const Snapshot& before, const Snapshot& after,
                                        const AddressRange& range) {
    std::uint64_t bytes = 0;
    for_each_part(
        before, after, range,
        [&](std::uint64_t start, std::uint64_t end, const ResolvedRun* a, const ResolvedRun* b) {
          if (a == nullptr || b == nullptr || is_skipped(*a, *b)) return;
          const DiffRun piece{.start = start,
                              .end = end,
                              .before = &mapping_of(before, *a),
                              .after = &mapping_of(after, *b)};
          if (!surely_equal(*a, *b, piece)) bytes += end - start;
        });
    return bytes;
  }

 private:
  static bool is_skipped(const ResolvedRun& a, const ResolvedRun& b) {
    return a.state == PageState::skipped || b.state == PageState::skipped;
  }

  /// For for_each_part().
  void part(std::uint64_t start, std::uint64_t end, const ResolvedRun* a, const ResolvedRun* b) {
    if (a == nullptr && b == nullptr) return;
    DiffRun found{.start = start,
                  .end = end,
                  .before = a != nullptr ? &mapping_of(before_, *a) : nullptr,
                  .after = b != nullptr ? &mapping_of(after_, *b) : nullptr};
    if (a == nullptr || b == nullptr) {
      found.what = a == nullptr ? Difference::appeared : Difference::unmapped;
      return add(std::move(found));
    }
    compare_protection(found);
    if (is_skipped(*a, *b)) {
      found.what = Difference::skipped;
      return add(std::move(found));
    }
    if (!surely_equal(*a, *b, found)) compare_bytes(*a, *b, found);
  }

  /// Once for each pair of mappings, over all that they have in common.
  void compare_protection(const DiffRun& part) {
    if (part.before == protection_before_ && part.after == protection_after_) return;
    protection_before_ = part.before;
    protection_after_ = part.after;
    if (protection_text(*part.before) == protection_text(*part.after)) return;
    flush();
    DiffRun found = part;
    found.end = std::min({part.before->end, part.after->end, range_.end});
    found.what = Difference::protection;
    visit_(found);
  }

  static bool surely_equal(const ResolvedRun& a, const ResolvedRun& b, const DiffRun& part) {
    if (a.state != b.state) return false;
    switch (a.state) {
      case PageState::data:
        return a.offset + (part.start - a.start) == b.offset + (part.start - b.start) &&
               a.image->same_as(*b.image);
      case PageState::file:
        return part.before->file_offset(part.start) == part.after->file_offset(part.start) &&
               same_file(*part.before, *part.after);
      default:
        return a.state == PageState::zero;
    }
  }

  void compare_bytes(const ResolvedRun& a, const ResolvedRun& b, const DiffRun& part) {
    for (std::uint64_t at = part.start; at < part.end;) {
      DiffRun found = part;
      found.start = at;
      found.end = at = std::min(at + RunReader::kWindow, part.end);
      const auto first = before_reader_.read(a, found.start, found.end);
      const auto second = after_reader_.read(b, found.start, found.end);
      if (advanced_) advanced_(found.end - found.start);
      if (first && second) {
        compare_pages(*first, *second, found);
        continue;
      }
      found.what = Difference::unknown;
      found.why = first ? after_reader_.why() : before_reader_.why();
      add(std::move(found));
    }
  }

  void compare_pages(ByteView first, ByteView second, const DiffRun& window) {
    for (std::uint64_t at = 0; at < first.size(); at += kPageSize) {
      const ByteView a = first.subspan(at, kPageSize);
      const ByteView b = second.subspan(at, kPageSize);
      if (std::memcmp(a.data(), b.data(), kPageSize) == 0) continue;
      DiffRun found = window;
      found.start = window.start + at;
      found.end = found.start + kPageSize;
      found.bytes = differing_bytes(a, b);
      add(std::move(found));
    }
  }

  /// Joins neighbours.
  void add(DiffRun run) {
    if (open_.end != open_.start && open_.end == run.start && open_.what == run.what &&
        open_.before == run.before && open_.after == run.after && open_.why == run.why) {
      open_.end = run.end;
      open_.bytes += run.bytes;
      return;
    }
    flush();
    open_ = std::move(run);
  }

  void flush() {
    if (open_.start != open_.end) visit_(open_);
    open_ = {};
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const AddressRange& range_;
  const std::function<void(const DiffRun&)>& visit_;
  const Advanced& advanced_;
  RunReader before_reader_;
  RunReader after_reader_;
  DiffRun open_;
  const Mapping* protection_before_ = nullptr;
  const Mapping* protection_after_ = nullptr;
};

}  // namespace

std::string_view difference_text(Difference what) {
  switch (what) {
    case Difference::changed:
      return "changed";
    case Difference::appeared:
      return "appeared";
    case Difference::unmapped:
      return "unmapped";
    case Difference::protection:
      return "protection";
    case Difference::unknown:
      return "unknown";
    case Difference::skipped:
      return "skipped";
  }
  return "";
}

void DiffTotals::add(const DiffRun& run) {
  switch (run.what) {
    case Difference::changed:
      changed += run.pages();
      bytes_changed += run.bytes;
      break;
    case Difference::appeared:
      appeared += run.pages();
      break;
    case Difference::unmapped:
      unmapped += run.pages();
      break;
    case Difference::protection:
      protection += run.pages();
      break;
    case Difference::unknown:
      unknown += run.pages();
      break;
    case Difference::skipped:
      skipped += run.pages();
      break;
  }
}

AddressRange common_range(const ImageHead& before, const ImageHead& after) {
  const Info& a = before.info();
  const Info& b = after.info();
  const AddressRange common{.start = std::max(a.start, b.start), .end = std::min(a.end, b.end)};
  if (common.start >= common.end)
    throw Error(Error::Kind::failed, after.name(),
                str("has no address in common with ", printable(before.name())))
        .found(range_text(b.start, b.end))
        .expected("some of " + range_text(a.start, a.end));
  return common;
}

void diff(const Snapshot& before, const Snapshot& after, const AddressRange& range,
          const std::function<void(const DiffRun&)>& visit, const Advanced& advanced) {
  Comparison(before, after, range, visit, advanced).run();
}

std::uint64_t bytes_to_compare(const Snapshot& before, const Snapshot& after,
                               const AddressRange& range) {
  return Comparison::bytes_to_compare(before, after, range);
}

}  // namespace checkpoint
