// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/fake_kernel.h"

#include <atomic>
#include <optional>
#include <sstream>

#include "checkpoint/test_support/samples.h"
#include "checkpoint/text.h"

namespace checkpoint {

struct FakeKernel::State {
  std::optional<Info> baseline;
  std::atomic<int> images = 0;
};

FakeKernel::FakeKernel() : state_(std::make_shared<State>()) {}

std::string FakeKernel::operator()(const std::string& command) {
  std::istringstream words(command);
  std::string kind;
  std::string start;
  std::string end;
  std::string path;
  words >> kind >> start >> end >> std::ws;
  std::getline(words, path);
  if (kind == "forget") {
    drop_baseline();
    return "";
  }

  ImageBuilder image = sample_full();
  const int number = ++state_->images;
  if (kind == "inc" && state_->baseline) {
    image = ImageBuilder::inc_on(*state_->baseline);
    const Bytes full = sample_full().build();
    const Image parent = Image::from_bytes(full, "full");
    for (const Mapping& mapping : parent.mappings()) image.map(mapping);
    image.data(0x11000, 0x12000, static_cast<unsigned char>(number));
  } else if (kind == "inc") {
    image.info().flags = PROC_CHECKPOINT_INFO_ASKED_INC;
  }
  image.info().id[0] = static_cast<std::uint8_t>(number);
  image.info().time_ns =
      sample_full().info().time_ns + static_cast<std::uint64_t>(number) * 1'000'000'000;
  image.write_to(path);
  state_->baseline = image.info();
  const Info& info = *state_->baseline;
  return str("version: 1\nstate: idle\nlast.kind: ", kind_text(info.kind),
             "\nlast.status: 0\nlast.id: ", id_text(info.id), "\nlast.seq: ", info.seq,
             "\nlast.pages_saved: 1\nlast.stall_ns: 12345\nlast.total_ns: 6789012\n");
}

void FakeKernel::drop_baseline() {
  state_->baseline.reset();
}

int FakeKernel::images() const {
  return state_->images;
}

}  // namespace checkpoint
