// SPDX-License-Identifier: GPL-2.0-or-later
// A checkpoint as a stream to where the kernel cannot write by itself: a
// file that exists, a socket, a pipe of somebody else.
#pragma once

#include <functional>
#include <optional>

#include "checkpoint/sink.h"

namespace checkpoint {

/// How it went; without an error in either all of the image is in the sink.
struct StreamOutcome {
  int error = 0;                ///< what @save returned
  std::optional<Error> broken;  ///< why the sink did not take everything
};

/// Calls @save, which writes to the pipe whose path it gets and returns 0 or an
/// errno, in a thread of its own, and hands on to @sink what comes out of that
/// pipe.  A sink that fails breaks the pipe, so that @save fails too; only
/// when it had already written everything it may have succeeded all the same.
/// SIGPIPE must be ignored.
/// @at_pause is called while nothing comes, and may throw Error to give up.  If nothing had come
/// and @save still does not return then, @at_hang is called: what it writes gets nowhere.
StreamOutcome save_to_stream(
    const std::function<int(const std::string& path)>& save, Sink& sink,
    const std::function<void()>& at_pause = [] {}, const std::function<void()>& at_hang = [] {});

}  // namespace checkpoint
