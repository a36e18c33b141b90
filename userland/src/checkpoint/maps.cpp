// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/maps.h"

#include <algorithm>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/text.h"

namespace checkpoint {
namespace {

/// Takes the first word off @text, and the spaces behind it.
std::string_view word(std::string_view& text) {
  const std::string_view first = text.substr(0, std::min(text.find(' '), text.size()));
  text.remove_prefix(first.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return first;
}

/// The last column has its newlines written as "\012".
std::string unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool newline = text.starts_with("\\012");
    out += newline ? '\n' : text.front();
    text.remove_prefix(newline ? 4 : 1);
  }
  return out;
}

bool parse_protection(std::string_view text, Mapping& mapping) {
  if (text.size() != 4) return false;
  if (text[0] == 'r') mapping.prot |= PROC_CHECKPOINT_PROT_READ;
  if (text[1] == 'w') mapping.prot |= PROC_CHECKPOINT_PROT_WRITE;
  if (text[2] == 'x') mapping.prot |= PROC_CHECKPOINT_PROT_EXEC;
  if (text[3] == 's') mapping.flags |= PROC_CHECKPOINT_MAP_SHARED;
  return true;
}

bool parse_device(std::string_view text, Mapping& mapping) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto major = parse_hex(text.substr(0, colon));
  const auto minor = parse_hex(text.substr(colon + 1));
  if (!major || !minor) return false;
  mapping.dev_major = static_cast<std::uint32_t>(*major);
  mapping.dev_minor = static_cast<std::uint32_t>(*minor);
  return true;
}

/// "START-END PERM OFFSET MAJOR:MINOR INODE   NAME"
bool parse_line(std::string_view line, Mapping& mapping) {
  const auto range = parse_range(word(line));
  if (!range || !parse_protection(word(line), mapping)) return false;
  const auto offset = parse_hex(word(line));
  if (!parse_device(word(line), mapping)) return false;
  const auto inode = parse_decimal(word(line));
  if (!offset || !inode) return false;
  mapping.start = range->start;
  mapping.end = range->end;
  mapping.offset = *offset;
  mapping.inode = *inode;
  mapping.name = unescape(line);
  return true;
}

Error unreadable(std::string_view line) {
  return Error(Error::Kind::failed, "", "a line that cannot be read")
      .found("'" + printable(line) + "'");
}

/// Takes the first line off @text.
std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

/// The words behind "VmFlags:", Documentation/filesystems/proc.rst.
void set_flags(std::string_view words, LiveMapping& mapping) {
  static constexpr std::pair<std::string_view, std::uint32_t> names[] = {
      {"ht", PROC_CHECKPOINT_MAP_HUGETLB},    {"gd", PROC_CHECKPOINT_MAP_GROWSDOWN},
      {"lo", PROC_CHECKPOINT_MAP_LOCKED},     {"dd", PROC_CHECKPOINT_MAP_DONTDUMP},
      {"wf", PROC_CHECKPOINT_MAP_WIPEONFORK}, {"io", PROC_CHECKPOINT_MAP_DEVICE},
      {"pf", PROC_CHECKPOINT_MAP_DEVICE},     {"nr", PROC_CHECKPOINT_MAP_NORESERVE},
      {"dc", PROC_CHECKPOINT_MAP_DONTFORK},
  };
  while (!words.empty()) {
    const std::string_view found = word(words);
    for (const auto& [name, flag] : names)
      if (found == name) mapping.flags |= flag;
    if (found == "um" || found == "uw" || found == "ui") mapping.userfaultfd = true;
  }
}

bool is_called(const Mapping& mapping, std::string_view name) {
  const std::string_view full = mapping.name;
  if (full.empty()) return false;
  if (full == name) return true;
  if (full.front() == '[') return full == str('[', name, ']');
  return full.substr(full.rfind('/') + 1) == name;
}

std::string list(const std::vector<const Mapping*>& mappings) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t n = 0; n < mappings.size() && n < most; ++n)
    text += str(n == 0 ? "" : ", ", range_text(mappings[n]->start, mappings[n]->end));
  return mappings.size() > most ? str(text, ", and ", mappings.size() - most, " more") : text;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    Mapping mapping;
    if (!parse_line(line, mapping)) throw unreadable(line);
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

std::vector<LiveMapping> parse_smaps(std::string_view text) {
  std::vector<LiveMapping> mappings;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    std::string_view rest = line;
    const std::string_view key = word(rest);
    if (!key.ends_with(':')) {
      LiveMapping mapping;
      if (!parse_line(line, mapping)) throw unreadable(line);
      if (mapping.inode != 0) mapping.flags |= PROC_CHECKPOINT_MAP_FILE;
      mappings.push_back(std::move(mapping));
    } else if (mappings.empty()) {
      throw unreadable(line);
    } else if (key == "VmFlags:") {
      set_flags(rest, mappings.back());
    }
  }
  return mappings;
}

AddressRange find_mapping(const std::vector<Mapping>& mappings, std::string_view name,
                          std::string_view hint) {
  std::vector<const Mapping*> found;
  bool in_order = true;
  std::uint64_t end = 0;
  for (const Mapping& mapping : mappings) {
    if (!is_called(mapping, name)) continue;
    in_order = in_order &&
               (found.empty() || (found.back()->start <= mapping.start && mapping.start <= end));
    end = std::max(end, mapping.end);
    found.push_back(&mapping);
  }
  if (found.empty())
    throw Error(Error::Kind::failed, "", str("no mapping is called '", printable(name), "'"))
        .hint(std::string(hint));
  if (!in_order)
    throw Error(Error::Kind::failed, "",
                str("the mappings called '", printable(name), "' do not follow each other"))
        .found(list(found))
        .hint("choose one with --range");
  return {.start = found.front()->start, .end = end};
}

}  // namespace checkpoint
