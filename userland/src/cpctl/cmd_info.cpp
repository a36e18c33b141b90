// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl info IMAGE
#include <iostream>

#include "checkpoint/image_stream.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"

namespace cpctl {
namespace {

using checkpoint::hex;
using checkpoint::id_text;
using checkpoint::ImageHead;
using checkpoint::Info;
using checkpoint::is_zero;
using checkpoint::kPageSize;
using checkpoint::Mapping;
using checkpoint::PageState;
using checkpoint::printable;
using checkpoint::range_text;
using checkpoint::Run;

void print_facts(const ImageHead& image) {
  const Info& info = image.info();
  std::cout << "kind: " << kind_text(info.kind) << (info.merged() ? ", merged" : "")
            << (info.asked_inc() ? ", asked for as an inc" : "") << '\n'
            << "id: " << id_text(info.id) << '\n'
            << "parent: " << (is_zero(info.parent) ? "none" : id_text(info.parent)) << '\n'
            << "seq: " << info.seq << '\n'
            << "pid: " << info.pid << '\n'
            << "range: " << range_text(info.start, info.end) << '\n'
            << "process started: " << checkpoint::duration_text(info.start_time_ns)
            << " after boot\n"
            << "captured: " << checkpoint::time_text(info.time_ns) << ", stall "
            << checkpoint::duration_text(info.stall_ns) << '\n'
            << "mappings: " << info.mappings << '\n'
            << "pages with data: " << info.pages_data << " ("
            << checkpoint::size_text(info.pages_data * kPageSize) << "), of these copied "
            << info.pages_copied << '\n'
            << "pages of zeros: " << info.pages_zero << '\n'
            << "pages of files: " << info.pages_file << '\n'
            << "pages skipped: " << info.pages_skipped << '\n'
            << "file size: " << image.file_size() << " ("
            << checkpoint::size_text(image.file_size()) << ")\n"
            << "crc32c: " << hex(image.end_note().crc32c) << " (not compared: 'cpctl verify')\n";
}

void print_map(const ImageHead& image) {
  std::cout << "map:\n";
  for (const Mapping& mapping : image.mappings()) {
    std::cout << "  " << range_text(mapping.start, mapping.end) << ' ' << protection_text(mapping)
              << " offset " << hex(mapping.offset);
    if (mapping.has(PROC_CHECKPOINT_MAP_FILE))
      std::cout << " device " << mapping.dev_major << ':' << mapping.dev_minor << " inode "
                << mapping.inode;
    const std::string flags = checkpoint::mapping_flags_text(mapping.flags);
    if (!flags.empty()) std::cout << " (" << flags << ')';
    if (!mapping.name.empty()) std::cout << ' ' << printable(mapping.name);
    std::cout << '\n';
  }
}

/// Its bytes are somewhere: in the image, or in the mapped file.
bool has_offset(const Run& run) {
  return run.state == PageState::data || run.state == PageState::file;
}

void print_pages(const ImageHead& image) {
  std::cout << "pages:\n";
  for (const Run& run : image.runs()) {
    std::cout << "  " << range_text(run.start, run.end) << ' ' << run.size() / kPageSize << ' '
              << state_text(run.state);
    if (has_offset(run)) std::cout << " at " << hex(run.offset);
    if (run.state == PageState::skipped) std::cout << ": " << checkpoint::skip_text(run.reason);
    std::cout << '\n';
  }
}

void write_map(Json& json, const ImageHead& image) {
  json.key("map").array();
  for (const Mapping& mapping : image.mappings())
    json.object()
        .field("start", hex(mapping.start))
        .field("end", hex(mapping.end))
        .field("protection", protection_text(mapping))
        .field("flags", checkpoint::mapping_flags_text(mapping.flags))
        .field("offset", mapping.offset)
        .field("dev_major", mapping.dev_major)
        .field("dev_minor", mapping.dev_minor)
        .field("inode", mapping.inode)
        .field("file_size", mapping.file_size)
        .field("mtime_sec", mapping.mtime_sec)
        .field("mtime_nsec", mapping.mtime_nsec)
        .field("name", mapping.name)
        .end_object();
  json.end_array();
}

void write_pages(Json& json, const ImageHead& image) {
  json.key("pages").array();
  for (const Run& run : image.runs()) {
    json.object()
        .field("start", hex(run.start))
        .field("end", hex(run.end))
        .field("state", state_text(run.state));
    if (has_offset(run)) json.field("offset", run.offset);
    if (run.state == PageState::skipped) json.field("reason", checkpoint::skip_text(run.reason));
    json.end_object();
  }
  json.end_array();
}

void write_json(const ImageHead& image, const Options& options) {
  const Info& info = image.info();
  Json json(std::cout);
  json.object()
      .field("kind", kind_text(info.kind))
      .field("merged", info.merged())
      .field("asked_inc", info.asked_inc())
      .field("id", id_text(info.id))
      .key("parent");
  if (is_zero(info.parent))
    json.null();
  else
    json.value(id_text(info.parent));
  json.field("seq", info.seq)
      .field("pid", info.pid)
      .field("start", hex(info.start))
      .field("end", hex(info.end))
      .field("page_size", info.page_size)
      .field("start_time_ns", info.start_time_ns)
      .field("time_ns", info.time_ns)
      .field("time", checkpoint::time_text(info.time_ns))
      .field("stall_ns", info.stall_ns)
      .field("mappings", info.mappings)
      .field("pages_data", info.pages_data)
      .field("pages_zero", info.pages_zero)
      .field("pages_file", info.pages_file)
      .field("pages_skipped", info.pages_skipped)
      .field("pages_copied", info.pages_copied)
      .field("file_size", image.file_size())
      .field("crc32c", hex(image.end_note().crc32c));
  if (options.show_map) write_map(json, image);
  if (options.show_pages) write_pages(json, image);
  json.end_object();
}

}  // namespace

ExitStatus run_info(const Options& options) {
  const ImageHead image = [&options] {
    ByteProgress progress(options.quiet);
    return checkpoint::read_image(options.arguments.front(), checkpoint::Checksum::ignore,
                                  progress);
  }();
  if (options.json) {
    write_json(image, options);
    return ExitStatus::done;
  }
  print_facts(image);
  if (options.show_map) print_map(image);
  if (options.show_pages) print_pages(image);
  return ExitStatus::done;
}

}  // namespace cpctl
