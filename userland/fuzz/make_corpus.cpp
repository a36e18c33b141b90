// SPDX-License-Identifier: GPL-2.0-or-later
// make_corpus DIRECTORY: good images and texts for the fuzzers to start from.
#include <iostream>

#include "chains.h"
#include "checkpoint/command.h"
#include "checkpoint/merge.h"
#include "checkpoint/numbered_files.h"
#include "checkpoint/test_support/fake_proc.h"
#include "checkpoint/test_support/raw_image.h"
#include "checkpoint/test_support/samples.h"
#include "checkpoint/test_support/stack.h"
#include "pair.h"

namespace {

using namespace checkpoint;

Bytes merged() {
  const Bytes full = sample_full().build();
  const Bytes inc = sample_inc().build();
  MemorySink sink;
  merge(chain_of({full, inc}), sink);
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

/// Headers that claim @count program headers; without these.
Bytes claiming(std::uint32_t count) {
  RawImage image(encode_program_headers(std::vector<Elf64_Phdr>(PN_XNUM)));
  image.edit<Elf64_Shdr>(sizeof(Elf64_Ehdr),
                         [count](Elf64_Shdr& section) { section.sh_info = count; });
  image.bytes().resize(kHeaderSize);
  return image.bytes();
}

/// Of little more than a head.
void make_heads(const std::string& directory) {
  write_file(directory + "/zeros", without_data().build());
  write_file(directory + "/empty", ImageBuilder(0x10000, 0x20000).build());
  ImageBuilder inc = ImageBuilder::inc_on(without_data().info());
  inc.map(0x10000, 0x14000, "[stack]");
  write_file(directory + "/inc", inc.build());
  Bytes cut = sample_full().build();
  cut.resize(kPageSize);
  write_file(directory + "/cut", cut);
  write_file(directory + "/endless", claiming(UINT32_MAX));
  Bytes long_way = claiming(PN_XNUM);
  append(long_way, note_segment(program_headers_size(PN_XNUM), std::uint64_t{1} << 29));
  write_file(directory + "/long", long_way);
}

/// Where the auxiliary vector is looked for.
Bytes with_stack() {
  const Bytes full = image_of_stack({});
  const Image parent = Image::from_bytes(full, "full");
  ImageBuilder inc = ImageBuilder::inc_on(parent.info());
  for (const Mapping& mapping : parent.mappings()) inc.map(mapping);
  return join_pair(full, inc.build());
}

void make_chains(const std::string& directory) {
  write_file(directory + "/sample", join_pair(sample_full().build(), sample_inc().build()));
  write_file(directory + "/rich", join_pair(sample_full().build(), rich_inc().build()));
  write_file(directory + "/stack", with_stack());
  ImageBuilder inc = ImageBuilder::inc_on(without_data().info());
  inc.map(0x11000, 0x13000, "[stack]")
      .skipped(0x11000, 0x12000, PROC_CHECKPOINT_SKIP_POISON)
      .skipped(0x12000, 0x13000, PROC_CHECKPOINT_SKIP_GUARD);
  write_file(directory + "/zeros", join_pair(without_data().build(), inc.build()));
}

/// Two mappings, with some of what the kernel says of each.
std::string smaps() {
  return "00001000-00003000 r-xp 00000000 08:01 4711                   /usr/bin/sample\n"
         "Size:                  8 kB\n"
         "VmFlags: rd ex mr mw me sd lo io \n"
         "00005000-00009000 rw-s 00000000 00:00 0 \n"
         "VmFlags: rd wr mr mw me ac ht gd dd wf pf nr dc um uw ui \n";
}

void make_procs(const std::string& directory) {
  const FakeProc proc;
  write_file(directory + "/status", fake_status());
  write_file(directory + "/maps", read_file(proc.file("maps")));
  write_file(directory + "/smaps", smaps());
  write_file(directory + "/stat", read_file(proc.file("stat")));
}

void make_texts(const std::string& directory) {
  write_file(directory + "/number", "0x7f");
  write_file(directory + "/range", "1000-2000");
  write_file(directory + "/duration", "500ms");
  write_file(directory + "/time", "2025-01-31T12:00:00Z");
  write_file(directory + "/name", numbered_name({.pid = 1234, .number = 7}));
  write_file(directory + "/control", "a\nb\033[0m");
}

/// As utf8_fuzz.cpp reads them: a width, then characters of each length.
void make_characters(const std::string& directory) {
  write_file(directory + "/lengths", "\12a\303\251\342\202\254\360\237\230\200z");
  write_file(directory + "/none", "\4\300\200\355\240\200\364\220\200\200\377");
  write_file(directory + "/markup", "\7<a href=\"x&y\">'\302\205\357\277\276");
}

/// What cp_load.h loads all of, and what it does not.
void make_loads(const std::string& directory) {
  ImageBuilder full(0x10000, 0x18000);
  full.map(0x10000, 0x18000)
      .data(0x10000, 0x11000, 'a')
      .data(0x12000, 0x13000, 'b')
      .zero(0x11000, 0x12000)
      .zero(0x13000, 0x18000);
  ImageBuilder inc = ImageBuilder::inc_on(full.info());
  inc.map(0x10000, 0x18000).data(0x14000, 0x15000, 'c').zero(0x12000, 0x13000);
  write_file(directory + "/good", join_pair(full.build(), inc.build()));
  ImageBuilder with_hole = ImageBuilder::inc_on(full.info());
  with_hole.map(0x10000, 0x14000).map(0x15000, 0x18000).zero(0x15000, 0x16000);
  write_file(directory + "/hole", join_pair(full.build(), with_hole.build()));
  write_file(directory + "/sample", join_pair(sample_full().build(), rich_inc().build()));
}

/// As command_fuzz.cpp reads them: numbers with a path, and texts.
Bytes fields_of(const SaveCommand& command) {
  Bytes bytes{command.kind == Kind::full ? std::byte{0xff} : std::byte{0xfe}};
  append(bytes, command.start);
  append(bytes, command.end);
  append_text(bytes, command.path);
  return bytes;
}

void make_commands(const std::string& directory) {
  const SaveCommand full{.path = "/tmp/image 1"};
  const SaveCommand inc{.kind = Kind::inc, .start = 0x1000, .end = 0x1fff, .path = " x"};
  write_file(directory + "/full", full.text());
  write_file(directory + "/inc", inc.text());
  write_file(directory + "/decimal", "inc 4096 0008191  image");
  write_file(directory + "/forget", forget_text());
  write_file(directory + "/fields-full", fields_of(full));
  write_file(directory + "/fields-inc", fields_of(inc));
  SaveCommand longest = full;
  longest.path.append(PROC_CHECKPOINT_CMD_MAX - full.text().size(), 'x');
  write_file(directory + "/fields-longest", fields_of(longest));
  longest.path += 'x';
  write_file(directory + "/fields-too-long", fields_of(longest));
}

/// As options_fuzz.cpp reads them: which options are taken, then words, or what
/// to choose.
void make_options(const std::string& directory) {
  const std::string all(8, '\377');
  const std::string several("\2\0\0\0\0\0\0\0", 8);  // --pid, more than once
  const auto words = [](const std::string& taken, std::initializer_list<std::string_view> list) {
    std::string text = taken + '\0';
    for (const std::string_view word : list) text.append(word) += '\0';
    return text;
  };
  write_file(directory + "/save", words(all, {"--pid", "12", "full", "--range=1-2", "-q", "a"}));
  write_file(directory + "/watch", words(all, {"watch", "--every", "500ms", "--full-every=3",
                                               "--keep", "2", "--count", "9", "dir"}));
  write_file(directory + "/heatmap",
             words(all, {"heatmap", "--top=3", "--over-time", "-f", "-o", "out", "--", "-image"}));
  write_file(directory + "/pids", words(several, {"-p", "12", "status", "--pid=13"}));
  // Names of what the library puts into its messages.
  write_file(directory + "/names", words(all, {"--%canonical_option%"}));
  std::string chosen = all + '\1';
  for (char row = 0; row < 40; ++row) chosen += {row, 'a', '\0', '\1'};
  write_file(directory + "/chosen", chosen);
}

/// As directory_fuzz.cpp reads them: rules, then kind, id, parent, seq, group,
/// time, name and more of each image.
void make_directories_of_images(const std::string& directory) {
  const std::string rules("\2\377\0\1\1\0\0\0", 8);
  const std::string some("\2\377\0\1\1\1\0\0", 8);  // and stop behind the first
  std::string chain;
  for (char n = 0; n < 6; ++n) {
    const char kind = n % 3 == 0 ? 0 : 1;
    chain += {kind, static_cast<char>(n + 1), n, static_cast<char>(n % 3), 0, n, 1, 0};
  }
  write_file(directory + "/chains", rules + chain);
  write_file(directory + "/some", some + chain);
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
  for (const char* name : {"/chain", "/command", "/cp_load", "/directory", "/head", "/image",
                           "/options", "/proc", "/text", "/utf8"})
    make_directories(directory + name);
  make_chains(directory + "/chain");
  make_commands(directory + "/command");
  make_loads(directory + "/cp_load");
  make_directories_of_images(directory + "/directory");
  make_heads(directory + "/head");
  make_images(directory + "/image");
  make_options(directory + "/options");
  make_procs(directory + "/proc");
  make_texts(directory + "/text");
  make_characters(directory + "/utf8");
  return 0;
}
