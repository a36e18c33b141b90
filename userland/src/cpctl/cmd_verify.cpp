// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl verify IMAGE...
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include "checkpoint/chain.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/json.h"

namespace cpctl {
namespace {

using checkpoint::Chain;
using checkpoint::Error;
using checkpoint::id_text;
using checkpoint::Image;
using checkpoint::Info;
using checkpoint::Kind;
using checkpoint::printable;

/// What came out for one file.
struct Verdict {
  std::string path;
  std::uint64_t file_size = 0;
  std::optional<Info> info;  ///< unless the image by itself is damaged
  std::optional<Error> error;
};

Verdict examine(const std::string& path) {
  Verdict verdict;
  verdict.path = path;
  try {
    const Image image = Image::open(path);
    image.verify();
    verdict.file_size = image.file_size();
    verdict.info = image.info();
  } catch (const Error& error) {
    verdict.error = error;
  }
  return verdict;
}

/// Checks the images [first, last) as a chain.  A fault is noted with the
/// image that it names.
void check_chain(std::vector<Verdict>& verdicts, std::size_t first, std::size_t last) {
  std::vector<Image> images;
  try {
    for (std::size_t n = first; n < last; ++n) {
      if (!verdicts[n].info) return;  // has an error of its own
      images.push_back(Image::open(verdicts[n].path));
    }
    static_cast<void>(Chain::from_images(std::move(images)).resolve());
  } catch (const Error& error) {
    std::size_t guilty = last - 1;
    for (std::size_t n = first; n < last; ++n)
      if (verdicts[n].path == error.subject()) guilty = n;
    verdicts[guilty].error = error;
  }
}

/// Each full image begins a chain.  One inc alone is no chain.
void check_chains(std::vector<Verdict>& verdicts) {
  std::size_t first = 0;
  for (std::size_t n = 1; n <= verdicts.size(); ++n) {
    const bool begins =
        n == verdicts.size() || (verdicts[n].info && verdicts[n].info->kind == Kind::full);
    if (!begins) continue;
    if (verdicts.size() > 1) check_chain(verdicts, first, n);
    first = n;
  }
}

void print(const Verdict& verdict) {
  if (verdict.error) {
    std::cout.flush();
    std::cerr << "cpctl: " << verdict.error->what() << '\n';
    if (!verdict.error->hint().empty()) std::cerr << "hint: " << verdict.error->hint() << '\n';
    return;
  }
  const Info& info = *verdict.info;
  std::cout << printable(verdict.path) << ": good, " << kind_text(info.kind) << " seq " << info.seq
            << ", " << info.pages_data << " pages of data, "
            << checkpoint::size_text(verdict.file_size) << '\n';
}

void write_json(const std::vector<Verdict>& verdicts) {
  Json json(std::cout);
  json.array();
  for (const Verdict& verdict : verdicts) {
    json.object().field("image", verdict.path).field("good", !verdict.error);
    if (verdict.info)
      json.field("kind", kind_text(verdict.info->kind))
          .field("id", id_text(verdict.info->id))
          .field("seq", verdict.info->seq);
    if (verdict.error) json.field("error", verdict.error->what());
    json.end_object();
  }
  json.end_array();
}

/// damaged beats failed: it is the graver news.
ExitStatus worst(const std::vector<Verdict>& verdicts) {
  ExitStatus status = ExitStatus::done;
  for (const Verdict& verdict : verdicts)
    if (verdict.error && status != ExitStatus::damaged) status = exit_status(verdict.error->kind());
  return status;
}

}  // namespace

ExitStatus run_verify(const Options& options) {
  std::vector<Verdict> verdicts;
  for (const std::string& path : options.arguments) verdicts.push_back(examine(path));
  check_chains(verdicts);
  if (options.json)
    write_json(verdicts);
  else
    for (const Verdict& verdict : verdicts) print(verdict);
  return worst(verdicts);
}

}  // namespace cpctl
