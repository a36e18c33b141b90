// SPDX-License-Identifier: GPL-2.0-or-later
// How far a command is, drawn on a terminal while it runs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "checkpoint/chain.h"
#include "checkpoint/process.h"
#include "checkpoint/sink.h"
#include "checkpoint/steps.h"

namespace cpctl {

struct Progress {
  std::string what;         ///< a word, as "writing"; each begins at 0 bytes
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes; 0: not known
  unsigned step = 0;        ///< another one may have the same word
};

/// "writing [####    ]  50%  1.0 GiB of 2.0 GiB  512.0 MiB/s  0:02 left", or
/// "reading  1.0 GiB  512.0 MiB/s", less of it where that is wider than
/// @width - 1 columns: a terminal may go to the next line when the last one is
/// used.  @seconds: since @progress.what began.
std::string progress_line(const Progress& progress, double seconds, std::size_t width);

/// Draws what @sample returns, from its first interval on; cleared in the end.
class ProgressBar {
 public:
  using Sample = std::function<std::optional<Progress>()>;  ///< nullopt: nothing to draw
  static constexpr std::chrono::milliseconds kInterval{200};

  /// Nothing is done unless @fd is a terminal that can redraw a line.
  /// @sample is called in another thread, which takes no signals, and must not
  /// throw.
  ProgressBar(int fd, Sample sample);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar();

  /// Lets @print print whole lines on the terminal, above the bar.
  void print(const std::function<void()>& print);

 private:
  void start();
  void run();
  void draw();
  void clear();
  void put(const std::string& text) const;

  int fd_;
  Sample sample_;
  std::string what_;  ///< of the line before
  unsigned step_ = 0;
  std::chrono::steady_clock::time_point began_;
  bool drawn_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

/// The progress of all of @processes together, as the kernel says it.
std::optional<Progress> progress_of(const std::vector<checkpoint::Process>& processes);

/// Progress over bytes that a command reads or writes itself, drawn on standard
/// error.
class ByteProgress : public checkpoint::Steps {
 public:
  explicit ByteProgress(bool quiet);

  void begin(std::string what, std::uint64_t total) override;
  void advance(std::uint64_t bytes) override { done_ += bytes; }

  /// As ProgressBar::print().
  void print(const std::function<void()>& print);

 private:
  [[nodiscard]] std::optional<Progress> sample() const;

  mutable std::mutex mutex_;
  std::string what_;
  unsigned step_ = 0;
  std::uint64_t total_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  std::optional<ProgressBar> bar_;  // last: its thread uses the others
};

/// Compares all CRCs of @chain.
void verify(const checkpoint::Chain& chain, ByteProgress& progress);

/// Hands on to another sink, and counts.
class CountingSink : public checkpoint::Sink {
 public:
  CountingSink(checkpoint::Sink& sink, ByteProgress& progress) : sink_(sink), progress_(progress) {}
  void write(checkpoint::ByteView bytes) override;
  void write_zeros(std::uint64_t count) override;

 private:
  checkpoint::Sink& sink_;
  ByteProgress& progress_;
};

}  // namespace cpctl
