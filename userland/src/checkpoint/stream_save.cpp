// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/stream_save.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <thread>
#include <utility>

#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

/// As much as a pipe may hold without privileges: the kernel writes that much
/// at once.
constexpr int kPipeSize = 1 << 20;

/// Copies until all writers have gone.
void copy(int from, Sink& sink) {
  Bytes buffer(kPipeSize);
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_failure("a pipe", "read");
    if (got == 0) return;
    sink.write(ByteView(buffer).first(static_cast<std::size_t>(got)));
  }
}

}  // namespace

StreamOutcome save_to_stream(const std::function<int(const std::string& path)>& save, Sink& sink) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("a pipe", "create");
  UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  ::fcntl(in.get(), F_SETPIPE_SZ, kPipeSize);  // a small one does too

  StreamOutcome outcome;
  std::exception_ptr thrown;
  std::thread saving([&] {
    try {
      outcome.error = save(str("/proc/self/fd/", in.get()));
    } catch (...) {
      thrown = std::current_exception();
    }
    in.reset();
  });
  try {
    copy(out.get(), sink);
  } catch (const Error& error) {
    outcome.broken = error;
  } catch (const std::exception& error) {
    outcome.broken = Error(Error::Kind::failed, "", error.what());
  }
  out.reset();
  saving.join();
  if (thrown) std::rethrow_exception(thrown);
  return outcome;
}

}  // namespace checkpoint
