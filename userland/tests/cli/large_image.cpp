// SPDX-License-Identifier: GPL-2.0-or-later
#include "large_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "checkpoint/image_writer.h"
#include "checkpoint/unique_fd.h"

namespace cpctl {
namespace {

using checkpoint::ByteView;
using checkpoint::kPageSize;
using checkpoint::PageState;

bool is_zero(ByteView bytes) {
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

class HoleySink : public checkpoint::Sink {
 public:
  explicit HoleySink(int fd) : fd_(fd), file_(fd, "a large image") {}

  void write(ByteView bytes) override {
    if (bytes.empty()) return;
    if (!is_zero(bytes))
      file_.write(bytes);
    else if (::lseek(fd_, static_cast<off_t>(bytes.size()), SEEK_CUR) < 0)
      throw checkpoint::system_failure("a large image", "write");
  }

 private:
  int fd_;
  checkpoint::FdSink file_;
};

}  // namespace

void write_large(const std::string& path, const checkpoint::Info& info, std::uint64_t pages) {
  checkpoint::ImageContents contents{.info = info};
  contents.mappings.push_back({.start = info.start,
                               .end = info.end,
                               .prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE});
  const std::uint64_t end = info.start + pages * kPageSize;
  contents.runs.push_back({.start = info.start, .end = end, .state = PageState::data});
  if (info.kind == checkpoint::Kind::full && end < info.end)
    contents.runs.push_back({.start = end, .end = info.end, .state = PageState::zero});

  const checkpoint::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600));
  if (!fd) throw checkpoint::system_failure(path, "create");
  HoleySink sink(fd.get());
  checkpoint::ImageWriter writer(sink, contents);
  constexpr std::uint64_t most = 256;
  const checkpoint::Bytes zeros(most * kPageSize);
  for (std::uint64_t left = pages; left > 0; left -= std::min(left, most))
    writer.write_data(ByteView(zeros).first(std::min(left, most) * kPageSize));
  writer.finish();
}

}  // namespace cpctl
