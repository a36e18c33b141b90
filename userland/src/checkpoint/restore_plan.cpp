// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/restore_plan.h"

#include <algorithm>

#include "checkpoint/error.h"
#include "checkpoint/mapped_source.h"
#include "checkpoint/search.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kBatch = 1 << 20;

/// The kernel's: vdso and the like, which no anonymous memory is.
bool is_special(const Mapping& mapping) {
  const std::string_view name = mapping.name;
  return name.starts_with('[') && name != "[heap]" && !name.starts_with("[stack") &&
         !name.starts_with("[anon:");
}

/// Pages of it that are not there read as zeros.
bool is_anonymous(const Mapping& mapping) {
  return !mapping.has(PROC_CHECKPOINT_MAP_SHARED) && !mapping.has(PROC_CHECKPOINT_MAP_FILE) &&
         !is_special(mapping);
}

class Planner {
 public:
  explicit Planner(const RestoreSubject& subject)
      : subject_(subject), memory_bytes_(kBatch), zeros_(kBatch) {}

  RestorePlan make() {
    const auto& runs = subject_.snapshot.runs();
    const AddressRange& range = subject_.range;
    subject_.steps.begin("comparing", data_bytes());
    for (auto run = first_ending_after(runs, range.start);
         run != runs.end() && run->start < range.end; ++run) {
      run_ = &*run;
      for_each_mapping(std::max(run->start, range.start), std::min(run->end, range.end));
    }
    if (shared_pages_ != 0)
      throw Error(
          Error::Kind::failed, "",
          str(shared_pages_, " pages of shared mappings differ, the first at ", hex(first_shared_)))
          .hint(
              "other processes, or the file, would see what is written there: --shared write "
              "does it, --shared keep leaves them as they are");
    return std::move(plan_);
  }

 private:
  /// In the range.
  [[nodiscard]] std::uint64_t data_bytes() const {
    std::uint64_t bytes = 0;
    for (const ResolvedRun& run : subject_.snapshot.runs()) {
      const std::uint64_t start = std::max(run.start, subject_.range.start);
      const std::uint64_t end = std::min(run.end, subject_.range.end);
      if (run.state == PageState::data && start < end) bytes += end - start;
    }
    return bytes;
  }

  /// One mapping of the image may be several now.
  void for_each_mapping(std::uint64_t start, std::uint64_t end) {
    while (start < end) {
      mapping_ = find_containing(subject_.mappings, start);
      if (mapping_ == nullptr) throw Error(Error::Kind::failed, "", hex(start) + " is not mapped");
      const std::uint64_t to = std::min(end, mapping_->end);
      plan_part(start, to);
      start = to;
    }
  }

  void plan_part(std::uint64_t start, std::uint64_t end) {
    at_ = start;
    if (run_->state == PageState::skipped) {
      plan_.pages_skipped += pages(start, end);
    } else if (subject_.shared == SharedPages::keep && mapping_->has(PROC_CHECKPOINT_MAP_SHARED)) {
      plan_.pages_kept += pages(start, end);
    } else {
      if (run_->state == PageState::file) files_.check(then());
      compare_part(start, end);
    }
    reached(end);
  }

  /// All before @address has been looked at.
  void reached(std::uint64_t address) {
    if (run_->state == PageState::data) subject_.steps.advance(address - at_);
    at_ = address;
  }

  void compare_part(std::uint64_t start, std::uint64_t end) {
    for_each_populated(subject_.pagemap_fd, start, end, [&](const PopulatedRange& there) {
      compare_absent(start, there.start);
      if (is_unmodified(there.of_file))
        same(there.start, there.end);
      else
        compare(there.start, there.end);
      start = there.end;
    });
    compare_absent(start, end);
  }

  /// Nothing has to be read to see that the page is still the file's.
  [[nodiscard]] bool is_unmodified(bool of_file) const {
    return run_->state == PageState::file && of_file && !mapping_->has(PROC_CHECKPOINT_MAP_SHARED);
  }

  /// Pages without anything behind their addresses yet.
  void compare_absent(std::uint64_t start, std::uint64_t end) {
    if (start >= end) return;
    if (is_anonymous(*mapping_))
      compare_with_zeros(start, end);
    else if (is_unmodified(true))
      same(start, end);
    else if (mapping_->userfaultfd)
      throw handled_by_others(start, "read");
    else
      compare(start, end);
  }

  void compare_with_zeros(std::uint64_t start, std::uint64_t end) {
    if (run_->state == PageState::zero) return same(start, end);
    for_each_batch(start, end, [&](std::uint64_t at, std::uint64_t size) {
      split(at, expected(at, size), ByteView(zeros_).first(size));
    });
  }

