// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>

#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::size_text;
using checkpoint::str;

constexpr std::size_t kLeastBar = 10;
constexpr std::size_t kMostBar = 40;
constexpr std::size_t kUsualWidth = 80;
constexpr double kLongest = 100 * 3600;  // more than that to go is no estimate

std::string time_left(double seconds) {
  const auto left = static_cast<unsigned long>(std::ceil(seconds));
  std::array<char, 32> text{};
  if (left < 3600)
    std::snprintf(text.data(), text.size(), "%lu:%02lu left", left / 60, left % 60);
  else
    std::snprintf(text.data(), text.size(), "%lu:%02lu:%02lu left", left / 3600, left / 60 % 60,
                  left % 60);
  return text.data();
}

std::string percent(double part) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%3d%%", static_cast<int>(part * 100));
  return text.data();
}

/// What follows the bar, the most important first.
std::vector<std::string> pieces(std::uint64_t done, const Progress& progress, double seconds) {
  std::vector<std::string> pieces;
  if (progress.total != 0) {
    pieces.push_back(percent(static_cast<double>(done) / static_cast<double>(progress.total)));
    pieces.push_back(size_text(done) + " of " + size_text(progress.total));
  } else if (done != 0) {
    pieces.push_back(size_text(done));
  }
  if (done == 0 || seconds <= 0) return pieces;
  const double rate = static_cast<double>(done) / seconds;
  pieces.push_back(size_text(static_cast<std::uint64_t>(std::min(rate, 1e18))) + "/s");
  if (progress.total == 0) return pieces;
  const double left = static_cast<double>(progress.total - done) / rate;
  if (left < kLongest) pieces.push_back(time_left(left));
  return pieces;
}

std::size_t terminal_width(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsualWidth;
}

bool can_redraw(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) != 0 && (term == nullptr || std::string_view(term) != "dumb");
}

/// A job in the background does not draw over what the user does.
bool in_background(int fd) {
  const pid_t foreground = ::tcgetpgrp(fd);
  return foreground > 0 && foreground != ::getpgrp();
}

}  // namespace

std::string progress_line(const Progress& progress, double seconds, std::size_t width) {
  const std::size_t columns = width > 0 ? width - 1 : 0;
  // A count that is ahead of its total is not worth a line that looks odd.
  const std::uint64_t done =
      progress.total != 0 ? std::min(progress.done, progress.total) : progress.done;
  std::string text;
  for (const std::string& piece : pieces(done, progress, seconds))
    if (progress.what.size() + text.size() + 2 + piece.size() <= columns) text += "  " + piece;
  std::string line = progress.what;
  const std::size_t used = line.size() + text.size() + 3;  // " [" and "]"
  if (progress.total != 0 && used + kLeastBar <= columns) {
    const std::size_t cells = std::min(columns - used, kMostBar);
    const auto full =
        static_cast<std::size_t>(static_cast<double>(done) * static_cast<double>(cells) /
                                 static_cast<double>(progress.total));
    line += str(" [", std::string(full, '#'), std::string(cells - full, ' '), "]");
  }
  return (line + text).substr(0, columns);
}

ProgressBar::ProgressBar(int fd, Sample sample) : fd_(fd), sample_(std::move(sample)) {
  if (can_redraw(fd_)) start();
}

/// All signals are for the threads that do the work: these may have reasons to
/// hold them, now or later.
void ProgressBar::start() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {  // no room for a thread: then without
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProgressBar::~ProgressBar() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
  clear();
}

void ProgressBar::print(const std::function<void()>& print) {
  const std::lock_guard lock(mutex_);
  clear();
  print();
}

void ProgressBar::run() {
  began_ = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return ended_; })) draw();
}

void ProgressBar::draw() {
  const std::optional<Progress> progress = sample_();
  if (in_background(fd_)) return;
  if (!progress) return clear();
  const auto now = std::chrono::steady_clock::now();
  if (progress->what != what_ || progress->step != step_) {
    if (!what_.empty()) began_ = now;
    what_ = progress->what;
    step_ = progress->step;
  }
  const double seconds = std::chrono::duration<double>(now - began_).count();
  put("\r" + progress_line(*progress, seconds, terminal_width(fd_)) + "\033[K");
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) put("\r\033[K");
  drawn_ = false;
}

void ProgressBar::put(const std::string& text) const {
  [[maybe_unused]] const auto written = ::write(fd_, text.data(), text.size());
}

std::optional<Progress> progress_of(const std::vector<checkpoint::Process>& processes) {
  Progress all;
  for (const checkpoint::Process& process : processes) {
    try {
      const checkpoint::Status status = process.status();
      if (status.state == "idle") continue;
      if (all.what != "capturing") all.what = checkpoint::printable(status.state);
      all.done += std::min(status.bytes_done, UINT64_MAX - all.done);
      all.total += std::min(status.bytes_total, UINT64_MAX - all.total);
    } catch (const std::exception&) {
      continue;  // it has ended: the command says so
    }
  }
  if (all.what.empty()) return std::nullopt;
  if (all.what == "capturing") all.done = all.total = 0;
  return all;
}

ByteProgress::ByteProgress(bool quiet) {
  if (!quiet) bar_.emplace(STDERR_FILENO, [this] { return sample(); });
}

void ByteProgress::begin(std::string what, std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  what_ = std::move(what);
  ++step_;
  total_ = total;
  done_ = 0;
}

void ByteProgress::print(const std::function<void()>& print) {
  if (bar_)
    bar_->print(print);
  else
    print();
}

std::optional<Progress> ByteProgress::sample() const {
  const std::lock_guard lock(mutex_);
  if (what_.empty()) return std::nullopt;
  return Progress{.what = what_, .done = done_, .total = total_, .step = step_};
}

void verify(const checkpoint::Chain& chain, ByteProgress& progress) {
  std::uint64_t total = 0;
  for (const checkpoint::Image& image : chain.images()) total += image.file_size();
  progress.begin("verifying", total);
  chain.verify(progress.advanced());
}

void CountingSink::write(checkpoint::ByteView bytes) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  while (!bytes.empty()) {
    const checkpoint::ByteView piece = bytes.first(std::min(bytes.size(), kPiece));
    sink_.write(piece);
    progress_.advance(piece.size());
    bytes = bytes.subspan(piece.size());
  }
}

void CountingSink::write_zeros(std::uint64_t count) {
  sink_.write_zeros(count);
  progress_.advance(count);
}

}  // namespace cpctl
