// SPDX-License-Identifier: GPL-2.0-or-later
// Question 8: how does the cost grow with the number of mappings, of threads,
// and with memory that is reserved and hardly used?
#include "support/peer_rounds.h"

namespace {

using namespace bench;

constexpr std::size_t kGiB = std::size_t{1} << 30;
constexpr std::size_t kTouched = 4096;  // pages of a reservation

Peers contenders() {
  Peers peers;
  peers.push_back(make_checkpoint());
  peers.push_back(make_stop_page_scan());
  peers.push_back(make_fork_save());
  return peers;
}

void measure(const Settings& settings, Results& results, const std::string& what,
             std::size_t number, const Shape& shape) {
  const Peers peers = contenders();
  Target target(shape);
  const auto with = [&](const char* kind) {
    return Case{{"what", what}, {"number", std::to_string(number)}, {"kind", kind}};
  };
  full_rounds(settings, results, with("full"), usable(peers, {}, results, with("full")), target);
  inc_rounds(settings, results, with("inc"), usable(peers, {}, results, with("inc")), target,
             [&] { target.dirty(0.01); });
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "address_space_shape", [](const Settings& settings, Results& results) {
    using Numbers = std::vector<std::size_t>;
    const std::size_t bytes = settings.pick(4U, 64U, 256U) * kMiB;
    for (const std::size_t number :
         settings.pick<Numbers>({16}, {1, 256, 8192}, {1, 256, 4096, 60000}))
      measure(settings, results, "mappings", number, {.bytes = bytes, .mappings = number});
    for (const std::size_t number : settings.pick<Numbers>({4}, {64}, {16, 256}))
      measure(settings, results, "threads", number, {.bytes = bytes, .threads = number});
    for (const std::size_t gib :
         settings.pick<Numbers>({64}, {64, 4096}, {1, 64, 1024, 16384, 65536}))
      measure(settings, results, "reserved GiB", gib,
              {.bytes = gib * kGiB, .spacing = gib * kGiB / 4096 / kTouched});
  });
}
