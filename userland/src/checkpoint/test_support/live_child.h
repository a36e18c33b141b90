// SPDX-License-Identifier: GPL-2.0-or-later
// A real process to stop, look into and write to.
#pragma once

#include <sys/types.h>

#include <functional>

#include "checkpoint/image.h"
#include "checkpoint/process_memory.h"

namespace checkpoint {

/// Memory of the test, which a child that is forked later has, too, at the same
/// address.
class Area {
 public:
  explicit Area(std::size_t pages, int protection = kReadWrite, int flags = kAnonymous, int fd = -1,
                std::uint64_t address = 0);
  Area(const Area&) = delete;
  Area& operator=(const Area&) = delete;
  ~Area();

  static const int kReadWrite;
  static const int kAnonymous;

  [[nodiscard]] std::uint64_t page(std::size_t n) const;
  [[nodiscard]] AddressRange range() const { return {.start = page(0), .end = page(pages_)}; }
  [[nodiscard]] std::span<std::byte> bytes() const;

 private:
  void* address_;
  std::size_t pages_;
};

/// A forked child that runs @body, and is killed at the end.
class LiveChild {
 public:
  explicit LiveChild(const std::function<void()>& body);
  /// One that waits for signals.
  LiveChild();
  LiveChild(const LiveChild&) = delete;
  LiveChild& operator=(const LiveChild&) = delete;
  ~LiveChild();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] Process process() const;
  [[nodiscard]] Bytes read(const AddressRange& range) const;
  void write(std::uint64_t address, ByteView bytes) const;
  void signal(int number) const;
  /// The same, and waits until the process is in @state, as in /proc/PID/stat.
  void signal_until(int number, char state) const;

 private:
  pid_t pid_;
};

/// Waits for what must come about within a few seconds; false when it does not.
bool eventually(const std::function<bool()>& condition);

/// What a page of a made image is to be; data and zeros by what it holds.
using StateOf = std::function<PageState(std::uint64_t page)>;

/// A full image of @range of the process as it is now, which must stand still.
Bytes image_of(const Process& process, const AddressRange& range, const StateOf& state_of = {});

}  // namespace checkpoint
