// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoints.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "../support/fifo.h"
#include "../support/oracle.h"
#include "../support/process.h"
#include "../support/test.h"
#include "world.h"

namespace test::random {
namespace {

/// As long as a chain gets before the library compares it and it starts anew.
constexpr std::size_t longest_chain = 12;
/// CRCs of the others are compared with the chain.
constexpr unsigned verify_every = 8;

}  // namespace

/// How an image came about.
struct Checkpoints::Taken {
  bool full;  ///< what was asked for
  Baseline before;
  const Model& model;  ///< as it was at the instant
  bool now;            ///< nothing happened since
};

struct Checkpoints::Stream {
  Stream(World& world, Track& taken, const std::string& path)
      : track(taken),
        before(taken.baseline),
        full(taken.restart),
        fifo(path),
        command(getpid(), command_text(full ? "full" : "inc", taken.range, path)),
        model(world.model) {
    fifo.wait_for_data(command);
  }

  Track& track;
  Baseline before;
  bool full;
  bool lost = false;  ///< soft-dirty bits were cleared meanwhile
  Fifo fifo;
  CommandProcess command;
  Model model;
};

Track::Track(const World& world, std::size_t first_page, std::size_t pages)
    : first(first_page), count(pages), range(world.range(first, count)), picture(range) {}

Checkpoints::Checkpoints(const World& world) {
  const std::size_t part = world.size() / 6;
  tracks_.emplace_back(world, 0, 4 * part);
  tracks_.emplace_back(world, 4 * part, world.model.size() - 4 * part);
  tracks_.emplace_back(world, 3 * part, 2 * part);
}

Checkpoints::~Checkpoints() = default;

Track& Checkpoints::chosen(const Operation& operation) {
  const unsigned choice = operation.a % 32;
  return tracks_[choice < 26 ? 0 : choice < 31 ? 1 : 2];
}

std::string Checkpoints::new_path(const char* what) {
  return std::string(what) + std::to_string(paths_++);
}

/// The baselines of ranges that overlap the track's.
void Checkpoints::capture_begins(const Track& track, Baseline left) {
  for (Track& other : tracks_) {
    const bool overlaps =
        other.range.start < track.range.end && track.range.start < other.range.end;
    if (&other != &track && overlaps && other.baseline != Baseline::none) other.baseline = left;
  }
}

int Checkpoints::take(World& world, Track& track, bool full) {
  return take_at(world, track, full, new_path("image"));
}

int Checkpoints::take_at(World& world, Track& track, bool full, const std::string& path) {
  end_stream(world, End::drained);
  full = full || track.restart;
  const Taken taken{full, track.baseline, world.model, true};
  const bool in_the_way = exists(path) && path[0] != '/';
  const int error = full ? self_.full(track.range, path) : self_.inc(track.range, path);
  // What cannot be opened is not captured: a file that exists, a device without batches.
  if (!in_the_way && error != EINVAL) capture_begins(track, Baseline::none);
  if (error != 0) {
    world.counters.refused++;
    return error;
  }
  add(world, track, path, taken);
  return 0;
}

void Checkpoints::take_and_kill(World& world, Track& track, unsigned microseconds) {
  end_stream(world, End::drained);
  const std::string path = new_path("killed");
  const Taken taken{track.restart, track.baseline, world.model, true};
  CommandProcess command(getpid(), command_text(taken.full ? "full" : "inc", track.range, path));
  usleep(microseconds);
  command.kill();
  const int result = command.result();
  // Killed behind its last step it leaves a file, which is complete and counts.
  const bool complete = exists(path);
  capture_begins(track, complete ? Baseline::none : Baseline::unsure);
  if (complete) return add(world, track, path, taken);
  EXPECT_EQ(result, -SIGKILL);
  world.counters.refused++;
  if (track.baseline == Baseline::valid) track.baseline = Baseline::unsure;
}

bool Checkpoints::begin_stream(World& world, Track& track) {
  if (stream_) return false;
  stream_ = std::make_unique<Stream>(world, track, new_path("fifo"));
  capture_begins(track, Baseline::none);
  return true;
}

bool Checkpoints::end_stream(World& world, End how) {
  if (!stream_) return false;
  const std::unique_ptr<Stream> stream = std::move(stream_);
  Track& track = stream->track;
  if (how == End::abandoned) stream->fifo.close_reader();
  if (how == End::killed) stream->command.kill();
  if (how != End::abandoned) stream->fifo.drain();
  const int result = stream->command.result();

  bool complete = result == 0;
  if (how == End::drained) REQUIRE_EQ(errno_text(result), "0", "of a stream");
  if (how == End::abandoned && result != 0) EXPECT_EQ(errno_text(result), "EPIPE");
  if (how == End::killed && result != 0) {
    // It may have been done all but for its exit: the baseline tells.
    EXPECT_EQ(result, -SIGKILL);
    const Status status = self_.status();
    for (const TrackedRange& tracked : status.ranges())
      complete = complete || (tracked.range == track.range && tracked.id != track.id);
    if (track.baseline == Baseline::valid && !complete) track.baseline = Baseline::unsure;
  }
  if (!complete) {
    world.counters.refused++;
    return true;
  }
  if (how == End::abandoned) {
    // There is an image, but it is lost.
    track.baseline = stream->lost ? Baseline::none : Baseline::valid;
    track.restart = true;
    return true;
  }
  const std::string path = new_path("stream");
  stream->fifo.save(path);
  add(world, track, path, {stream->full, stream->before, stream->model, false});
  if (stream->lost) track.baseline = Baseline::none;
  return true;
}

void Checkpoints::clear_refs() {
  REQUIRE_EQ(put("/proc/self/clear_refs", "4"), 0);
  for (Track& track : tracks_) track.baseline = Baseline::none;
  if (stream_) stream_->lost = true;
}

void Checkpoints::forget() {
  REQUIRE_EQ(self_.forget(), 0);
  for (Track& track : tracks_) track.baseline = Baseline::none;
}

void Checkpoints::add(World& world, Track& track, const std::string& path, const Taken& taken) {
  const checkpoint::Image image = checkpoint::Image::open(path);
  const checkpoint::Info& info = image.info();
  if (paths_ % verify_every == 0) image.verify();

  const bool is_full = info.kind == checkpoint::Kind::full;
  if (taken.full || taken.before == Baseline::none) EXPECT(is_full, path);
  if (!taken.full && taken.before == Baseline::valid) EXPECT(!is_full, path, "has no baseline");
  if (is_full) {
    for (const std::string& old : track.paths) unlink(old.c_str());
    track.paths.clear();
    track.restart = false;
    world.counters.fulls++;
  } else {
    EXPECT_EQ(checkpoint::id_text(info.parent), track.id, path);
    EXPECT_EQ(info.seq, track.seq + 1, path);
    world.counters.incs++;
  }
  world.counters.pages += info.pages_data;
  track.paths.push_back(path);
  track.id = checkpoint::id_text(info.id);
  track.seq = info.seq;
  track.baseline = Baseline::valid;

  saved_.clear();
  for (const checkpoint::Run& run : image.runs())
    for (std::uint64_t at = run.start; at < run.end; at += page_size)
      if (run.state == checkpoint::PageState::data)
        saved_.push_back(track.first + (at - track.range.start) / page_size);

  track.picture.apply(image);
  compare(world, track, path, taken);
  if (taken.now && track.paths.size() >= longest_chain) {
    compare_by_library(world, track);
    track.restart = true;
  }
}

void Checkpoints::compare(World& world, Track& track, const std::string& path, const Taken& taken) {
  const std::string difference = track.picture.difference(taken.model, track.first, track.count, 0,
                                                          taken.now ? &world.model : nullptr);
  if (difference.empty()) return;
  EXPECT(false, path, difference);
  if (taken.now) {
    world.expect_memory_is_as_modelled();
    EXPECT(false, "if that is all, memory is as the model says, and the image is wrong");
  }
}

void Checkpoints::compare_by_library(World& world, const Track& track) {
  world.counters.merged++;
  expect_chain_equals_memory(track.paths, track.range);
}

void Checkpoints::finish(World& world) {
  end_stream(world, End::drained);
  for (Track& track : tracks_) {
    if (&track != &tracks_[0] && track.paths.empty()) continue;
    REQUIRE_EQ(errno_text(take(world, track, false)), "0");
    compare_by_library(world, track);
  }
}

}  // namespace test::random
