// SPDX-License-Identifier: GPL-2.0-or-later
// CRIU: dump, which saves everything and could be restored, and pre-dump, which
// saves memory and lets the process go on before it writes.  Both save what
// changed since the dump before if they are told to.
#include <sys/stat.h>

#include "checkpoint/error.h"
#include "peers/criu_stats.h"
#include "support/peer.h"
#include "support/program.h"
#include "support/stopwatch.h"

namespace bench {
namespace {

class Criu : public Peer {
 public:
  Criu(const std::string& command)
      : Peer({.name = "criu " + command, .stops = true, .tracks = true, .slow = true}),
        command_(command) {}

  [[nodiscard]] std::string missing() const override {
    return installed("criu") ? "" : "criu is not installed";
  }

  Saved full(Target& target, const std::string& path) override { return save(target, path, ""); }

  void baseline(Target& target, const std::string& path) override {
    forget(target);
    chain_ = path + ".criu";
    save(target, link(), "");
  }

  /// Each refers to the one before, by name, so they stay until forget().
  Saved inc(Target& target, const std::string& path) override {
    static_cast<void>(path);
    const std::string parent = "../" + link().substr(link().rfind('/') + 1);
    ++links_;
    return save(target, link(), parent);
  }

  void forget(Target& target) override {
    static_cast<void>(target);
    if (chain_.empty()) return;
    for (; links_ > 0; --links_) remove_saved(link());
    remove_saved(link());
    chain_.clear();
  }

 private:
  [[nodiscard]] std::string link() const { return chain_ + std::to_string(links_); }

  Saved save(const Target& target, const std::string& path, const std::string& parent) try {
    if (mkdir(path.c_str(), 0700) != 0) throw checkpoint::system_failure(path, "create");
    std::vector<std::string> words = {
        "criu",         command_, "--tree",     std::to_string(target.pid()),
        "--images-dir", path,     "--track-mem"};
    if (command_ == "dump") words.emplace_back("--leave-running");
    if (!parent.empty()) words.insert(words.end(), {"--prev-images-dir", parent});
    Saved saved;
    const Stopwatch total;
    run_program(words, path + "/log");
    run_program({"sync", "--file-system", path}, path + "/log");
    saved.total_ns = total.nanoseconds();
    saved.stall_ns = criu_frozen_ns(path);
    saved.bytes = saved_bytes(path);
    return saved;
  } catch (const std::exception&) {
    remove_saved(path);
    throw;
  }

  std::string command_, chain_;
  unsigned links_ = 0;
};

}  // namespace

std::unique_ptr<Peer> make_criu_dump() {
  return std::make_unique<Criu>("dump");
}

std::unique_ptr<Peer> make_criu_pre_dump() {
  return std::make_unique<Criu>("pre-dump");
}

}  // namespace bench
