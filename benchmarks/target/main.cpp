// SPDX-License-Identifier: GPL-2.0-or-later
// The process whose memory is saved.  It does what support/protocol.h says, and
// otherwise sleeps.  Linked statically, so that it has little beside.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>
#include <thread>

#include "support/new_file.h"
#include "support/protocol.h"
#include "support/stopwatch.h"
#include "target/memory.h"
#include "target/userfault.h"
#include "target/writer.h"

namespace {

using namespace bench;

std::unique_ptr<Memory> memory;
std::unique_ptr<Userfault> userfault;
std::unique_ptr<Writer> writer;

void write_out(const Request& request, Reply& reply) {
  const Stopwatch stopwatch;
  NewFile file(request.path.data());
  memory->for_each_run(
      [&](const std::byte* run, std::size_t bytes) { file.write(run, bytes, request.a); });
  file.sync();
  reply.values[0] = stopwatch.nanoseconds();
}

void fork_hold() {
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
}

/// As Redis does with BGSAVE.
void fork_save(const Request& request, Reply& reply) {
  const Stopwatch stopwatch;
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    try {
      Reply unused;
      write_out(request, unused);
      _exit(0);
    } catch (const std::system_error& error) {
      _exit(error.code().value());
    }
  }
  reply.values[0] = stopwatch.nanoseconds();
  int status = 0;
  waitpid(child, &status, 0);
  reply.values[1] = stopwatch.nanoseconds();
  reply.error = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

void scan_save(const Request& request, Reply& reply) {
  const Stopwatch stopwatch;
  NewFile file(request.path.data());
  const Stopwatch stopped;
  if (writer) writer->pause();
  userfault->scan(memory->bytes(), [&](std::uint64_t start, std::uint64_t end) {
    file.write(reinterpret_cast<const void*>(start), end - start);
  });
  if (writer) writer->resume();
  reply.values[0] = stopped.nanoseconds();
  file.sync();
  reply.values[1] = stopwatch.nanoseconds();
  reply.values[2] = file.written();
}

void stop_writer(Reply& reply) {
  writer->stop();
  const Histogram& times = writer->times();
  reply.values = {times.count(),        writer->nanoseconds(), times.quantile(0.5),
                  times.quantile(0.99), times.quantile(0.999), times.greatest()};
  writer.reset();
}

void first_writes(const Request& request, Reply& reply) {
  const Stopwatch stopwatch;
  for (std::uint64_t page = request.a; page < request.a + request.b; ++page)
    *reinterpret_cast<volatile std::uint64_t*>(memory->data() + page * kPage) = page;
  reply.values[0] = stopwatch.nanoseconds();
}

void serve(const Request& request, Reply& reply) {
  const Stopwatch stopwatch;
  switch (request.op) {
    case Op::map:
      userfault.reset();
      memory.reset();
      memory = std::make_unique<Memory>(request.a, request.b, request.c != 0);
      reply.values = {reinterpret_cast<std::uint64_t>(memory->data()), memory->resident()};
      break;
    case Op::split:
      memory->split(request.a);
      break;
    case Op::threads:
      for (std::uint64_t n = 0; n < request.a; ++n)
        std::thread([] {
          for (;;) pause();
        }).detach();
      break;
    case Op::dirty:
      reply.values[0] = memory->dirty(request.a, static_cast<Pattern>(request.b), request.c);
      break;
    case Op::touch:
      memory->touch();
      break;
    case Op::first_writes:
      first_writes(request, reply);
      break;
    case Op::copy:
      memory->copy();
      reply.values[0] = stopwatch.nanoseconds();
      break;
    case Op::write_out:
      write_out(request, reply);
      break;
    case Op::fork_save:
      fork_save(request, reply);
      break;
    case Op::fork_hold:
      fork_hold();
      break;
    case Op::protect:
      if (userfault)
        userfault->protect();
      else
        userfault = std::make_unique<Userfault>(*memory);
      break;
    case Op::scan:
      userfault->scan(request.a, [](std::uint64_t, std::uint64_t) {});
      reply.values[0] = stopwatch.nanoseconds();
      break;
    case Op::scan_save:
      scan_save(request, reply);
      break;
    case Op::unprotect:
      userfault.reset();
      break;
    case Op::start_writer:
      writer = std::make_unique<Writer>(*memory, request.a);
      break;
    case Op::stop_writer:
      stop_writer(reply);
      break;
  }
}

}  // namespace

int main() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // malloc() has no memory that a page of ours could share a mapping with.
  for (Request request; read(kRequests, &request, sizeof(request)) == sizeof(request);) {
    Reply reply;
    try {
      serve(request, reply);
    } catch (const std::system_error& error) {
      reply.error = error.code().value();
    } catch (const std::bad_alloc&) {
      reply.error = ENOMEM;
    }
    if (write(kReplies, &reply, sizeof(reply)) != sizeof(reply)) return 1;
  }
}
