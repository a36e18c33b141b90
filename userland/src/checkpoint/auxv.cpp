// SPDX-License-Identifier: GPL-2.0-or-later
//
// From its end down, a stack has: the name of the program, the environment and
// the arguments as text, 16 random bytes, the auxiliary vector up to AT_NULL,
// then the pointers to the environment, which a NULL ends.  So the vector is
// looked for from the end down, and programs that copied it are no trouble.
#include "checkpoint/auxv.h"

#include <elf.h>

#include <bitset>

namespace checkpoint {
namespace {

/// The kernel takes 6 MiB of arguments and environment at the most.
constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 20;
constexpr std::uint64_t kMostType = 127;
constexpr std::uint64_t kRandomBytes = 16;

const Mapping* find_mapping(const Snapshot& snapshot, std::string_view name) {
  for (const Mapping& mapping : snapshot.chain().newest().mappings())
    if (mapping.name == name) return &mapping;
  return nullptr;
}

/// The end of the stack, as far down as there are bytes of it.
Bytes read_end(const Snapshot& snapshot, const Mapping& stack) {
  std::uint64_t start = stack.end - std::min(stack.end - stack.start, kMostBytes);
  for (std::uint64_t at = stack.end; at > start; at -= kPageSize) {
    const PageState state = snapshot.state_at(at - kPageSize);
    if (state != PageState::data && state != PageState::zero) start = at;
  }
  Bytes bytes(stack.end - start);
  for (std::uint64_t at = 0; at < bytes.size(); at += kPageSize)
    static_cast<void>(snapshot.read_page(start + at, std::span(bytes).subspan(at, kPageSize)));
  return bytes;
}

class Search {
 public:
  Search(Bytes bytes, std::uint64_t end, const Mapping* vdso)
      : bytes_(std::move(bytes)), start_(end - bytes_.size()), vdso_(vdso) {}

  [[nodiscard]] std::optional<Bytes> run() const {
    for (std::size_t null = bytes_.size() / sizeof(Word); null-- > 0;) {
      if (word(null) != AT_NULL || null + 1 >= bytes_.size() / sizeof(Word)) continue;
      const std::size_t first = first_entry(null);
      if (first > 0 && word(first - 1) == 0 && is_good(first, null)) return entries(first, null);
    }
    return std::nullopt;
  }

 private:
  using Word = std::uint64_t;

  [[nodiscard]] Word word(std::size_t n) const {
    Word value = 0;
    std::memcpy(&value, bytes_.data() + n * sizeof(Word), sizeof(Word));
    return value;
  }

  /// Where entries begin that go on to @null: each type at most once.
  [[nodiscard]] std::size_t first_entry(std::size_t null) const {
    std::bitset<kMostType + 1> seen;
    std::size_t first = null;
    while (first >= 2) {
      const Word type = word(first - 2);
      if (type == AT_NULL || type > kMostType || seen.test(type)) break;
      seen.set(type);
      first -= 2;
    }
    return first;
  }

  [[nodiscard]] std::optional<Word> value(std::size_t first, std::size_t null, Word type) const {
    for (std::size_t n = first; n < null; n += 2)
      if (word(n) == type) return word(n + 1);
    return std::nullopt;
  }

  /// Whether @address and @size bytes behind it are on the stack behind the vector.
  [[nodiscard]] bool behind(std::size_t null, Word address, std::uint64_t size) const {
    const Word least = start_ + (null + 2) * sizeof(Word), end = start_ + bytes_.size();
    return address >= least && address < end && size <= end - address;
  }

  [[nodiscard]] bool is_good(std::size_t first, std::size_t null) const {
    const auto has = [&](Word type) { return value(first, null, type).has_value(); };
    const auto is = [&](Word type, Word expected) { return value(first, null, type) == expected; };
    const auto on_stack = [&](Word type, std::uint64_t size) {
      const auto address = value(first, null, type);
      return address && behind(null, *address, size);
    };
    return has(AT_PHDR) && has(AT_PHNUM) && has(AT_ENTRY) && is(AT_PHENT, sizeof(Elf64_Phdr)) &&
           is(AT_PAGESZ, kPageSize) && on_stack(AT_RANDOM, kRandomBytes) &&
           on_stack(AT_EXECFN, 1) && (vdso_ == nullptr || is(AT_SYSINFO_EHDR, vdso_->start));
  }

  [[nodiscard]] Bytes entries(std::size_t first, std::size_t null) const {
    Bytes found;
    append_bytes(found,
                 ByteView(bytes_).subspan(first * sizeof(Word), (null - first) * sizeof(Word)));
    append(found, Elf64_auxv_t{});
    return found;
  }

  Bytes bytes_;
  std::uint64_t start_;
  const Mapping* vdso_;
};

}  // namespace

std::optional<Bytes> find_auxv(const Snapshot& snapshot) {
  const Mapping* stack = find_mapping(snapshot, "[stack]");
  if (stack == nullptr) return std::nullopt;
  return Search(read_end(snapshot, *stack), stack->end, find_mapping(snapshot, "[vdso]")).run();
}

}  // namespace checkpoint
