// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/image_files.h"

#include <cstring>

#include "checkpoint/text.h"

namespace checkpoint {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

}  // namespace

Id id_of(std::uint64_t number) {
  Id id{};
  for (std::size_t n = 0; n < sizeof(number); ++n)
    id[id.size() - 1 - n] = static_cast<std::uint8_t>(number >> (8 * n));
  return id;
}

ImageFile full_file(std::string name, std::uint64_t id) {
  return {.name = std::move(name),
          .file_size = 8192,
          .info = {.pid = 4321,
                   .id = id_of(id),
                   .start = 0x10000,
                   .end = 0x40000,
                   .start_time_ns = 77,
                   .time_ns = id * kSecond}};
}

ImageFile inc_file(std::string name, std::uint64_t id, const ImageFile& parent) {
  ImageFile file = full_file(std::move(name), id);
  file.info.kind = Kind::inc;
  file.info.parent = parent.info.id;
  file.info.seq = parent.info.seq + 1;
  return file;
}

ImageFile merged_file(std::string name, const ImageFile& last) {
  ImageFile file = last;
  file.name = std::move(name);
  file.info.kind = Kind::full;
  file.info.flags = PROC_CHECKPOINT_INFO_MERGED;
  file.info.parent = Id{};
  return file;
}

std::string chains_text(const std::vector<ImageFile>& images, const Arrangement& arrangement) {
  std::string text;
  for (const ArrangedChain& chain : arrangement.chains) {
    if (!text.empty()) text += "; ";
    if (chain.forks_from != kNoImage) text += str('(', images[chain.forks_from].name, ") ");
    text += names_text(images, chain.images);
    if (!chain.fault.empty()) text += ": " + chain.fault.text;
  }
  return text;
}

std::string names_text(const std::vector<ImageFile>& images,
                       const std::vector<std::size_t>& indices) {
  std::string text;
  for (const std::size_t n : indices) text += (text.empty() ? "" : " ") + images[n].name;
  return text;
}

}  // namespace checkpoint
