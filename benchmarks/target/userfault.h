// SPDX-License-Identifier: GPL-2.0-or-later
// How a program saves itself without help but that of Linux 6.7: userfaultfd
// protects its memory from writing, asynchronously, so that the kernel notes
// which pages were written and lets them be; PAGEMAP_SCAN finds and protects
// them again.  Its other threads have to stand still meanwhile.
#pragma once

#include <functional>
#include <string>

#include "checkpoint/unique_fd.h"
#include "target/memory.h"

namespace bench {

class Userfault {
 public:
  /// Protects all.  Throws std::system_error, also where the kernel cannot.
  explicit Userfault(const Memory& memory);
  Userfault(const Userfault&) = delete;
  Userfault& operator=(const Userfault&) = delete;
  ~Userfault();

  void protect() const;

  /// Finds and protects what was written in the first @bytes.
  void scan(std::size_t bytes, const std::function<void(std::uint64_t, std::uint64_t)>& each) const;

 private:
  const Memory& memory_;
  checkpoint::UniqueFd fd_, pagemap_;
};

}  // namespace bench
