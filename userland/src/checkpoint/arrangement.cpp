// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/arrangement.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "checkpoint/chain.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

class Arranger {
 public:
  explicit Arranger(const std::vector<ImageFile>& images)
      : images_(images), by_id_(images.size()), faults_(images.size()) {
    result_.parents.assign(images.size(), kNoImage);
    result_.same_as.assign(images.size(), kNoImage);
  }

  Arrangement run() {
    sort_by_id();
    find_copies();
    for (std::size_t n = 0; n < images_.size(); ++n)
      if (info(n).kind == Kind::inc) find_parent(n);
    list_children();
    make_chains();
    return std::move(result_);
  }

 private:
  [[nodiscard]] const Info& info(std::size_t n) const { return images_[n].info; }

  /// Equal: the same point of one chain.
  [[nodiscard]] auto point(std::size_t n) const {
    const Info& i = info(n);
    return std::tie(i.id, i.seq, i.start, i.end);
  }

  void sort_by_id() {
    std::iota(by_id_.begin(), by_id_.end(), std::size_t{0});
    std::sort(by_id_.begin(), by_id_.end(), [this](std::size_t a, std::size_t b) {
      if (point(a) != point(b)) return point(a) < point(b);
      if (info(a).kind != info(b).kind) return info(a).kind == Kind::full;
      return images_[a].name < images_[b].name;
    });
  }

  /// Neighbours with one id: the same point, or one of them lies.
  void find_copies() {
    std::size_t best = kNoImage;
    for (const std::size_t n : by_id_) {
      if (best == kNoImage || info(best).id != info(n).id) {
        best = n;
      } else if (is_copy(best, n)) {
        result_.same_as[n] = best;
      } else {
        faults_[n] = {.image = n,
                      .text = str("it has the id of ", printable(images_[best].name),
                                  " and is another image (found ", id_text(info(n).id), ")"),
                      .hint = "'cpctl verify' of each tells whether one of them is damaged"};
        best = n;
      }
    }
  }

  /// Of @n, that is; or @best was merged up to it.
  [[nodiscard]] bool is_copy(std::size_t best, std::size_t n) const {
    const Info& a = info(best);
    const Info& b = info(n);
    if (point(best) != point(n) || a.time_ns != b.time_ns || a.pid != b.pid ||
        a.start_time_ns != b.start_time_ns)
      return false;
    return a.kind == b.kind ? a.parent == b.parent : a.merged();
  }

  void find_parent(std::size_t n) {
    const Info& mine = info(n);
    // Numbers go down towards the full image, so there are no cycles.
    const auto wanted = std::tuple(mine.parent, mine.seq - 1, mine.start, mine.end);
    auto found = std::partition_point(by_id_.begin(), by_id_.end(),
                                      [&](std::size_t other) { return point(other) < wanted; });
    if (mine.seq != 0 && found != by_id_.end() && point(*found) == wanted) {
      result_.parents[n] = *found;
      return;
    }
    found = std::partition_point(by_id_.begin(), by_id_.end(),
                                 [&](std::size_t other) { return info(other).id < mine.parent; });
    if (found != by_id_.end() && info(*found).id == mine.parent)
      faults_[n] = {.image = n, .text = link_fault(*found, n), .hint = ""};
    else
      faults_[n] = {.image = n,
                    .text = str("its parent is missing (found parent ", id_text(mine.parent), ")"),
                    .hint =
                        "put the image with that id there as well; without it nothing that "
                        "builds on it can be read"};
  }

  [[nodiscard]] std::string link_fault(std::size_t parent, std::size_t n) const {
    try {
      check_link(images_[parent].name, info(parent), "", info(n));
    } catch (const Error& error) {
      return error.what();
    }
    return "the chain is broken: wrong sequence number";  // behind the largest
  }

  /// Pairs of a parent and its child; the one that continues the chain first.
  void list_children() {
    for (std::size_t n = 0; n < images_.size(); ++n)
      if (result_.parents[n] != kNoImage) children_.emplace_back(result_.parents[n], n);
    std::sort(children_.begin(), children_.end(),
              [this](const auto& a, const auto& b) { return key_of_child(a) < key_of_child(b); });
  }

  using Child = std::pair<std::size_t, std::size_t>;
  [[nodiscard]] std::tuple<std::size_t, bool, std::uint64_t, std::string_view> key_of_child(
      const Child& child) const {
    const auto [parent, n] = child;
    return {parent, result_.same_as[n] != kNoImage, info(n).time_ns, images_[n].name};
  }

  [[nodiscard]] auto key_of_chain(const ArrangedChain& chain) const {
    const ImageFile& first = images_[chain.images.front()];
    const Info& i = first.info;
    return std::tie(i.pid, i.start_time_ns, i.start, i.end, i.time_ns, first.name);
  }

  void make_chains() {
    for (std::size_t n = 0; n < images_.size(); ++n)
      if (result_.parents[n] == kNoImage) pending_.push_back({.images = {n}, .fault = faults_[n]});
    while (!pending_.empty()) {
      ArrangedChain chain = std::move(pending_.back());
      pending_.pop_back();
      follow(chain);
      result_.chains.push_back(std::move(chain));
    }
    std::sort(result_.chains.begin(), result_.chains.end(),
              [this](const ArrangedChain& a, const ArrangedChain& b) {
                return key_of_chain(a) < key_of_chain(b);
              });
  }

  /// Adds what builds on the first image.
  void follow(ArrangedChain& chain) {
    for (;;) {
      const std::size_t at = chain.images.back();
      auto child = std::partition_point(children_.begin(), children_.end(),
                                        [at](const Child& c) { return c.first < at; });
      if (child == children_.end() || child->first != at) return;
      const std::size_t next = child->second;
      // A fork shares the fate of what it builds on.
      while (++child != children_.end() && child->first == at)
        pending_.push_back({.images = {child->second},
                            .forks_from = at,
                            .fault = chain.fault.empty() ? faults_[child->second] : chain.fault});
      if (chain.fault.empty()) chain.fault = faults_[next];
      chain.images.push_back(next);
    }
  }

  const std::vector<ImageFile>& images_;
  std::vector<std::size_t> by_id_;
  std::vector<ChainFault> faults_;
  std::vector<Child> children_;
  std::vector<ArrangedChain> pending_;
  Arrangement result_;
};

}  // namespace

std::vector<std::size_t> Arrangement::path_to(std::size_t image) const {
  std::vector<std::size_t> path;
  for (std::size_t at = image; at != kNoImage; at = parents[at]) path.push_back(at);
  std::reverse(path.begin(), path.end());
  return path;
}

Arrangement arrange(const std::vector<ImageFile>& images) {
  return Arranger(images).run();
}

}  // namespace checkpoint
