// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/stream_save.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "checkpoint/unique_fd.h"

namespace checkpoint {
namespace {

/// As much as a pipe may hold without privileges: the kernel writes that much
/// at once.
constexpr int kPipeSize = 1 << 20;

/// How long a save may take to find that its pipe is broken.
constexpr std::chrono::milliseconds kPatience{200};

void wait_for_data(int fd, const std::function<void()>& at_pause) {
  constexpr int milliseconds = 100;
  pollfd in{.fd = fd, .events = POLLIN, .revents = 0};
  while (::poll(&in, 1, milliseconds) <= 0) at_pause();
}

/// Copies until all writers have gone.  @begun: something came.
void copy(int from, Sink& sink, const std::function<void()>& at_pause, bool& begun) {
  Bytes buffer(kPipeSize);
  for (;;) {
    wait_for_data(from, at_pause);
    begun = true;
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_failure("a pipe", "read");
    if (got == 0) return;
    sink.write(ByteView(buffer).first(static_cast<std::size_t>(got)));
  }
}

}  // namespace

StreamOutcome save_to_stream(const std::function<int(const std::string& path)>& save, Sink& sink,
                             const std::function<void()>& at_pause,
                             const std::function<void()>& at_hang) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("a pipe", "create");
  UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  ::fcntl(in.get(), F_SETPIPE_SZ, kPipeSize);  // a small one does too

  StreamOutcome outcome;
  bool begun = false;
  std::exception_ptr thrown;
  std::promise<void> promise;
  const std::future<void> ended = promise.get_future();
  std::thread saving([&] {
    try {
      outcome.error = save(str("/proc/self/fd/", in.get()));
    } catch (...) {
      thrown = std::current_exception();
    }
    in.reset();
    promise.set_value();
  });
  try {
    copy(out.get(), sink, at_pause, begun);
  } catch (const Error& error) {
    outcome.broken = error;
  } catch (const std::exception& error) {
    outcome.broken = Error(Error::Kind::failed, "", error.what());
  }
  out.reset();
  if (outcome.broken && !begun && ended.wait_for(kPatience) == std::future_status::timeout)
    at_hang();
  saving.join();
  if (thrown) std::rethrow_exception(thrown);
  return outcome;
}

}  // namespace checkpoint
