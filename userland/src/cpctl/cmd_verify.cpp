// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl verify IMAGE...
#include <algorithm>
#include <iostream>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "checkpoint/chain.h"
#include "checkpoint/image_stream.h"
#include "checkpoint/text.h"
#include "cpctl/command.h"
#include "cpctl/complain.h"
#include "cpctl/json.h"
#include "cpctl/progress.h"

namespace cpctl {
namespace {

using checkpoint::Checksum;
using checkpoint::Error;
using checkpoint::id_text;
using checkpoint::ImageHead;
using checkpoint::Info;
using checkpoint::Kind;
using checkpoint::printable;

/// What came out for one file.
struct Verdict {
  std::string path;
  std::string name;  ///< what errors call it
  std::uint64_t file_size = 0;
  std::optional<Info> info;       ///< unless the image by itself is damaged
  std::optional<ImageHead> head;  ///< the same, until its chain has been checked
  std::optional<Error> error;
};

Verdict examine(const std::string& path, ByteProgress& progress) {
  Verdict verdict;
  verdict.path = verdict.name = path;
  try {
    ImageHead head = checkpoint::read_image(path, Checksum::compare, progress);
    verdict.name = head.name();
    verdict.file_size = head.file_size();
    verdict.info = head.info();
    verdict.head = std::move(head);
  } catch (const Error& error) {
    verdict.error = error;
  }
  return verdict;
}

/// Checks the images as a chain, and forgets what they say.  A fault is noted
/// with the image that it names.
void check_chain(std::span<Verdict> verdicts) {
  std::vector<ImageHead> heads;
  for (Verdict& verdict : verdicts) {
    if (!verdict.head) continue;
    heads.push_back(std::move(*verdict.head));
    verdict.head.reset();
  }
  if (heads.size() != verdicts.size()) return;  // one has an error of its own
  try {
    checkpoint::check_chain(heads);
  } catch (const Error& error) {
    const auto guilty = std::find_if(verdicts.begin(), verdicts.end(), [&](const Verdict& verdict) {
      return verdict.name == error.subject();
    });
    (guilty != verdicts.end() ? *guilty : verdicts.back()).error = error;
  }
}

/// Each full image begins a chain.  One inc alone is no chain.
std::vector<Verdict> examine_all(const std::vector<std::string>& paths, ByteProgress& progress) {
  std::vector<Verdict> verdicts;
  std::size_t first = 0;
  const auto end_chain = [&](std::size_t last) {
    if (paths.size() > 1) check_chain(std::span(verdicts).subspan(first, last - first));
    first = last;
  };
  for (const std::string& path : paths) {
    verdicts.push_back(examine(path, progress));
    const auto& info = verdicts.back().info;
    const std::size_t at = verdicts.size() - 1;
    if (at > 0 && info && info->kind == Kind::full) end_chain(at);
  }
  end_chain(verdicts.size());
  return verdicts;
}

void print(const Verdict& verdict) {
  if (verdict.error) {
    complain(*verdict.error);
    return;
  }
  const Info& info = *verdict.info;
  std::cout << printable(verdict.name) << ": good, " << kind_text(info.kind) << " seq " << info.seq
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
    if (verdict.error && !verdict.error->hint().empty()) json.field("hint", verdict.error->hint());
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
  const std::vector<Verdict> verdicts = [&] {
    ByteProgress progress(options.quiet);
    return examine_all(options.arguments, progress);
  }();
  if (options.json)
    write_json(verdicts);
  else
    for (const Verdict& verdict : verdicts)
      if (verdict.error || !options.quiet) print(verdict);
  return worst(verdicts);
}

}  // namespace cpctl
