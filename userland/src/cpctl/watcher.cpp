// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/watcher.h"

#include <algorithm>
#include <cerrno>

#include "checkpoint/image.h"
#include "checkpoint/retention.h"
#include "checkpoint/text.h"

namespace cpctl {

using checkpoint::Error;
using checkpoint::id_text;
using checkpoint::Image;
using checkpoint::Info;
using checkpoint::Kind;
using checkpoint::SaveCommand;
using checkpoint::str;

Watcher::Watcher(const checkpoint::Process& process, const std::string& directory,
                 Settings settings)
    : process_(process), series_(directory, process.pid()), settings_(settings) {
  const auto stat = process_.stat();
  if (!stat || stat->ended())
    throw Error(Error::Kind::failed, str("process ", process_.pid()),
                stat ? "has ended" : "there is no such process");
  start_time_ = stat->start_time;
}

bool Watcher::alive() const {
  try {
    const auto stat = process_.stat();
    return stat && !stat->ended() && stat->start_time == start_time_;
  } catch (const Error&) {
    return true;  // not to be known now: the next checkpoint tells
  }
}

Watcher::Saved Watcher::save() {
  const bool full = chain_images_ == 0 || chain_images_ >= settings_.full_every;
  SaveCommand command{.kind = full ? Kind::full : Kind::inc,
                      .start = settings_.start,
                      .end = settings_.end,
                      .path = series_.temporary_path()};
  const Baselines before = baselines_of(process_);
  refused_ = 0;
  try {
    refused_ = process_.send_if(start_time_, command.text());
    if (refused_ == EEXIST) {
      // The name is ours: what a failure could not remove.
      series_.discard();
      refused_ = process_.send_if(start_time_, command.text());
    }
  } catch (const Error& error) {
    refused_ = error.system_errno();
    throw;
  }
  if (refused_ != 0) {
    command.path = series_.path();
    throw command.failure(refused_, process_.pid());
  }
  try {
    Saved saved = take(std::move(command));
    saved.before = before;
    return saved;
  } catch (...) {
    // The kernel has it as the baseline, and it may not be there to build on.
    chain_images_ = 0;
    series_.discard();
    end_baselines();
    throw;
  }
}

/// So that no inc, of whomever, builds on an image that is gone.
void Watcher::end_baselines() const noexcept {
  try {
    static_cast<void>(process_.send_if(start_time_, checkpoint::forget_text()));
  } catch (...) {  // it has ended, or the next command tells what is wrong
  }
}

Watcher::Saved Watcher::take(SaveCommand command) {
  Saved saved{.command = std::move(command), .info = {}, .figures = {}};
  const auto last = last_command(process_);
  {
    const Image image = Image::open(saved.command.path);
    saved.info = image.info();
    saved.file_size = image.file_size();
  }
  saved.figures = figures_of(saved.command, last,
                             checkpoint::Peeked{.info = saved.info, .size = saved.file_size});
  check_parent(saved.info);
  saved.command.path = series_.commit();
  chain_images_ = saved.info.kind == Kind::full ? 1 : chain_images_ + 1;
  ++images_;
  newest_ = saved.info;
  return saved;
}

void Watcher::check_parent(const Info& info) const {
  if (info.kind == Kind::full || (newest_ && info.parent == newest_->id)) return;
  throw Error(Error::Kind::failed, series_.path(),
              "somebody else made a checkpoint of this range: the inc builds on that")
      .found("parent " + id_text(info.parent))
      .expected(newest_ ? id_text(newest_->id) : "none")
      .hint("it was removed; the next image is a full one");
}

bool Watcher::may_recover() const {
  constexpr int kPassing[] = {ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EINTR, EAGAIN, EMFILE, ENFILE};
  constexpr int kLasting[] = {EINVAL, E2BIG, ENAMETOOLONG};
  if (std::count(std::begin(kPassing), std::end(kPassing), refused_) != 0) return true;
  // What worked once may work again.
  return images_ > 0 && std::count(std::begin(kLasting), std::end(kLasting), refused_) == 0;
}

void Watcher::expire() const {
  if (settings_.keep == 0 || !newest_) return;
  const auto found = checkpoint::scan_directory(series_.directory(), process_.pid());
  const auto arrangement = checkpoint::arrange(found.images);
  for (const std::size_t n :
       checkpoint::expired(found.images, arrangement, *newest_, settings_.keep))
    series_.remove(found.images[n].name);
  series_.sync();
}

}  // namespace cpctl
