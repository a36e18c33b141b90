// SPDX-License-Identifier: GPL-2.0-or-later
// Every byte of an image is one that the format defines: what is neither a
// header, nor a note's contents, nor a page is zero, reserved fields as well.
// The image is read here by itself, not with cpctl's reader.
#include <elf.h>
#include <fcntl.h>
#include <linux/proc_checkpoint.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::string_view ours = PROC_CHECKPOINT_NOTE_NAME;

/// An image, of which each byte has to be accounted for once.
class Account {
 public:
  explicit Account(const std::string& path) : bytes_(slurp(path)), known_(bytes_.size(), 0) {
    REQUIRE(bytes_.size() >= sizeof(Elf64_Ehdr), path, "has", bytes_.size());
    headers();
  }

  void expect_nothing_unknown() const {
    std::size_t stray = 0, unknown = 0, first = 0;
    for (std::size_t i = 0; i < bytes_.size(); i++) {
      const void* next = std::memchr(&known_[i], 0, bytes_.size() - i);
      if (next == nullptr) break;
      i = static_cast<std::size_t>(static_cast<const char*>(next) - known_.data());
      unknown++;
      if (bytes_[i] == 0) continue;
      if (stray++ == 0) first = i;
    }
    EXPECT_EQ(stray, 0u, "bytes that are no padding, of", unknown, "unaccounted; first at", first);
  }

 private:
  template <typename Struct>
  Struct take(std::size_t at) {
    Struct value;
    claim(at, sizeof value);
    std::memcpy(&value, &bytes_[at], sizeof value);
    return value;
  }
  void claim(std::size_t at, std::size_t size) {
    if (size == 0) return;
    REQUIRE(at + size <= bytes_.size(), "beyond the end:", at, size);
    REQUIRE(std::memchr(&known_[at], 1, size) == nullptr, "claimed twice, from", at, "on");
    std::memset(&known_[at], 1, size);
  }
  /// The bytes of a string in a field of a fixed size; behind its NUL all are padding.
  void claim_text(std::size_t at, std::size_t field) {
    const std::size_t length = strnlen(&bytes_[at], field);
    claim(at, length);
  }

  void headers() {
    const auto header = take<Elf64_Ehdr>(0);
    REQUIRE_EQ(std::memcmp(header.e_ident, ELFMAG, SELFMAG), 0);
    for (std::size_t i = EI_ABIVERSION; i < EI_NIDENT; i++) EXPECT_EQ(+header.e_ident[i], 0, i);
    EXPECT_EQ(header.e_flags, 0u);
    EXPECT_EQ(header.e_entry, 0u);
    EXPECT_EQ(header.e_shstrndx, 0u);
    std::size_t segments = header.e_phnum;
    if (header.e_phnum == PN_XNUM) {
      auto section = take<Elf64_Shdr>(header.e_shoff);
      segments = section.sh_info;
      section.sh_info = 0;
      const Elf64_Shdr empty{};
      EXPECT_EQ(std::memcmp(&section, &empty, sizeof empty), 0, "section header");
    }
    for (std::size_t i = 0; i < segments; i++) {
      const auto segment = take<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
      EXPECT_EQ(segment.p_paddr, 0u);
      if (segment.p_type == PT_LOAD) claim(segment.p_offset, segment.p_filesz);
      if (segment.p_type == PT_NOTE) notes(segment.p_offset, segment.p_offset + segment.p_filesz);
    }
  }

  void notes(std::size_t at, std::size_t end) {
    while (at < end) {
      const auto head = take<Elf64_Nhdr>(at);
      at += sizeof head;
      const std::string owner(&bytes_[at]);
      REQUIRE_EQ(owner.size() + 1, head.n_namesz);
      claim(at, head.n_namesz);
      at += (head.n_namesz + 3) & ~3u;
      contents(owner, head.n_type, at, head.n_descsz);
      at += (head.n_descsz + 3) & ~3u;
    }
    EXPECT_EQ(at, end, "end of the notes");
  }

