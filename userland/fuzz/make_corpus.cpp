// SPDX-License-Identifier: GPL-2.0-or-later
// make_corpus DIRECTORY: good images and texts for the fuzzers to start from.
#include <iostream>

#include "checkpoint/merge.h"
#include "checkpoint/test_support/fake_proc.h"
#include "checkpoint/test_support/samples.h"
#include "checkpoint/test_support/stack.h"

namespace {

using namespace checkpoint;

Bytes pair_of(const Bytes& first, const Bytes& second) {
  Bytes out;
  append(out, static_cast<std::uint32_t>(first.size()));
  append_bytes(out, first);
  append_bytes(out, second);
  return out;
}

Bytes merged() {
  const Bytes full = sample_full().build();
  const Bytes inc = sample_inc().build();
  std::vector<Image> images;
  images.push_back(Image::from_bytes(full, "full"));
  images.push_back(Image::from_bytes(inc, "inc"));
  MemorySink sink;
  merge(Chain::from_images(std::move(images)), sink);
  return sink.bytes();
}

/// An inc with runs of each kind and holes between them.
ImageBuilder rich_inc() {
  ImageBuilder image = ImageBuilder::inc_on(sample_full().info());
  const Bytes full = sample_full().build();
  const Image parent = Image::from_bytes(full, "full");
  for (const Mapping& mapping : parent.mappings()) image.map(mapping);
  image.data(0x11000, 0x12000, 'x')
      .zero(0x13000, 0x14000)
      .file(0x20000, 0x21000)
      .skipped(0x22000, 0x23000, PROC_CHECKPOINT_SKIP_EOF);
  return image;
}

/// No page data.
ImageBuilder without_data() {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x14000, "[stack]").zero(0x10000, 0x14000);
  return image;
}

void make_images(const std::string& directory) {
  write_file(directory + "/full", sample_full().build());
  write_file(directory + "/inc", sample_inc().build());
  write_file(directory + "/rich", rich_inc().build());
  write_file(directory + "/merged", merged());
  write_file(directory + "/zeros", without_data().build());
  write_file(directory + "/empty", ImageBuilder(0x10000, 0x20000).build());
}

/// Where the auxiliary vector is looked for.
Bytes with_stack() {
  const Bytes full = image_of_stack({});
  const Image parent = Image::from_bytes(full, "full");
  ImageBuilder inc = ImageBuilder::inc_on(parent.info());
  for (const Mapping& mapping : parent.mappings()) inc.map(mapping);
  return pair_of(full, inc.build());
}

void make_chains(const std::string& directory) {
  write_file(directory + "/sample", pair_of(sample_full().build(), sample_inc().build()));
  write_file(directory + "/rich", pair_of(sample_full().build(), rich_inc().build()));
  write_file(directory + "/stack", with_stack());
  ImageBuilder inc = ImageBuilder::inc_on(without_data().info());
  inc.map(0x11000, 0x13000, "[stack]").skipped(0x12000, 0x13000, PROC_CHECKPOINT_SKIP_GUARD);
  write_file(directory + "/zeros", pair_of(without_data().build(), inc.build()));
}

void make_texts(const std::string& directory) {
  const FakeProc proc;
  write_file(directory + "/status", fake_status());
  write_file(directory + "/maps", read_file(proc.file("maps")));
  write_file(directory + "/stat", read_file(proc.file("stat")));
  write_file(directory + "/range", "1000-2000");
  write_file(directory + "/duration", "500ms");
  write_file(directory + "/time", "2025-01-31T12:00:00Z");
}

/// As directory_fuzz.cpp reads them: rules, then kind, id, parent, seq, group,
/// time, name and more of each image.
void make_directories_of_images(const std::string& directory) {
  const std::string rules("\2\377\0\1\1\0\0\0", 8);
  std::string chain;
  for (char n = 0; n < 6; ++n) {
    const char kind = n % 3 == 0 ? 0 : 1;
    chain += {kind, static_cast<char>(n + 1), n, static_cast<char>(n % 3), 0, n, 1, 0};
  }
  write_file(directory + "/chains", rules + chain);
  write_file(directory + "/orphans", rules + chain.substr(8));
  write_file(directory + "/copies", rules + chain + chain);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_corpus DIRECTORY\n";
    return 2;
  }
  const std::string directory = argv[1];
  for (const char* name : {"/image", "/chain", "/text", "/directory"})
    make_directories(directory + name);
  make_images(directory + "/image");
  make_chains(directory + "/chain");
  make_texts(directory + "/text");
  make_directories_of_images(directory + "/directory");
  return 0;
}
