// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/held_capture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "checkpoint/command.h"
#include "checkpoint/error.h"

namespace bench {

using namespace std::chrono_literals;
using checkpoint::system_failure;

HeldCapture::HeldCapture(const Target& target, std::string fifo)
    : target_(target), fifo_(std::move(fifo)) {
  std::signal(SIGPIPE, SIG_IGN);
  if (mkfifo(fifo_.c_str(), 0600) != 0) throw system_failure(fifo_, "create");
  reader_.reset(open(fifo_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!reader_) throw system_failure(fifo_, "open");
  const checkpoint::SaveCommand command{
      .start = target.start(), .end = target.end() - 1, .path = fifo_};
  sent_ = std::async(std::launch::async, [this, text = command.text()] {
    go_.get_future().wait();
    return target_.process().send(text);
  });
  std::this_thread::sleep_for(100ms);
}

void HeldCapture::start() {
  started_ = true;
  go_.set_value();
  while (target_.process().status().state != "writing") std::this_thread::sleep_for(10ms);
  // The pipe is full then, and stays so.
  std::this_thread::sleep_for(200ms);
}

HeldCapture::~HeldCapture() {
  reader_.reset();
  if (!started_) go_.set_value();
  sent_.wait();
  unlink(fifo_.c_str());
}

}  // namespace bench
