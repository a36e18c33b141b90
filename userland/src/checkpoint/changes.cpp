// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/changes.h"

#include "checkpoint/error.h"
#include "checkpoint/search.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// Pages of which @run of @image is the latest word.
struct Known {
  std::uint64_t start;
  std::uint64_t end;
  const Image* image;
  const Run* run;

  [[nodiscard]] PageState state() const { return run->state; }
  [[nodiscard]] const Mapping& mapping() const { return image->mappings()[run->mapping]; }
  [[nodiscard]] ByteView page(std::uint64_t address) const {
    return image->bytes(run->offset + (address - run->start), kPageSize);
  }
};

/// The memory at the time of one image, which the next one is compared with.
class Memory {
 public:
  explicit Memory(const Image& full) {
    known_.reserve(full.runs().size());
    for (const Run& run : full.runs()) known_.push_back({run.start, run.end, &full, &run});
  }

  /// Calls @part(known, start, end) for each piece of [start, end), in order;
  /// @known is nullptr where nothing was mapped.
  template <typename Part>
  void for_each_part(std::uint64_t start, std::uint64_t end, Part part) const {
    for (auto known = first_ending_after(known_, start);
         known != known_.end() && known->start < end; ++known) {
      if (start < known->start) part(nullptr, start, known->start);
      part(&*known, std::max(start, known->start), std::min(end, known->end));
      start = std::min(end, known->end);
    }
    if (start < end) part(nullptr, start, end);
  }

  /// Goes on to @inc.
  void advance(const Image& inc) {
    std::vector<Known> next;
    auto run = inc.runs().begin();
    for (const Mapping& mapping : inc.mappings()) {
      std::uint64_t at = mapping.start;
      for (; run != inc.runs().end() && run->end <= mapping.end; ++run) {
        keep(inc, at, run->start, next);
        next.push_back({run->start, run->end, &inc, &*run});
        at = run->end;
      }
      keep(inc, at, mapping.end, next);
    }
    known_ = std::move(next);
  }

 private:
  /// [start, end) is as it was.
  void keep(const Image& inc, std::uint64_t start, std::uint64_t end,
            std::vector<Known>& next) const {
    for_each_part(start, end, [&](const Known* known, std::uint64_t from, std::uint64_t to) {
      if (known == nullptr)
        throw Error(Error::Kind::damaged, inc.name(),
                    "the chain is broken: it leaves a page to its parent, where that is not mapped")
            .found(hex(from));
      next.push_back({from, to, known->image, known->run});
    });
  }

  std::vector<Known> known_;
};

class Comparison {
 public:
  Comparison(const Memory& before, const Image& inc, Compare compare, const Advanced& advanced)
      : before_(before), inc_(inc), compare_(compare), advanced_(advanced) {}

  std::vector<AddressRange> run() {
    for (const Run& run : inc_.runs())
      before_.for_each_part(run.start, run.end,
                            [&](const Known* known, std::uint64_t start, std::uint64_t end) {
                              look_at(known, {start, end, &inc_, &run});
                            });
    return std::move(changes_);
  }

 private:
  /// A piece at a time, so that somebody hears how it goes.
  void look_at(const Known* before, const Known& now) {
    constexpr std::uint64_t most = std::uint64_t{1} << 20;
    for (std::uint64_t at = now.start; at < now.end;) {
      const Known piece{at, std::min(now.end, at + most), now.image, now.run};
      if (before != nullptr)
        compare(*before, piece);
      else if (now.state() == PageState::data)
        add(piece.start, piece.end);
      if (now.state() == PageState::data && advanced_) advanced_(piece.end - piece.start);
      at = piece.end;
    }
  }

  void compare(const Known& before, const Known& now) {
    const bool bytes = (now.state() == PageState::data || before.state() == PageState::data) &&
                       has_bytes(now) && has_bytes(before) && comparable(now);
    if (bytes)
      compare_pages(before, now);
    else if (now.state() == PageState::data || !same(before, now))
      add(now.start, now.end);
  }

  static bool has_bytes(const Known& known) {
    return known.state() == PageState::data || known.state() == PageState::zero;
  }

  [[nodiscard]] bool comparable(const Known& now) const {
    return compare_ == Compare::all || now.mapping().has(PROC_CHECKPOINT_MAP_SHARED) ||
           now.mapping().has(PROC_CHECKPOINT_MAP_HUGETLB);
  }

  /// Of pages that are no data now.
  static bool same(const Known& before, const Known& now) {
    if (before.state() != now.state()) return false;
    if (now.state() != PageState::file) return true;
    const Mapping& then = before.mapping();
    const Mapping& mapping = now.mapping();
    return then.dev_major == mapping.dev_major && then.dev_minor == mapping.dev_minor &&
           then.inode == mapping.inode &&
           then.file_offset(now.start) == mapping.file_offset(now.start);
  }

  void compare_pages(const Known& before, const Known& now) {
    for (std::uint64_t at = now.start; at < now.end; at += kPageSize)
      if (!same_page(before, now, at)) add(at, at + kPageSize);
  }

  static bool same_page(const Known& before, const Known& now, std::uint64_t at) {
    if (before.state() == PageState::zero) return all_zero(now.page(at));
    if (now.state() == PageState::zero) return all_zero(before.page(at));
    return std::memcmp(before.page(at).data(), now.page(at).data(), kPageSize) == 0;
  }

  void add(std::uint64_t start, std::uint64_t end) {
    if (!changes_.empty() && changes_.back().end == start)
      changes_.back().end = end;
    else
      changes_.push_back({start, end});
  }

  const Memory& before_;
  const Image& inc_;
  Compare compare_;
  const Advanced& advanced_;
  std::vector<AddressRange> changes_;
};

}  // namespace

std::vector<std::vector<AddressRange>> find_changes(const Chain& chain, Compare compare,
                                                    const Advanced& advanced) {
  const std::vector<Image>& images = chain.images();
  std::vector<std::vector<AddressRange>> changes(images.size());
  Memory memory(images.front());
  for (std::size_t n = 1; n < images.size(); ++n) {
    changes[n] = Comparison(memory, images[n], compare, advanced).run();
    memory.advance(images[n]);
  }
  return changes;
}

}  // namespace checkpoint
