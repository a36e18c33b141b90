// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl list DIR
#include <algorithm>
#include <iomanip>
#include <iostream>

#include "checkpoint/arrangement.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/json.h"

namespace cpctl {
namespace {

using checkpoint::ArrangedChain;
using checkpoint::Arrangement;
using checkpoint::ChainFault;
using checkpoint::Error;
using checkpoint::hex;
using checkpoint::id_text;
using checkpoint::ImageDirectory;
using checkpoint::ImageFile;
using checkpoint::Info;
using checkpoint::is_zero;
using checkpoint::kNoImage;
using checkpoint::printable;
using checkpoint::size_text;

std::string kind_of(const Info& info) {
  return info.merged() ? "merged" : std::string(kind_text(info.kind));
}

class Table {
 public:
  Table(const ImageDirectory& directory, const Arrangement& arrangement)
      : directory_(directory), arrangement_(arrangement) {}

  void print() const {
    for (const ArrangedChain& chain : arrangement_.chains) {
      print_heading(chain);
      std::size_t width = std::string_view("NAME").size();
      for (const std::size_t n : chain.images) width = std::max(width, image(n).name.size());
      width = std::min<std::size_t>(width, 40);
      row(width, "NAME", "SEQ", "KIND", "TIME", "PAGES", "SIZE", "STALL", "");
      for (const std::size_t n : chain.images) print_image(n, width);
      std::cout << '\n';
    }
    print_rest();
  }

 private:
  [[nodiscard]] const ImageFile& image(std::size_t n) const { return directory_.images[n]; }

  static void row(std::size_t width, const std::string& name, const std::string& seq,
                  std::string_view kind, const std::string& time, const std::string& pages,
                  const std::string& size, const std::string& stall, const std::string& note) {
    std::cout << "  " << std::left << std::setw(static_cast<int>(width)) << name << std::right
              << std::setw(7) << seq << "  " << std::left << std::setw(7) << kind << std::setw(31)
              << time << std::right << std::setw(10) << pages << std::setw(12) << size
              << std::setw(12) << stall;
    if (!note.empty()) std::cout << "  " << note;
    std::cout << '\n';
  }

  void print_heading(const ArrangedChain& chain) const {
    const Info& first = image(chain.images.front()).info;
    std::uint64_t bytes = 0;
    for (const std::size_t n : chain.images) bytes += image(n).file_size;
    std::cout << "process " << first.pid << ", range "
              << checkpoint::range_text(first.start, first.end) << ": " << chain.images.size()
              << (chain.images.size() == 1 ? " image, " : " images, ") << size_text(bytes);
    if (chain.forks_from != kNoImage)
      std::cout << ", builds on " << printable(image(chain.forks_from).name);
    std::cout << (chain.fault.empty() ? "" : ", BROKEN") << '\n';
  }

  void print_image(std::size_t n, std::size_t width) const {
    const ImageFile& file = image(n);
    const std::size_t same = arrangement_.same_as[n];
    row(width, printable(file.name), std::to_string(file.info.seq), kind_of(file.info),
        checkpoint::time_text(file.info.time_ns), std::to_string(file.info.pages_data),
        size_text(file.file_size), checkpoint::duration_text(file.info.stall_ns),
        same == kNoImage ? "" : "the same point as " + printable(image(same).name));
  }

  void print_rest() const {
    if (arrangement_.chains.empty()) std::cout << "no checkpoint images\n";
    for (const auto& bad : directory_.bad) std::cout << "bad: " << printable(bad.name) << '\n';
    if (directory_.others != 0) std::cout << "other files: " << directory_.others << '\n';
  }

  const ImageDirectory& directory_;
  const Arrangement& arrangement_;
};

void write_image(Json& json, const ImageDirectory& directory, const Arrangement& arrangement,
                 std::size_t n) {
  const ImageFile& file = directory.images[n];
  json.object()
      .field("name", file.name)
      .field("seq", file.info.seq)
      .field("kind", kind_text(file.info.kind))
      .field("merged", file.info.merged())
      .field("asked_inc", file.info.asked_inc())
      .field("id", id_text(file.info.id))
      .key("parent");
  if (is_zero(file.info.parent))
    json.null();
  else
    json.value(id_text(file.info.parent));
  json.field("time_ns", file.info.time_ns)
      .field("time", checkpoint::time_text(file.info.time_ns))
      .field("stall_ns", file.info.stall_ns)
      .field("pages_data", file.info.pages_data)
      .field("pages_zero", file.info.pages_zero)
      .field("pages_file", file.info.pages_file)
      .field("pages_skipped", file.info.pages_skipped)
      .field("file_size", file.file_size)
      .key("same_as");
  if (arrangement.same_as[n] == kNoImage)
    json.null();
  else
    json.value(directory.images[arrangement.same_as[n]].name);
  json.end_object();
}

void write_json(const ImageDirectory& directory, const Arrangement& arrangement) {
  Json json(std::cout);
  json.object().key("chains").array();
  for (const ArrangedChain& chain : arrangement.chains) {
    const Info& first = directory.images[chain.images.front()].info;
    json.object()
        .field("pid", first.pid)
        .field("start_time_ns", first.start_time_ns)
        .field("start", hex(first.start))
        .field("end", hex(first.end))
        .key("forks_from");
    if (chain.forks_from == kNoImage)
      json.null();
    else
      json.value(directory.images[chain.forks_from].name);
    json.key("fault");
    if (chain.fault.empty())
      json.null();
    else
      json.value(chain.fault.text);
    json.key("images").array();
    for (const std::size_t n : chain.images) write_image(json, directory, arrangement, n);
    json.end_array().end_object();
  }
  json.end_array().key("bad").array();
  for (const auto& bad : directory.bad)
    json.object().field("name", bad.name).field("error", bad.error.what()).end_object();
  json.end_array().field("others", directory.others).end_object();
}

Error error_of(const ImageDirectory& directory, const ChainFault& fault) {
  Error error(Error::Kind::damaged, directory.path_of(directory.images[fault.image].name),
              fault.text);
  return error.hint(fault.hint);
}

/// On standard error what is wrong; damaged beats failed.
ExitStatus complain(const ImageDirectory& directory, const Arrangement& arrangement) {
  ExitStatus status = ExitStatus::done;
  for (const ArrangedChain& chain : arrangement.chains) {
    if (chain.fault.empty()) continue;
    status = ExitStatus::damaged;
    // A fork has the fault of what it builds on, which is told there.
    if (std::count(chain.images.begin(), chain.images.end(), chain.fault.image) != 0)
      cpctl::complain(error_of(directory, chain.fault));
  }
  for (const auto& bad : directory.bad) {
    cpctl::complain(bad.error);
    if (status != ExitStatus::damaged) status = exit_status(bad.error.kind());
  }
  return status;
}

}  // namespace

ExitStatus run_list(const Options& options) {
  const ImageDirectory directory = checkpoint::scan_directory(options.arguments.front());
  const Arrangement arrangement = checkpoint::arrange(directory.images);
  if (options.json)
    write_json(directory, arrangement);
  else
    Table(directory, arrangement).print();
  return complain(directory, arrangement);
}

}  // namespace cpctl
