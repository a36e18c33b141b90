// SPDX-License-Identifier: GPL-2.0-or-later
// Question 10: how fast are verify, merge, extract and restore, with a full image
// and nine incs behind it, against cp of the same files?
#include <cstdlib>

#include "checkpoint/error.h"
#include "checkpoint/text.h"
#include "support/peer_rounds.h"
#include "support/program.h"
#include "support/stopwatch.h"

namespace {

using namespace bench;

constexpr unsigned kIncs = 9;

using Words = std::vector<std::string>;

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string cpctl() {
  const char* directory = std::getenv("CPCTL_DIR");
  return directory != nullptr ? std::string(directory) + "/src/cpctl/cpctl" : "cpctl";
}

Words make_chain(const Settings& settings, Target& target, Peer& checkpoint) {
  Words chain = {settings.dir + "/chain.0"};
  remove_saved(chain[0]);
  checkpoint.full(target, chain[0]);
  for (unsigned n = 1; n <= kIncs; ++n) {
    target.dirty(0.05);
    chain.push_back(settings.dir + "/chain." + std::to_string(n));
    remove_saved(chain.back());
    checkpoint.inc(target, chain.back());
  }
  return chain;
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "image_work", [](const Settings& settings, Results& results) {
    const auto checkpoint = make_checkpoint();
    Target target({.bytes = settings.pick(4U, 128U, 512U) * kMiB});
    const Words chain = make_chain(settings, target, *checkpoint);
    double bytes = 0;
    for (const std::string& image : chain) bytes += static_cast<double>(saved_bytes(image));

    const std::string out = settings.path(), log = settings.dir + "/log";
    const auto timed = [&](const Words& words) {
      remove_saved(out);
      const Stopwatch stopwatch;
      run_program(words, log);
      const auto time = static_cast<double>(stopwatch.nanoseconds());
      remove_saved(out);
      return Values{{"time", "ns", time}, {"of", "bytes", bytes}};
    };
    const auto row = [&](const std::string& name, const Words& words, bool ours) {
      return Contender{name, [&timed, words] { return timed(words); }, ours};
    };
    const std::string tool = cpctl();
    const std::string range = checkpoint::hex(target.start()) + '-' + checkpoint::hex(target.end());
    const std::string pid = std::to_string(target.pid());
    rounds(settings, results, {{"mib", std::to_string(target.bytes() / kMiB)}},
           {row("verify", Words{tool, "verify"} + chain, true),
            row("info, of the full", {tool, "info", chain[0]}, true),
            row("merge", Words{tool, "merge", "-o", out} + chain, true),
            row("extract", Words{tool, "extract", "--range", range, "-o", out} + chain, true),
            {"restore, a twentieth differs",
             [&] {
               target.dirty(0.05);
               return timed(Words{tool, "--pid", pid, "restore"} + chain);
             },
             true},
            row("cp", Words{"sh", "-c", "mkdir $0 && cp \"$@\" $0", out} + chain, false),
            row("cat to nothing", Words{"sh", "-c", "cat \"$@\" | cat > /dev/null", "sh"} + chain,
                false)});
    for (const std::string& image : chain) remove_saved(image);
    remove_saved(log);
  });
}
