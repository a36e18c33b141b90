// SPDX-License-Identifier: GPL-2.0-or-later
#include "target/writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "support/stopwatch.h"

namespace bench {
namespace {

// Eight buckets to each power of two.
std::size_t bucket_of(std::uint64_t value) {
  if (value < 8) return value;
  const std::size_t power = 63 - static_cast<std::size_t>(std::countl_zero(value));
  return (power - 2) * 8 + ((value >> (power - 3)) & 7);
}

std::uint64_t end_of(std::size_t bucket) {
  if (bucket < 8) return bucket;
  return ((bucket & 7) + 9) << (bucket / 8 - 1);
}

}  // namespace

void Histogram::add(std::uint64_t nanoseconds) {
  ++counts_[std::min(bucket_of(nanoseconds), counts_.size() - 1)];
  ++count_;
  greatest_ = std::max(greatest_, nanoseconds);
}

std::uint64_t Histogram::quantile(double share) const {
  const auto enough = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t n = 0; n < counts_.size(); ++n)
    if ((seen += counts_[n]) >= enough) return std::min(end_of(n), greatest_);
  return greatest_;
}

Writer::Writer(Memory& memory, std::size_t bytes)
    : memory_(memory),
      pages_(std::min(memory.bytes(), bytes) / kPage),
      thread_([this] { run(); }) {}

Writer::~Writer() {
  stop();
}

void Writer::pause() {
  state_ = State::shall_wait;
  state_.notify_all();
  state_.wait(State::shall_wait);
}

void Writer::resume() {
  state_ = State::runs;
  state_.notify_all();
}

void Writer::stop() {
  if (!thread_.joinable()) return;
  state_ = State::shall_end;
  state_.notify_all();
  thread_.join();
}

void Writer::run() {
  const std::size_t hot = std::max<std::size_t>(pages_ / 10, 1);
  std::uint64_t number = 1;
  const Stopwatch all;
  for (;;) {
    const Stopwatch one;
    State state = state_;
    if (state == State::shall_end) break;
    if (state == State::shall_wait) {
      state_ = State::waits;
      state_.notify_all();
      state_.wait(State::waits);
    }
    number = mix(number, 7);
    const std::size_t page = (number >> 32) % (number % 10 == 0 ? pages_ : hot);
    std::byte* place = memory_.data() + page * kPage + 128 + (number & 7) * 64;
    std::array<std::uint64_t, 8> line{};
    std::memcpy(line.data(), place, sizeof(line));
    for (int round = 0; round < 4; ++round)
      for (auto& word : line) word = mix(word, number);
    std::memcpy(place, line.data(), sizeof(line));
    times_.add(one.nanoseconds());
  }
  nanoseconds_ = all.nanoseconds();
}

}  // namespace bench