  void contents(const std::string& owner, std::uint32_t type, std::size_t at, std::size_t size) {
    if (owner != ours) return core_note(type, at, size);
    switch (type) {
      case PROC_CHECKPOINT_NT_INFO: {
        REQUIRE_EQ(size, sizeof(proc_checkpoint_info));
        const auto info = take<proc_checkpoint_info>(at);
        EXPECT_EQ(info.flags & ~std::uint32_t{PROC_CHECKPOINT_INFO_FLAGS}, 0u);
        return;
      }
      case PROC_CHECKPOINT_NT_MAP:
        return mappings(at, at + size);
      case PROC_CHECKPOINT_NT_FILE_PAGES:
        claim(at, size);
        EXPECT_EQ(size % sizeof(proc_checkpoint_file_run), 0u);
        return;
      case PROC_CHECKPOINT_NT_SKIPPED:
        for (std::size_t end = at + size; at < end; at += sizeof(proc_checkpoint_skipped_run))
          EXPECT_EQ(take<proc_checkpoint_skipped_run>(at).reserved, 0u);
        return;
      case PROC_CHECKPOINT_NT_END:
        EXPECT_EQ(take<proc_checkpoint_end>(at).reserved, 0u);
        EXPECT_EQ(at + size, bytes_.size(), "something behind the end");
        return;
      default:
        EXPECT(false, "unknown note", type);
    }
  }

  void mappings(std::size_t at, std::size_t end) {
    while (at < end) {
      const auto entry = take<proc_checkpoint_mapping>(at);
      EXPECT_EQ(entry.reserved, 0u);
      if ((entry.flags & PROC_CHECKPOINT_MAP_FILE) == 0) {
        EXPECT_EQ(entry.dev_major | entry.dev_minor | entry.mtime_nsec, 0u);
        EXPECT_EQ(entry.inode | entry.file_size | entry.mtime_sec | entry.offset, 0u);
      }
      claim(at + sizeof entry, entry.name_bytes);
      REQUIRE(entry.entry_bytes % 8 == 0 && entry.entry_bytes > sizeof entry + entry.name_bytes);
      // A name and at most 8 bytes of NULs.
      EXPECT(entry.entry_bytes <= sizeof entry + entry.name_bytes + 8);
      at += entry.entry_bytes;
    }
    EXPECT_EQ(at, end);
  }

  void core_note(std::uint32_t type, std::size_t at, std::size_t size) {
    if (type == NT_FILE) return file_note(at, size);
    REQUIRE_EQ(type, std::uint32_t{NT_PRPSINFO});
    REQUIRE_EQ(size, sizeof(elf_prpsinfo));
    elf_prpsinfo info;
    std::memcpy(&info, &bytes_[at], sizeof info);
    // Fields by themselves: there is a hole between them.
    claim(at + offsetof(elf_prpsinfo, pr_sname), sizeof info.pr_sname);
    claim(at + offsetof(elf_prpsinfo, pr_pid), sizeof info.pr_pid);
    claim_text(at + offsetof(elf_prpsinfo, pr_fname), sizeof info.pr_fname);
    claim_text(at + offsetof(elf_prpsinfo, pr_psargs), sizeof info.pr_psargs);
    EXPECT_EQ(info.pr_uid | info.pr_gid, 0u);
    EXPECT_EQ(info.pr_ppid | info.pr_pgrp | info.pr_sid, 0);
  }

  void file_note(std::size_t at, std::size_t size) {
    const auto count = take<std::uint64_t>(at);
    EXPECT_EQ(take<std::uint64_t>(at + 8), page_size);
    claim(at + 16, count * 24);
    std::size_t name = at + 16 + count * 24;
    for (std::uint64_t i = 0; i < count; i++) {
      const std::size_t length = std::strlen(&bytes_[name]) + 1;
      claim(name, length);
      name += length;
    }
    EXPECT_EQ(name, at + size, "end of the names");
  }

  std::string bytes_;
  std::vector<char> known_;  // 1: accounted for
};

/// Leaves other people's bytes in the kernel's free pages.
void litter() {
  Area area(static_cast<std::size_t>(scaled(2048)));
  std::memset(area.data(), 0xa5, area.bytes());
  std::string text(4000, '\xa5');
  for (int i = 0; i < scaled(200); i++) (void)!access(text.c_str(), F_OK);
}

void check(const Checkpointer& opened, const Range& range) {
  for (const char* word : {"full", "inc"}) {
    litter();
    REQUIRE_EQ(errno_text(opened.command(command_text(word, range, "image"))), "0");
    open_image("image");
    Account("image").expect_nothing_unknown();
    unlink("image");
  }
}

}  // namespace

