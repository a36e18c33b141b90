// SPDX-License-Identifier: GPL-2.0-or-later
// What an image says, in the host's terms.  The layout on disk, and the
// meaning of each field, is defined in linux/proc_checkpoint.h.
#pragma once

#include <linux/proc_checkpoint.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace checkpoint {

/// x86_64 has no other.
inline constexpr std::uint64_t kPageSize = 4096;

using Bytes = std::vector<std::byte>;
using Id = std::array<std::uint8_t, PROC_CHECKPOINT_ID_BYTES>;

inline bool is_zero(const Id& id) {
  return id == Id{};
}
std::string id_text(const Id& id);

enum class Kind : std::uint32_t {
  full = PROC_CHECKPOINT_KIND_FULL,
  inc = PROC_CHECKPOINT_KIND_INC,
};
std::string_view kind_text(Kind kind);

/// struct proc_checkpoint_info
struct Info {
  Kind kind = Kind::full;
  std::uint32_t flags = 0;
  std::uint64_t page_size = kPageSize;
  std::uint32_t pid = 0;
  Id id{};
  Id parent{};
  std::uint64_t seq = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t start_time_ns = 0;
  std::uint64_t time_ns = 0;
  std::uint64_t pages_data = 0;
  std::uint64_t pages_zero = 0;
  std::uint64_t pages_file = 0;
  std::uint64_t pages_skipped = 0;
  std::uint64_t pages_copied = 0;
  std::uint64_t mappings = 0;
  std::uint64_t stall_ns = 0;

  [[nodiscard]] bool merged() const { return (flags & PROC_CHECKPOINT_INFO_MERGED) != 0; }
  [[nodiscard]] bool asked_inc() const { return (flags & PROC_CHECKPOINT_INFO_ASKED_INC) != 0; }
  bool operator==(const Info&) const = default;
};

/// struct proc_checkpoint_mapping
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;
  std::uint32_t prot = 0;
  std::uint32_t flags = 0;
  std::uint32_t dev_major = 0;
  std::uint32_t dev_minor = 0;
  std::uint64_t inode = 0;
  std::uint64_t file_size = 0;
  std::uint64_t mtime_sec = 0;
  std::uint32_t mtime_nsec = 0;
  std::string name;

  [[nodiscard]] bool has(std::uint32_t flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool contains(std::uint64_t address) const {
    return start <= address && address < end;
  }
  /// Where @address is in the mapped file.
  [[nodiscard]] std::uint64_t file_offset(std::uint64_t address) const {
    return offset + (address - start);
  }
  bool operator==(const Mapping&) const = default;
};

/// "rw-p", as in /proc/PID/maps.
std::string protection_text(const Mapping& mapping);
/// The names of the flags, comma separated.
std::string mapping_flags_text(std::uint32_t flags);
/// The PF_* bits of a mapping's PT_LOADs.
std::uint32_t segment_flags(const Mapping& mapping);

/// What an image says about a page.
enum class PageState : std::uint8_t {
  unmapped,  ///< in no mapping
  absent,    ///< mapped, not named by this inc: as in the parent
  data,      ///< the bytes are in the image
  zero,      ///< all bytes are zero
  file,      ///< the bytes are those of the mapped file
  skipped,   ///< not saved, for the reason given
};
std::string_view state_text(PageState state);

/// 0 or PROC_CHECKPOINT_SKIP_*.
using SkipReason = std::uint32_t;
std::string_view skip_text(SkipReason reason);

/// Neighbouring pages of one mapping in one state, [start, end).
struct Run {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  PageState state = PageState::zero;
  SkipReason reason = 0;     ///< skipped: why
  std::uint64_t offset = 0;  ///< data: in the image; file: in the mapped file
  std::size_t mapping = 0;   ///< index into the image's mappings

  [[nodiscard]] std::uint64_t size() const { return end - start; }
  bool operator==(const Run&) const = default;
};

}  // namespace checkpoint
