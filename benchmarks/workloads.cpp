// SPDX-License-Identifier: GPL-2.0-or-later
// Question 9: what do ten checkpoints at an interval cost of programs that do
// real work, in space and time, if each is a full, and if all but the first are
// incs?  All of the address space is saved.
//
// workloads/NAME DIR MIB runs until it is killed, and writes to DIR/pid which
// process is to be saved as soon as that has MIB of memory or so.
#include <boost/filesystem.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "checkpoint/command.h"
#include "checkpoint/error.h"
#include "checkpoint/process.h"
#include "support/peer.h"
#include "support/program.h"
#include "support/settings.h"

namespace {

using namespace bench;
using namespace std::chrono_literals;
using checkpoint::Kind;

constexpr const char* kWorkloads[] = {"redis",   "sqlite_memory", "sqlite_cache",
                                      "stencil", "heap",          "compress"};

class Workload {
 public:
  Workload(const std::string& name, const std::string& dir, std::size_t mib)
      : name_(name), dir_(dir + "/workload") {
    remove_saved(dir_);
    boost::filesystem::create_directory(dir_);
    const char* scripts = std::getenv("BENCH_WORKLOADS");
    session_ = start_program({std::string(scripts != nullptr ? scripts : "workloads") + '/' + name,
                              dir_, std::to_string(mib)},
                             dir_ + "/log");
    wait_until_ready();
  }
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;
  ~Workload() {
    kill(-session_, SIGKILL);
    end_program(session_);
    remove_saved(dir_);
  }

  [[nodiscard]] checkpoint::LastCommand save(Kind kind) const {
    const std::string path = dir_ + "/image";
    const checkpoint::SaveCommand command{.kind = kind, .path = path};
    const checkpoint::Process process("/proc", pid_);
    if (const int error = process.send(command.text()); error != 0)
      throw command.failure(error, pid_);
    remove_saved(path);
    return process.status().last.value();
  }

 private:
  void wait_until_ready() {
    for (int tries = 0; tries < 2400; ++tries) {
      if (std::ifstream(dir_ + "/pid") >> pid_) return;
      if (kill(session_, 0) != 0) break;
      std::this_thread::sleep_for(50ms);
    }
    throw checkpoint::Error(checkpoint::Error::Kind::failed, name_, "it did not become ready");
  }

  std::string name_, dir_;
  pid_t session_ = -1;
  std::uint64_t pid_ = 0;
};

struct Series {
  unsigned count;
  std::chrono::milliseconds every;
  std::size_t mib;
};

void measure(const Settings& settings, Results& results, const std::string& name, Kind kind,
             const Series& series) {
  const Workload workload(name, settings.dir, series.mib);
  Samples stall, total, size, all;
  double bytes = 0;
  for (unsigned n = 0; n < series.count; ++n) {
    std::this_thread::sleep_for(series.every);
    const auto last = workload.save(n == 0 ? Kind::full : kind);
    bytes += static_cast<double>(last.bytes);
    if (n == 0) continue;
    stall.add(last.stall_ns);
    total.add(last.total_ns);
    size.add(last.bytes);
  }
  all.add(bytes);
  const Case with = {{"program", name}};
  const std::string subject(checkpoint::kind_text(kind));
  results.add(with, subject, "stall", "ns", stall);
  results.add(with, subject, "total", "ns", total);
  results.add(with, subject, "size", "bytes", size);
  results.add(with, subject, "size of all", "bytes", all);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, "workloads", [](const Settings& settings, Results& results) {
    const Series series{.count = settings.pick(2U, 5U, 10U),
                        .every = std::chrono::milliseconds(settings.pick(100, 500, 1000)),
                        .mib = settings.pick(8U, 64U, 256U)};
    using Kinds = std::vector<Kind>;
    const Kinds both = {Kind::full, Kind::inc};
    for (const char* name : kWorkloads)
      for (const Kind kind : settings.pick<Kinds>({Kind::inc}, both, both))
        measure(settings, results, name, kind, series);
  });
}