TEST_CASE(nothing_mapped) {
  Area area(4);
  const Range range = area.range();
  munmap(area.data(), area.bytes());
  check(Checkpointer(), range);
}

TEST_CASE(one_page_and_several) {
  for (std::size_t pages : {1u, 2u, 3u, 17u, 300u}) {
    Area area(pages);
    fill(area, pages);
    check(Checkpointer(), area.range());
  }
}

TEST_CASE(zeros_alone) {
  Area area(9);
  check(Checkpointer(), area.range());
}

TEST_CASE(headers_of_every_length_within_a_page) {
  // Each segment moves the notes by 56 bytes: all kinds of distances to the data.
  for (std::size_t segments = 1; segments < 90; segments += 4 * thinned(4)) {
    Area area(2 * segments);
    for (std::size_t i = 0; i < area.pages(); i += 2) touch(area.page(i));
    check(Checkpointer(), area.range());
  }
}

TEST_CASE(names_of_every_length) {
  const std::string directory = std::string(100, 'd');
  REQUIRE_CALL(mkdir(directory.c_str(), 0700));
  for (std::size_t length = 1; length <= 250; length += (length < 20 ? 1 : 23) * thinned(4)) {
    const std::string path = directory + "/" + std::string(length, 'n');
    int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    REQUIRE_CALL(fd);
    REQUIRE_CALL(ftruncate(fd, 2 * page_size + 100));
    Area area(4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
    close(fd);
    touch(area.page(1));
    check(Checkpointer(), area.range());
    unlink(path.c_str());
  }
}

TEST_CASE(names_of_processes_of_every_length) {
  char before[16];
  prctl(PR_GET_NAME, before);
  Area area(1);
  fill(area, 1);
  for (std::size_t length = 0; length <= 15; length += thinned(5)) {
    prctl(PR_SET_NAME, std::string(length, 'c').c_str());
    check(Checkpointer(), area.range());
  }
  prctl(PR_SET_NAME, before);
}

// Arguments: filling.
TEST_HELPER(wait_to_be_read) {
  for (;;) pause();
}

TEST_CASE(command_lines_of_every_length) {
  for (std::size_t length :
       {0u, 1u, 20u, 30u, 31u, 32u, 33u, 40u, 70u, 79u, 80u, 81u, 500u, 5000u}) {
    pid_t pid = spawn(helper_command("wait_to_be_read", {std::string(length, 'a')}));
    Checkpointer opened(pid);
    for (int tries = 0; tries < 1000; tries++) {
      if (slurp("/proc/" + std::to_string(pid) + "/cmdline").size() > length) break;
      usleep(1000);
    }
    litter();
    // The program may still be starting, and then it is another address space.
    int error = opened.full({0, ~std::uint64_t{4095}}, "image");
    if (error == 0) {
      Account("image").expect_nothing_unknown();
      unlink("image");
    }
    EXPECT(error == 0 || error == ESRCH, errno_text(error));
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
}

TEST_CASE(skipped_shared_and_unreadable_pages) {
  int fd = open("short", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, page_size + 17));
  Area area(64);
  auto map = [&](std::size_t page, std::size_t count, int protection, int flags, int file) {
    REQUIRE(mmap(area.page(page), count * page_size, protection, flags | MAP_FIXED, file, 0) !=
                MAP_FAILED,
            std::strerror(errno));
  };
  map(2, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
  map(8, 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  map(16, 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  map(32, 4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  close(fd);
  prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, area.page(40), 4 * page_size, "an odd name");
  for (std::size_t page : {0u, 2u, 8u, 17u, 41u, 63u}) touch(area.page(page));
  check(Checkpointer(), area.range());
}

TEST_CASE(all_of_a_process) {
  Child target([](Child::Steps& steps) { steps.pause(); });
  Checkpointer opened(target.pid());
  check(opened, {0, ~std::uint64_t{4095}});
}

// More than the header counts.
TEST_CASE(very_many_segments) {
  Area area(thorough() ? 65540 : 8000);
  for (std::size_t i = 0; i < area.pages(); i += 2) touch(area.page(i));
  litter();
  Checkpointer self;
  REQUIRE_EQ(errno_text(self.full(area.range(), "image")), "0");
  Account("image").expect_nothing_unknown();
  unlink("image");
}
