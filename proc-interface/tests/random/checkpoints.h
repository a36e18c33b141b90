// SPDX-License-Identifier: GPL-2.0-or-later
// Checkpoints of an arena, of which each is compared with the model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../support/checkpointer.h"
#include "picture.h"

namespace test::random {

class World;
struct Operation;

enum class Baseline : std::uint8_t { none, valid, unsure };

/// A range that is checkpointed, and its chain.
struct Track {
  Track(const World& world, std::size_t first_page, std::size_t pages);

  std::size_t first, count;  ///< pages of the arena
  Range range;
  Picture picture;
  std::vector<std::string> paths;
  Baseline baseline = Baseline::none;
  std::string id;         ///< of the newest image
  std::uint64_t seq = 0;  ///< of it
  bool restart = false;   ///< the next one is to be full
};

class Checkpoints {
 public:
  explicit Checkpoints(const World& world);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;
  ~Checkpoints();

  [[nodiscard]] Track& main() { return tracks_[0]; }
  /// Mostly the main one; one beside it; one that overlaps both.
  [[nodiscard]] Track& chosen(const Operation& operation);

  /// A command with the image at a path of its own.  Returns its errno; the
  /// image of one that succeeds is compared.
  int take(World& world, Track& track, bool full);
  /// The same at @path, which is in the way of nobody.
  int take_at(World& world, Track& track, bool full, const std::string& path);
  /// An inc by another process that is killed some time later.
  void take_and_kill(World& world, Track& track, unsigned microseconds);

  /// An inc of this instant, whose image nobody takes as yet.
  bool begin_stream(World& world, Track& track);
  [[nodiscard]] bool streaming() const { return stream_ != nullptr; }
  enum class End : std::uint8_t { drained, abandoned, killed };
  /// False when there is none.
  bool end_stream(World& world, End how);

  void clear_refs();
  void forget();
  /// The last checkpoints, compared with memory as well.
  void finish(World& world);

  /// The pages that the newest image of the track has data of.
  [[nodiscard]] const std::vector<std::size_t>& saved() const { return saved_; }
  [[nodiscard]] std::string new_path(const char* what);

 private:
  struct Stream;
  struct Taken;

  void capture_begins(const Track& track, Baseline left);
  void add(World& world, Track& track, const std::string& path, const Taken& taken);
  void compare(World& world, Track& track, const std::string& path, const Taken& taken);
  static void compare_by_library(World& world, const Track& track);

  Checkpointer self_;
  std::vector<Track> tracks_;
  std::unique_ptr<Stream> stream_;
  std::vector<std::size_t> saved_;
  unsigned paths_ = 0;
};

}  // namespace test::random
