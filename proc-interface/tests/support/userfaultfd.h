// SPDX-License-Identifier: GPL-2.0-or-later
// Memory whose faults a userfaultfd handles.
#pragma once

#include <linux/userfaultfd.h>

#include <cstddef>
#include <cstdint>

#include "memory.h"

// Younger than the headers of some build machines.
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
#ifndef UFFD_FEATURE_MOVE
#define UFFD_FEATURE_MOVE (1 << 16)
#endif
#ifndef UFFD_FEATURE_RWP
#define UFFD_FEATURE_RWP (1 << 17)
#define UFFDIO_REGISTER_MODE_RWP (std::uint64_t{1} << 3)
#endif

namespace test {

/// Each call fails the case when the kernel refuses it, but for those that
/// return the errno.
class Userfaultfd {
 public:
  /// Skips the case when the kernel lacks a feature or can't register the mode.
  Userfaultfd(const Range& range, std::uint64_t mode, std::uint64_t features = 0);
  /// Whether the kernel has these features.
  [[nodiscard]] static bool offers(std::uint64_t features);
  Userfaultfd(const Userfaultfd&) = delete;
  Userfaultfd& operator=(const Userfaultfd&) = delete;
  ~Userfaultfd();

  /// UFFDIO_COPY of a page.
  void copy(void* to, const void* from) const;
  /// Of one that is filled with @seed.
  void copy_in(void* page, std::uint64_t seed) const;
  void zero(void* page) const;
  void protect(const Range& range, bool on) const;
  void forbid(const Range& range, bool on) const;  // UFFDIO_RWPROTECT
  void proceed(void* page) const;                  // UFFDIO_CONTINUE
  void poison(void* page) const;
  [[nodiscard]] int move(void* to, void* from, std::size_t bytes = page_size) const;

 private:
  Range range_;
  int fd_;
};

}  // namespace test
