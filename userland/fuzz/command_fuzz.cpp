// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as a command: the kernel's parser reads what the contract says; and
// any command that cpctl writes is the same to the kernel.
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "checkpoint/bytes.h"
#include "checkpoint/command.h"
#include "checkpoint/numbers.h"
#include "kernel_command.h"
#include "messages.h"

namespace {

using checkpoint::Kind;
using checkpoint::SaveCommand;

/// What a text is.
struct Read {
  bool forget = false;
  SaveCommand command;
};

bool same(const SaveCommand& a, const SaveCommand& b) {
  return a.kind == b.kind && a.start == b.start && a.end == b.end && a.path == b.path;
}

/// The pages that lie wholly inside, no more and no fewer.
void check_pages(const kernel::cp_command& command, unsigned long limit) {
  constexpr unsigned long size = kernel::kPageSize;
  const unsigned long first = command.start / size + (command.start % size != 0 ? 1 : 0);
  const unsigned long behind = command.last / size + (command.last % size == size - 1 ? 1 : 0);
  const unsigned long end = std::min(behind, limit / size);
  unsigned long found_start = 0;
  unsigned long found_end = 0;
  const int error = kernel::cp_command_pages(&command, limit, &found_start, &found_end);
  if (error != (first < end ? 0 : -EINVAL)) std::abort();
  if (error == 0 && (found_start != first * size || found_end != end * size)) std::abort();
}

/// nullopt: the kernel does not take it.
std::optional<Read> read_as_kernel(std::string_view text) {
  // Of just the size, so that the sanitizer sees reads behind it.
  std::vector<char> copy(text.size() + 1);
  std::copy(text.begin(), text.end(), copy.begin());
  kernel::cp_command command{};
  const int error = kernel::cp_command_parse(copy.data(), text.size(), &command);
  if (error != 0 && error != -EINVAL) std::abort();
  if (error != 0) return std::nullopt;
  if (command.op == kernel::CP_FORGET) return Read{.forget = true, .command = {}};
  if (command.path < copy.data() || command.path >= &copy.back()) std::abort();
  for (const unsigned long limit : {0x7ffffffff000UL, 0xfffffffffffff000UL, 0x2000UL})
    check_pages(command, limit);
  return Read{.command = {.kind = command.op == kernel::CP_FULL ? Kind::full : Kind::inc,
                          .start = command.start,
                          .end = command.last,
                          .path = command.path}};
}

void skip_spaces(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view next_word(std::string_view& text) {
  skip_spaces(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

/// The same by what the uapi header says; nullopt: it is no command.
std::optional<Read> read_as_written(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string_view word = next_word(text);
  if (word == PROC_CHECKPOINT_CMD_FORGET)
    return next_word(text).empty() ? std::optional(Read{.forget = true, .command = {}})
                                   : std::nullopt;
  const auto start = checkpoint::parse_number(next_word(text));
  const auto end = checkpoint::parse_number(next_word(text));
  skip_spaces(text);
  if ((word != PROC_CHECKPOINT_CMD_FULL && word != PROC_CHECKPOINT_CMD_INC) || !start || !end ||
      *end < *start || text.empty())
    return std::nullopt;
  return Read{.command = {.kind = word == PROC_CHECKPOINT_CMD_FULL ? Kind::full : Kind::inc,
                          .start = *start,
                          .end = *end,
                          .path = std::string(text)}};
}

/// The kernel takes what cpctl writes, and what cpctl refuses to write no
/// kernel would take.
void check_command(const SaveCommand& command) {
  const auto text = checkpoint::unless_refused(checkpoint::Error::Kind::usage,
                                               [&command] { return command.text(); });
  if (text) {
    if (text->size() > PROC_CHECKPOINT_CMD_MAX) std::abort();
    SaveCommand expected = command;
    if (command.path.starts_with(' ')) expected.path.insert(0, "./");
    const auto read = read_as_kernel(*text);
    if (!read || read->forget || !same(read->command, expected)) std::abort();
    return;
  }
  const std::string raw = checkpoint::str(kind_text(command.kind), ' ', command.start, ' ',
                                          command.end, ' ', command.path, '\n');
  // In hex, and with "./", it may have become this much longer.
  constexpr std::size_t longer = 2 + 2 + 2;
  if (raw.size() + longer <= PROC_CHECKPOINT_CMD_MAX && read_as_kernel(raw)) std::abort();
}

void check_text(std::string_view text) {
  const auto found = read_as_kernel(text);
  const auto expected = read_as_written(text);
  if (found.has_value() != expected.has_value()) std::abort();
  if (!found) return;
  if (found->forget != expected->forget || !same(found->command, expected->command)) std::abort();
  if (!found->forget) check_command(found->command);
}

}  // namespace

/// A text; or, behind a byte from 0xfe on, which begins none, the numbers and
/// the path of a command.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_text(text);
  if (size < 1 + 2 * sizeof(std::uint64_t) || data[0] < 0xfe) return 0;
  SaveCommand command{.kind = data[0] == 0xff ? Kind::full : Kind::inc};
  std::memcpy(&command.start, data + 1, sizeof(command.start));
  std::memcpy(&command.end, data + 1 + sizeof(command.start), sizeof(command.end));
  command.path = text.substr(1 + 2 * sizeof(std::uint64_t));
  check_command(command);
  return 0;
}
