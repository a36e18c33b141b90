// SPDX-License-Identifier: GPL-2.0-or-later
// The sweep behind Chain::resolve(): newest image first, each level says what
// it can about the ranges that are still open and leaves the rest to its
// parent.  Time and memory go with the number of runs, not of pages.
#include <algorithm>
#include <utility>

#include "checkpoint/chain.h"
#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// A range of one mapping of the newest image that nobody has spoken for.
struct Open {
  std::uint64_t start;
  std::uint64_t end;
  std::size_t mapping;
};

/// Of Images, or their heads.
template <typename One>
std::vector<const ImageHead*> heads_of(const std::vector<One>& images) {
  std::vector<const ImageHead*> heads;
  heads.reserve(images.size());
  for (const One& image : images) heads.push_back(&image);
  return heads;
}

class Sweep {
 public:
  /// @whole: what the runs are to point to, the first of as many; nullptr: they
  /// point to nothing.
  Sweep(std::vector<const ImageHead*> images, const Image* whole)
      : images_(std::move(images)), whole_(whole) {}

  std::vector<ResolvedRun> run() {
    const std::vector<Mapping>& mappings = images_.back()->mappings();
    std::vector<Open> open;
    for (std::size_t n = 0; n < mappings.size(); ++n)
      open.push_back({.start = mappings[n].start, .end = mappings[n].end, .mapping = n});
    for (std::size_t level = images_.size(); level-- > 0 && !open.empty();) {
      if (level + 1 < images_.size()) check_mapped(open, level);
      open = ask(level, open);
    }
    std::sort(found_.begin(), found_.end(),
              [](const ResolvedRun& a, const ResolvedRun& b) { return a.start < b.start; });
    join();
    return std::move(found_);
  }

 private:
  /// The first from @next on that ends behind @address.  Both lists ascend, so
  /// going through one along the other is cheaper than to search each time.
  template <typename Iterator>
  static Iterator skip(Iterator next, Iterator end, std::uint64_t address) {
    while (next != end && next->end <= address) ++next;
    return next;
  }

  /// What the image after @level leaves to it must be mapped there.
  void check_mapped(const std::vector<Open>& open, std::size_t level) const {
    const std::vector<Mapping>& mappings = images_[level]->mappings();
    auto next = mappings.begin();
    for (const Open& range : open) {
      std::uint64_t at = range.start;
      next = skip(next, mappings.end(), at);
      for (auto m = next; at < range.end; at = m->end, ++m)
        if (m == mappings.end() || m->start > at)
          throw Error(Error::Kind::damaged, images_[level + 1]->name(),
                      str("the chain is broken: it leaves a page to ",
                          printable(images_[level]->name()), ", where that is not mapped"))
              .found(hex(at));
    }
  }

  /// Takes what the image says about @open; returns what it leaves to its parent.
  std::vector<Open> ask(std::size_t level, const std::vector<Open>& open) {
    std::vector<Open> left;
    const auto leave = [&left](std::uint64_t start, std::uint64_t end, std::size_t mapping) {
      if (start < end) left.push_back({.start = start, .end = end, .mapping = mapping});
    };
    const std::vector<Run>& runs = images_[level]->runs();
    auto next = runs.begin();
    for (const Open& range : open) {
      std::uint64_t at = range.start;
      next = skip(next, runs.end(), at);
      for (auto run = next; run != runs.end() && run->start < range.end; ++run) {
        const std::uint64_t end = std::min(run->end, range.end);
        leave(at, run->start, range.mapping);
        take(level, *run, {std::max(at, run->start), end, range.mapping});
        at = end;
      }
      leave(at, range.end, range.mapping);
    }
    return left;
  }

  /// The image says of @part what @run is.
  void take(std::size_t level, const Run& run, const Open& part) {
    ResolvedRun resolved{.start = part.start,
                         .end = part.end,
                         .state = run.state,
                         .reason = run.reason,
                         .image = whole_ != nullptr ? whole_ + level : nullptr,
                         .mapping = part.mapping};
    if (run.state == PageState::data || run.state == PageState::file)
      resolved.offset = run.offset + (part.start - run.start);
    if (run.state == PageState::file) check_same_file(*images_[level], run, resolved);
    found_.push_back(resolved);
  }

  /// The file's pages of an older image are those of the newest map's file.
  void check_same_file(const ImageHead& image, const Run& run, const ResolvedRun& resolved) const {
    const Mapping& then = image.mappings()[run.mapping];
    const Mapping& now = images_.back()->mappings()[resolved.mapping];
    if (!now.has(PROC_CHECKPOINT_MAP_BY_REF) || now.dev_major != then.dev_major ||
        now.dev_minor != then.dev_minor || now.inode != then.inode ||
        now.file_offset(resolved.start) != resolved.offset)
      throw Error(Error::Kind::damaged, images_.back()->name(),
                  "the chain is broken: another file is mapped than in the image "
                  "that refers to it")
          .found(str(printable(now.name), " at ", hex(resolved.start)))
          .expected(printable(then.name));
  }

  /// Joins neighbours that continue each other.
  void join() {
    std::vector<ResolvedRun> joined;
    for (const ResolvedRun& run : found_) {
      if (!joined.empty() && continues(joined.back(), run))
        joined.back().end = run.end;
      else
        joined.push_back(run);
    }
    found_ = std::move(joined);
  }

  static bool continues(const ResolvedRun& a, const ResolvedRun& b) {
    if (a.end != b.start || a.state != b.state || a.mapping != b.mapping) return false;
    switch (a.state) {
      case PageState::data:
        return a.image == b.image && a.offset + a.size() == b.offset;
      case PageState::skipped:
        return a.reason == b.reason;
      default:
        return true;  // zeros, and the file's at the same distance
    }
  }

  std::vector<const ImageHead*> images_;
  const Image* whole_;
  std::vector<ResolvedRun> found_;
};

}  // namespace

std::vector<ResolvedRun> Chain::resolve() const {
  return Sweep(heads_of(images_), images_.data()).run();
}

void check_resolves(const std::vector<ImageHead>& images) {
  Sweep(heads_of(images), nullptr).run();
}

}  // namespace checkpoint
