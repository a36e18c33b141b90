// SPDX-License-Identifier: GPL-2.0-or-later
// What every page of the arena must hold: kept in other memory, and changed by
// what the operations mean, never by what the arena looks like.
#pragma once

#include <sys/mman.h>

#include <functional>
#include <string>

#include "contents.h"

namespace test::random {

enum class Backing : std::uint8_t { none, anonymous, shared, file };

/// A page of the arena.
struct Place {
  Backing backing = Backing::none;
  std::uint8_t protection = PROT_NONE;
  std::uint8_t object = 0;  ///< shared: which memfd
  bool copied = false;      ///< file: the process has a page of its own
  bool freed = false;       ///< MADV_FREE: what `own` says or zeros, until written to
  bool in_pipe = false;     ///< a pipe holds the page, or one that was here
  bool hugetlb = false;     ///< of a hugetlb page
  std::int16_t pin = -1;    ///< which page of the registered buffer this is
  std::uint32_t index = 0;  ///< shared, file: page of the object
  Contents own;             ///< anonymous, or copied

  [[nodiscard]] bool mapped() const { return backing != Backing::none; }
  [[nodiscard]] bool readable() const { return (protection & PROT_READ) != 0; }
  [[nodiscard]] bool writable() const { return (protection & PROT_WRITE) != 0; }
  [[nodiscard]] bool anonymous() const { return backing == Backing::anonymous; }
  [[nodiscard]] bool is_private() const { return anonymous() || backing == Backing::file; }
  [[nodiscard]] bool writable_anonymous() const { return anonymous() && writable(); }
  /// A page that nobody else maps, except by fork.
  [[nodiscard]] bool has_own_page() const {
    return anonymous() || (backing == Backing::file && copied);
  }
  /// The kernel may write there for somebody else, whatever the process may.
  [[nodiscard]] bool forcible() const { return (is_private() && !hugetlb) || writable(); }
  /// It is mapped as before, but the page that was there is gone.
  void lose_page() {
    own = nullptr;
    copied = freed = in_pipe = false;
    pin = -1;
  }
};
std::string text(const Place& place);

/// The pages of a memfd or file.
using Object = std::vector<Contents>;

/// A copy of it is a snapshot: cheap, since contents are shared.
class Model {
 public:
  static constexpr std::size_t memfds = 2, object_pages = 192;
  /// The object behind the memfds, in hugetlb pages.
  static constexpr std::size_t huge_object = memfds;

  /// Pages for any mapping, and behind them @huge_pages for hugetlb.
  explicit Model(std::size_t pages, std::size_t huge_pages = 0);

  [[nodiscard]] std::size_t size() const { return places.size(); }
  [[nodiscard]] std::size_t ordinary() const { return ordinary_; }
  /// What a page holds; of a freed one, what it held.
  [[nodiscard]] const Contents& contents(std::size_t page) const;
  /// How many pages from @first on, at most @most, are such, all of them
  /// ordinary or none.
  [[nodiscard]] std::size_t run(std::size_t first, std::size_t most,
                                bool (*such)(const Place&)) const;
  [[nodiscard]] std::size_t run(std::size_t first, std::size_t most,
                                bool (Place::*such)() const) const;

  /// Bytes are written to a page, by whatever way.  Of a freed page: as if it
  /// still had its contents.
  void write(std::size_t page, std::size_t offset, Bytes bytes);
  /// Anything that breaks copy-on-write.
  void make_own(std::size_t page);

  std::vector<Place> places;
  std::vector<Object> shared;
  Object file = Object(object_pages);

 private:
  std::size_t ordinary_;
};

}  // namespace test::random
