// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a command, read by the kernel's parser; and any command that
// cpctl writes: the kernel reads the same.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "checkpoint/bytes.h"
#include "checkpoint/command.h"
#include "kernel_command.h"

namespace {

using checkpoint::Error;
using checkpoint::Kind;
using checkpoint::SaveCommand;

/// What a text is as the kernel reads it; nullopt: none that it takes.
struct Read {
  bool forget = false;
  SaveCommand command;
};

void check_pages(const kernel::cp_command& command, unsigned long limit) {
  unsigned long start = 0, end = 0;
  if (kernel::cp_command_pages(&command, limit, &start, &end) != 0) return;
  if (start % kernel::kPage != 0 || end % kernel::kPage != 0 || start >= end || end > limit ||
      start < command.start || end - 1 > command.last)
    std::abort();
}

std::optional<Read> read_as_kernel(std::string_view text) {
  // Of just the size, so that the sanitizer sees reads behind it.
  std::vector<char> copy(text.begin(), text.end());
  copy.push_back('\0');
  kernel::cp_command command{};
  const int error = kernel::cp_command_parse(copy.data(), text.size(), &command);
  if (error != 0 && error != -EINVAL) std::abort();
  if (error != 0) return std::nullopt;
  if (command.op == kernel::CP_FORGET) return Read{.forget = true, .command = {}};
  const char* const last = copy.data() + copy.size() - 1;
  if (command.path < copy.data() || command.path >= last || *command.path == ' ') std::abort();
  for (const unsigned long limit : {0x7ffffffff000UL, 0xfffffffffffff000UL, 0x2000UL})
    check_pages(command, limit);
  return Read{.command = {.kind = command.op == kernel::CP_FULL ? Kind::full : Kind::inc,
                          .start = command.start,
                          .end = command.last,
                          .path = command.path}};
}

void check_same(const SaveCommand& a, const SaveCommand& b) {
  if (a.kind != b.kind || a.start != b.start || a.end != b.end || a.path != b.path) std::abort();
}

/// What the kernel took, written by cpctl, is the same to it.
void write_again(const Read& read) {
  if (read.forget) return;
  std::string text;
  try {
    text = read.command.text();
  } catch (const Error&) {  // it got longer, or has been too long
    if (read.command.path.size() + 60 < PROC_CHECKPOINT_CMD_MAX) std::abort();
    return;
  }
  const auto again = read_as_kernel(text);
  if (!again || again->forget) std::abort();
  check_same(again->command, read.command);
}

/// The kernel takes what cpctl writes, and what cpctl refuses to write no
/// kernel would take.
void write(SaveCommand command) {
  std::string text;
  try {
    text = command.text();
  } catch (const Error&) {
    const std::string raw = checkpoint::str(kind_text(command.kind), ' ', command.start, ' ',
                                            command.end, ' ', command.path, '\n');
    // (the numbers are a little longer in hex)
    if (raw.size() + 8 <= PROC_CHECKPOINT_CMD_MAX && read_as_kernel(raw)) std::abort();
    return;
  }
  const auto read = read_as_kernel(text);
  if (!read || read->forget) std::abort();
  if (command.path.front() == ' ') command.path.insert(0, "./");
  check_same(read->command, command);
}

}  // namespace

/// A text; or, behind a byte from 0xfe on, which begins none, the numbers and
/// the path of a command.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size < 1 + 2 * sizeof(std::uint64_t) || data[0] < 0xfe) {
    if (const auto read = read_as_kernel(text)) write_again(*read);
    return 0;
  }
  SaveCommand command{.kind = data[0] == 0xff ? Kind::full : Kind::inc};
  std::memcpy(&command.start, data + 1, sizeof(command.start));
  std::memcpy(&command.end, data + 1 + sizeof(command.start), sizeof(command.end));
  command.path = text.substr(1 + 2 * sizeof(std::uint64_t));
  write(std::move(command));
  return 0;
}
