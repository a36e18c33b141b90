// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/stack.h"

#include <elf.h>

#include "checkpoint/test_support/image_builder.h"

namespace checkpoint {
namespace {

constexpr std::string_view kName = "./program";
constexpr std::uint64_t kNameAt = SampleStack::kEnd - 8 - kName.size() - 1;
constexpr std::uint64_t kRandomAt = SampleStack::kEnd - 0x100;

/// Fills words of the stack downwards.
class Filler {
 public:
  Filler(Bytes& bytes, std::uint64_t top) : bytes_(bytes), at_(top) {}

  void push(std::uint64_t word) {
    at_ -= sizeof(word);
    std::memcpy(bytes_.data() + (at_ - SampleStack::kStart), &word, sizeof(word));
  }
  void push_all(const std::vector<std::uint64_t>& words) {
    for (std::size_t n = words.size(); n-- > 0;) push(words[n]);
  }

 private:
  Bytes& bytes_;
  std::uint64_t at_;
};

Bytes contents(const SampleStack& stack) {
  Bytes bytes(SampleStack::kEnd - SampleStack::kStart);
  std::memcpy(bytes.data() + (kNameAt - SampleStack::kStart), kName.data(), kName.size());
  std::memset(bytes.data() + (kRandomAt - SampleStack::kStart), 'r', 16);
  Filler filler(bytes, kRandomAt - 0x40);  // the kernel leaves spare entries, too
  filler.push_all({AT_NULL, 0});
  filler.push_all(stack.auxv);
  filler.push(0);
  for (std::size_t n = 0; n < stack.environment; ++n) filler.push(kNameAt - 8 * n);
  filler.push_all({1, kNameAt, 0});  // argc, argv
  if (!stack.copy) return bytes;
  for (int n = 0; n < 100; ++n) filler.push(0x1234567890);
  filler.push_all({AT_NULL, 0});
  filler.push_all({stack.auxv.begin(), stack.auxv.end() - 2});
  filler.push(0);
  return bytes;
}

}  // namespace

SampleStack::SampleStack()
    : auxv{AT_SYSINFO_EHDR, kVdso,     51,          0x980,     AT_HWCAP,  0xbfebfbff,
           AT_PAGESZ,       kPageSize, AT_CLKTCK,   100,       AT_PHDR,   0x10040,
           AT_PHENT,        56,        AT_PHNUM,    13,        AT_BASE,   0x20000,
           AT_FLAGS,        0,         AT_ENTRY,    0x11060,   AT_UID,    0,
           AT_EUID,         0,         AT_SECURE,   0,         AT_RANDOM, kRandomAt,
           AT_EXECFN,       kNameAt,   AT_PLATFORM, kRandomAt, 27,        28} {}

void SampleStack::set(std::uint64_t type, std::uint64_t value) {
  for (std::size_t n = 0; n < auxv.size(); n += 2)
    if (auxv[n] == type) auxv[n + 1] = value;
}

void SampleStack::remove(std::uint64_t type) {
  for (std::size_t n = 0; n < auxv.size(); n += 2) {
    if (auxv[n] != type) continue;
    const auto at = auxv.begin() + static_cast<std::ptrdiff_t>(n);
    auxv.erase(at, at + 2);
    return;
  }
}

Bytes image_of_stack(const SampleStack& stack) {
  const std::uint64_t data = SampleStack::kStart + kPageSize, last = SampleStack::kEnd - kPageSize;
  const Bytes bytes = contents(stack);
  ImageBuilder image(SampleStack::kStart, 0x60000);
  image.map(SampleStack::kStart, SampleStack::kEnd, "[stack]")
      .zero(SampleStack::kStart, data)
      .data(data, ByteView(bytes).subspan(kPageSize));
  if (stack.skip_last) image.skipped(last, SampleStack::kEnd, PROC_CHECKPOINT_SKIP_POISON);
  if (stack.vdso)
    image.map(SampleStack::kVdso, SampleStack::kVdso + kPageSize, "[vdso]")
        .zero(SampleStack::kVdso, SampleStack::kVdso + kPageSize);
  return image.build();
}

}  // namespace checkpoint
