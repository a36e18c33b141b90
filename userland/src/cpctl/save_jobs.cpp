// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/save_jobs.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <latch>
#include <thread>

#include "checkpoint/stream_save.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::str;

constexpr const char* kStandardOutput = "standard output";

void take_figures(SaveJob& job) {
  const auto last = last_command(job.process);
  job.figures = figures_of(job.command, last, checkpoint::peek_at(job.command.path));
}

void save(SaveJob& job) {
  try {
    if (const int error = job.process.send(job.command.text()))
      job.error = job.command.failure(error, job.process.pid());
    else
      take_figures(job);
  } catch (const Error& error) {
    job.error = error;
  } catch (const std::exception& error) {
    job.error = Error(Error::Kind::failed, str("process ", job.process.pid()), error.what());
  }
}

/// Standard output, which can be given up as long as it takes nothing.
class StandardOutput : public checkpoint::Sink {
 public:
  StandardOutput(const checkpoint::HeldSignals& signals, bool regular)
      : signals_(signals), most_(regular ? SIZE_MAX : PIPE_BUF) {}

  void write(checkpoint::ByteView bytes) override {
    while (!bytes.empty()) {
      wait();
      const checkpoint::ByteView piece = bytes.first(std::min(bytes.size(), most_));
      out_.write(piece);
      peek_.take(piece);
      bytes = bytes.subspan(piece.size());
    }
  }

  [[nodiscard]] const checkpoint::InfoPeek& peek() const { return peek_; }

 private:
  /// Until a pipe has room for a piece; an error is write()'s to tell.
  void wait() const {
    constexpr int milliseconds = 100;
    pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    do signals_.check();
    while (::poll(&out, 1, milliseconds) == 0);
  }

  const checkpoint::HeldSignals& signals_;
  std::size_t most_;
  checkpoint::FdSink out_{STDOUT_FILENO, kStandardOutput};
  checkpoint::InfoPeek peek_;
};

/// What went wrong on the way to standard output.
Error stream_error(const Error& error) {
  if (error.system_errno() == EPIPE)
    return {Error::Kind::failed, kStandardOutput, "the reader has gone before it had everything"};
  return error;
}

/// The kernel holds that all is saved, and it is not.
void drop_baselines(const SaveJob& job) {
  const int error = job.process.send(checkpoint::forget_text());
  if (error != 0 && error != ESRCH)
    throw checkpoint::system_failure(str("process ", job.process.pid()),
                                     "forget its baselines after the image was lost", error)
        .hint("make a full checkpoint next: an inc would lack changes");
}

}  // namespace

void save_together(std::vector<SaveJob>& jobs) {
  std::latch go(1);
  std::vector<std::thread> threads;
  for (SaveJob& job : jobs) {
    if (job.error) continue;
    try {
      threads.emplace_back([&job, &go] {
        go.wait();
        save(job);
      });
    } catch (const std::exception& error) {
      job.error = Error(Error::Kind::failed, str("process ", job.process.pid()), error.what());
    }
  }
  go.count_down();
  for (std::thread& thread : threads) thread.join();
}

void save_to_standard_output(SaveJob& job, const checkpoint::HeldSignals& signals) {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0)
    throw checkpoint::system_failure(kStandardOutput, "write");
  if (::isatty(STDOUT_FILENO) != 0)
    throw checkpoint::usage_error("standard output is a terminal")
        .hint("'-' is for pipes and redirection, as in 'cpctl --pid PID full --all - | zstd > F'");

  StandardOutput out(signals, S_ISREG(status.st_mode));
  checkpoint::SaveCommand command = job.command;
  auto outcome = checkpoint::save_to_stream(
      [&](const std::string& path) {
        command.path = path;
        return job.process.send(command.text());
      },
      out, [&signals] { signals.check(); }, [&signals] { signals.end_by_taken(); });
  if (!outcome.broken && S_ISREG(status.st_mode) && ::fsync(STDOUT_FILENO) != 0)
    outcome.broken = checkpoint::system_failure(kStandardOutput, "write");
  job.command.path = kStandardOutput;
  if (outcome.broken) {
    job.error = stream_error(*outcome.broken);
    if (outcome.error == 0) drop_baselines(job);
    job.error->hint(outcome.error == 0 ? "its baselines are dropped: the next inc is a full image"
                                       : "nothing is lost: the next inc holds all changes");
  } else if (outcome.error != 0) {
    job.error = job.command.failure(outcome.error, job.process.pid());
  } else {
    job.figures = figures_of(job.command, last_command(job.process), peeked(out.peek()));
  }
}

}  // namespace cpctl
