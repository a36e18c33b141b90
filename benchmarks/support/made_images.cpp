// SPDX-License-Identifier: GPL-2.0-or-later
// Images of a size that nobody has at hand, for image-tools.
//
// made_images runs COUNT FILE       a full image of so many runs, of one page
//                                   each, in turns with data and zeros
// made_images chain COUNT GIB DIR   DIR/000 to COUNT - 1: a full image of a range
//                                   of so many GiB, a tenth of it data, and incs
//                                   each with a hundredth of the pages, anywhere,
//                                   half of them data and half zeros
#include <fcntl.h>

#include <array>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "checkpoint/image_writer.h"
#include "checkpoint/numbers.h"
#include "checkpoint/unique_fd.h"

namespace {

using checkpoint::kPageSize;
using checkpoint::PageState;
using checkpoint::Run;
using checkpoint::str;

constexpr std::uint64_t kStart = std::uint64_t{1} << 32;

/// A number that depends on both, evenly (splitmix64).
std::uint64_t mix(std::uint64_t page, std::uint64_t seed) {
  std::uint64_t z = page * 0x9e3779b97f4a7c15 + seed * 0xd1342543de82ef95;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// What an image says of a page, if it does.
enum class Page { absent, data, zero };

/// Writes the image @number of a chain of @pages pages; @page(n) is what it says
/// of each.
template <typename Says>
void write_image(const std::string& path, std::uint64_t number, std::uint64_t pages, Says page) {
  std::vector<Run> runs;
  for (std::uint64_t n = 0; n < pages; ++n) {
    const Page says = page(n);
    if (says == Page::absent) continue;
    const auto state = says == Page::data ? PageState::data : PageState::zero;
    const std::uint64_t at = kStart + n * kPageSize;
    if (!runs.empty() && runs.back().end == at && runs.back().state == state)
      runs.back().end += kPageSize;
    else
      runs.push_back({.start = at, .end = at + kPageSize, .state = state});
  }

  checkpoint::Info info{.pid = 1, .seq = number, .start = kStart};
  info.end = kStart + pages * kPageSize;
  info.kind = number == 0 ? checkpoint::Kind::full : checkpoint::Kind::inc;
  info.id[0] = static_cast<std::uint8_t>(number + 1);
  info.parent[0] = static_cast<std::uint8_t>(number);
  const checkpoint::Mapping mapping{.start = info.start,
                                    .end = info.end,
                                    .prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE};

  const checkpoint::UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw checkpoint::system_failure(path, "create");
  checkpoint::FdSink file(fd.get(), path);
  checkpoint::ImageWriter writer(
      file, {.info = info, .mappings = {mapping}, .runs = runs, .prpsinfo = {}});
  std::array<std::uint64_t, kPageSize / sizeof(std::uint64_t)> words{};
  for (const Run& run : runs) {
    if (run.state != PageState::data) continue;
    for (std::uint64_t at = run.start; at < run.end; at += kPageSize) {
      std::uint64_t word = mix(at, number);
      for (std::uint64_t& slot : words) slot = word++;
      writer.write_data(std::as_bytes(std::span(words)));
    }
  }
  writer.finish();
}

void make_chain(std::uint64_t count, std::uint64_t gib, const std::string& directory) {
  const std::uint64_t pages = (gib << 30) / kPageSize;
  for (std::uint64_t number = 0; number < count; ++number)
    write_image(str(directory, '/', std::setw(3), std::setfill('0'), number), number, pages,
                [number](std::uint64_t page) {
                  const std::uint64_t chance = mix(page, number) % 200;
                  if (number == 0) return chance < 20 ? Page::data : Page::zero;
                  return chance == 0 ? Page::data : chance == 1 ? Page::zero : Page::absent;
                });
}

std::uint64_t number(const std::string& text) {
  const auto value = checkpoint::parse_decimal(text);
  if (!value || *value == 0) throw checkpoint::usage_error("no number from 1").found(text);
  return *value;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "runs")
    write_image(words[2], 0, number(words[1]),
                [](std::uint64_t page) { return page % 2 == 0 ? Page::data : Page::zero; });
  else if (words.size() == 4 && words[0] == "chain" && number(words[1]) <= 255)
    make_chain(number(words[1]), number(words[2]), words[3]);
  else
    throw checkpoint::usage_error("made_images runs COUNT FILE | made_images chain COUNT GIB DIR");
} catch (const std::exception& error) {
  std::cerr << "made_images: " << error.what() << '\n';
  return 1;
}
