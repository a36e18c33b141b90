// SPDX-License-Identifier: GPL-2.0-or-later
// How far something that takes long has come, for who shows it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace checkpoint {

/// Hears of bytes as they are read or written.
using Advanced = std::function<void(std::uint64_t bytes)>;

/// The same of something that has several steps, one after the other.
class Steps {
 public:
  Steps() = default;
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;
  virtual ~Steps() = default;

  /// Now @what is done, as "writing", to @total bytes; 0: nobody knows to how
  /// many.
  virtual void begin(std::string what, std::uint64_t total) = 0;

  /// So many more of them are done.
  virtual void advance(std::uint64_t bytes) = 0;

  /// advance(), for who does not know of steps.
  Advanced advanced() {
    return [this](std::uint64_t bytes) { advance(bytes); };
  }
};

namespace detail {
class NoSteps final : public Steps {
 public:
  void begin(std::string /*what*/, std::uint64_t /*total*/) override {}
  void advance(std::uint64_t /*bytes*/) override {}
};
}  // namespace detail

/// Where nobody listens.
inline Steps& no_steps() {
  static detail::NoSteps none;
  return none;
}

}  // namespace checkpoint