  void compare(std::uint64_t start, std::uint64_t end) {
    for_each_batch(start, end, [&](std::uint64_t at, std::uint64_t size) {
      const std::span<std::byte> found = std::span(memory_bytes_).first(size);
      subject_.memory.read(at, found);
      split(at, expected(at, size), found);
    });
  }

  template <typename Batch>
  void for_each_batch(std::uint64_t start, std::uint64_t end, Batch batch) {
    for (; start < end; start += kBatch) {
      subject_.at_pause();
      const std::uint64_t size = std::min(kBatch, end - start);
      batch(start, size);
      reached(start + size);
    }
  }

  /// What the image has at @address.
  ByteView expected(std::uint64_t address, std::uint64_t size) {
    if (run_->state == PageState::data) return Snapshot::bytes(*run_, address, address + size);
    if (run_->state == PageState::zero) return ByteView(zeros_).first(size);
    file_bytes_.emplace();
    files_.copy(then(), address, size, *file_bytes_);
    return file_bytes_->bytes();
  }

  [[nodiscard]] const Mapping& then() const {
    return subject_.snapshot.chain().newest().mappings()[run_->mapping];
  }

  /// Sorts the pages at @at into those that differ and the others.
  void split(std::uint64_t at, ByteView wanted, ByteView found) {
    if (std::memcmp(wanted.data(), found.data(), wanted.size()) == 0)
      return same(at, at + wanted.size());
    for (std::uint64_t page = 0; page < wanted.size(); page += kPageSize) {
      if (std::memcmp(wanted.data() + page, found.data() + page, kPageSize) == 0)
        same(at + page, at + page + kPageSize);
      else
        differ(at + page);
    }
  }

  void same(std::uint64_t start, std::uint64_t end) { plan_.pages_same += pages(start, end); }

  void differ(std::uint64_t page) {
    if (mapping_->has(PROC_CHECKPOINT_MAP_SHARED) && subject_.shared == SharedPages::refuse) {
      if (shared_pages_++ == 0) first_shared_ = page;
      return;
    }
    check_writable(page);
    if (run_->state == PageState::data)
      ++plan_.pages_data;
    else
      ++(run_->state == PageState::zero ? plan_.pages_zero : plan_.pages_file);
    if (!plan_.writes.empty() && plan_.writes.back().run == run_ && plan_.writes.back().end == page)
      plan_.writes.back().end += kPageSize;
    else
      plan_.writes.push_back({.start = page, .end = page + kPageSize, .run = run_});
  }

  /// The kernel would refuse it, or worse.
  void check_writable(std::uint64_t page) const {
    if (is_special(*mapping_))
      throw Error(
          Error::Kind::failed, "",
          str(printable(mapping_->name), " differs at ", hex(page), ", and is the kernel's"))
          .hint("the image is of another boot or kernel; --range leaves it out");
    if (mapping_->userfaultfd) throw handled_by_others(page, "written");
    const bool read_only = (mapping_->prot & PROC_CHECKPOINT_PROT_WRITE) == 0;
    if (read_only && mapping_->has(PROC_CHECKPOINT_MAP_SHARED))
      throw Error(Error::Kind::failed, "",
                  str("the shared page at ", hex(page),
                      " differs, and the process has it without write access"))
          .hint("--shared keep leaves shared pages as they are");
    if (read_only && mapping_->has(PROC_CHECKPOINT_MAP_HUGETLB))
      throw Error(Error::Kind::failed, "",
                  str("the hugetlb page at ", hex(page),
                      " differs, and is without write access, where the kernel writes nothing"))
          .hint("--range leaves it out");
  }

  [[nodiscard]] static Error handled_by_others(std::uint64_t page, std::string_view verb) {
    return Error(Error::Kind::failed, "",
                 str("the page at ", hex(page), " cannot be ", verb,
                     ": a userfaultfd handles the faults there"))
        .hint("who handles them may be stopped with the process; --range leaves them out");
  }

  static std::uint64_t pages(std::uint64_t start, std::uint64_t end) {
    return (end - start) / kPageSize;
  }

  const RestoreSubject& subject_;
  const ResolvedRun* run_ = nullptr;
  const LiveMapping* mapping_ = nullptr;
  std::uint64_t at_ = 0;  ///< before it all has been looked at
  MappedSource files_;
  Bytes memory_bytes_;
  Bytes zeros_;
  std::optional<MemorySink> file_bytes_;
  std::uint64_t shared_pages_ = 0;
  std::uint64_t first_shared_ = 0;
  RestorePlan plan_;
};

}  // namespace

RestorePlan plan_restore(const RestoreSubject& subject) {
  return Planner(subject).make();
}

}  // namespace checkpoint
