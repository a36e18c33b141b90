// SPDX-License-Identifier: GPL-2.0-or-later
// What a capture does under the lock is bounded by what there is, not by what
// is reserved, and a writer that is killed does no more of it.  Work is counted,
// not timed; that there is no soft lockup or RCU stall is the kernel's to say.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "checkpoint/chain.h"
#include "support/checkpointer.h"
#include "support/oracle.h"
#include "support/probes.h"
#include "support/test.h"

using namespace test;

namespace {

constexpr std::size_t tebibyte = std::size_t{1} << 40;
constexpr std::size_t reserved = 64 * tebibyte;
constexpr int reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
constexpr std::uint64_t entries = 512;  // of a table, at each level
constexpr std::uint64_t top_entries = reserved >> 39;

/// Half of what addresses there are: only one of them at a time.  It begins with a table of its own
/// at each level.
class Reservation {
 public:
  explicit Reservation(std::size_t bytes, int protection = PROT_READ | PROT_WRITE,
                       int flags = reserve, int fd = -1)
      : bytes_(bytes) {
    void* memory = mmap(reinterpret_cast<void*>(std::uintptr_t{1} << 44), bytes, protection,
                        flags | MAP_FIXED_NOREPLACE, fd, 0);
    if (memory == MAP_FAILED) SKIP(std::string("no such mapping: ") + std::strerror(errno));
    base_ = static_cast<unsigned char*>(memory);
    // An earlier one may have been here.
    REQUIRE_EQ(Checkpointer().forget(), 0);
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { munmap(base_, bytes_); }

  [[nodiscard]] std::size_t pages() const { return bytes_ / page_size; }
  [[nodiscard]] unsigned char* page(std::size_t index) const { return base_ + index * page_size; }
  [[nodiscard]] Range range() const {
    const auto start = reinterpret_cast<std::uint64_t>(base_);
    return {start, start + bytes_};
  }

 private:
  unsigned char* base_ = nullptr;
  std::size_t bytes_;
};

void note(const std::string& what, const Checkpointer& opened) {
  const Status status = opened.status();
  std::cout << "# " << what << ": stall " << status.number("last.stall_ns") / 1000 << " us of "
            << status.number("last.total_ns") / 1000 << ", " << status.number("last.pages_scanned")
            << " entries" << std::endl;
}

}  // namespace

TEST_CASE(tables_that_are_not_there_are_skipped_at_their_highest_level) {
  Reservation area(reserved);
  constexpr std::uint64_t filled = 16;
  const std::size_t step = area.pages() / filled;
  for (std::size_t i = 0; i < filled; i++) fill_page(area.page(i * step + 77), i);
  Checkpointer self;
  for (const char* word : {"full", "inc", "inc"}) {
    Probes probes({"cp_pmd_entry", "cp_pte_hole", "cp_survey_pmd_entry"});
    REQUIRE_EQ(self.command(command_text(word, area.range(), "wide")), 0);
    note(word, self);
    const std::uint64_t tables = probes.hits("cp_pmd_entry"), holes = probes.hits("cp_pte_hole");
    std::cout << "# " << tables << " tables, " << holes << " holes, surveyed "
              << probes.hits("cp_survey_pmd_entry") << std::endl;
    EXPECT(tables >= filled);
    EXPECT(tables <= 2 * filled, tables);
    EXPECT(probes.hits("cp_survey_pmd_entry") <= 2 * filled);
    // One for each entry of a table that is there and leads nowhere.
    EXPECT(holes <= top_entries + filled * 2 * entries, holes);
    EXPECT(self.status().number("last.pages_scanned") <= filled * entries);
    unlink("wide");
  }
}

TEST_CASE(nothing_at_all_in_64_tebibytes) {
  Reservation area(reserved, PROT_NONE);
  Checkpointer self;
  Probes probes({"cp_pmd_entry", "cp_pte_hole"});
  REQUIRE_EQ(self.full(area.range(), "empty"), 0);
  note("full", self);
  EXPECT_EQ(probes.hits("cp_pmd_entry"), 0u);
  EXPECT(probes.hits("cp_pte_hole") <= top_entries + 1, probes.hits("cp_pte_hole"));
  EXPECT_EQ(self.status().number("last.pages_scanned"), 0u);
  EXPECT_EQ(open_image("empty").runs().size(), 1u);
  unlink("empty");
}

TEST_CASE(nothing_at_all_in_64_shared_tebibytes) {
  Reservation area(reserved, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE);
  fill_page(area.page(area.pages() / 3), 1);
  Checkpointer self;
  Probes probes({"cp_pmd_entry", "cp_pte_hole"});
  REQUIRE_EQ(self.full(area.range(), "shared"), 0);
  note("full", self);
  EXPECT(probes.hits("cp_pmd_entry") <= 2, probes.hits("cp_pmd_entry"));
  EXPECT(probes.hits("cp_pte_hole") <= top_entries + 2 * entries, probes.hits("cp_pte_hole"));
  EXPECT_EQ(open_image("shared").info().pages_data, 1u);
  EXPECT_EQ(open_image("shared").runs().size(), 3u);
  unlink("shared");
}

TEST_CASE(a_private_mapping_of_a_sparse_file) {
  int fd = open("sparse", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE_CALL(fd);
  constexpr std::size_t bytes = 16 * tebibyte;
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(bytes)));
  Reservation area(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd);
  close(fd);
  touch(area.page(area.pages() / 2));
  Checkpointer self;
  Probes probes({"cp_pmd_entry", "cp_pte_hole"});
  REQUIRE_EQ(self.full(area.range(), "private"), 0);
  note("full", self);
  EXPECT(probes.hits("cp_pmd_entry") <= 2, probes.hits("cp_pmd_entry"));
  EXPECT(probes.hits("cp_pte_hole") <= top_entries + 3 * entries, probes.hits("cp_pte_hole"));
  EXPECT_EQ(open_image("private").info().pages_data, 1u);
  unlink("private");
  unlink("sparse");
}

// Anybody may reserve huge pages that are not there.
TEST_CASE(a_reservation_of_huge_pages) {
  Reservation area(tebibyte, PROT_READ | PROT_WRITE,
                   reserve | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT));
  Checkpointer self;
  REQUIRE_EQ(errno_text(self.full(area.range(), "huge")), "0");
  note("full", self);
  EXPECT_EQ(open_image("huge").runs().size(), 1u);
  unlink("huge");
  Probes probes({"cp_source_hole"});
  REQUIRE_EQ(errno_text(self.full(area.range(), "/dev/null")), "0");
  EXPECT(probes.hits("cp_source_hole") <= top_entries + entries,
         "holes:", probes.hits("cp_source_hole"));
}

TEST_CASE(ten_thousand_mappings_in_64_tebibytes) {
  Reservation area(reserved);
  const auto cuts = static_cast<std::size_t>(scaled(5000, 150));
  const std::size_t step = area.pages() / cuts;
  auto at = [&](std::size_t i) { return i * step + step / 2 + i % 512; };
  for (std::size_t i = 0; i < cuts; i++) {
    fill_page(area.page(at(i)), i);
    REQUIRE_CALL(mprotect(area.page(at(i)), page_size, PROT_READ));
  }
  Checkpointer self;
  REQUIRE_EQ(self.full(area.range(), "cut"), 0);
  note(std::to_string(2 * cuts + 1) + " mappings, full", self);
  EXPECT_EQ(open_image("cut").mappings().size(), 2 * cuts + 1);
  EXPECT(self.status().number("last.pages_scanned") <= cuts * entries);

  for (std::size_t i = 0; i < cuts; i += 10) {
    REQUIRE_CALL(mprotect(area.page(at(i)), page_size, PROT_READ | PROT_WRITE));
    touch(area.page(at(i)));
    REQUIRE_CALL(mprotect(area.page(at(i)), page_size, PROT_READ));
  }
  REQUIRE_EQ(self.inc(area.range(), "cut1"), 0);
  note("inc", self);
  EXPECT_EQ(open_image("cut1").info().pages_data, (cuts + 9) / 10);
  const std::vector<std::string> paths{"cut", "cut1"};
  checkpoint::Chain chain = checkpoint::Chain::open(paths);
  chain.verify();
  std::size_t data = 0;
  for (const checkpoint::ResolvedRun& run : chain.resolve()) {
    if (run.state != checkpoint::PageState::data) continue;
    REQUIRE_EQ(run.size(), page_size);
    auto bytes = run.image->bytes(run.offset, page_size);
    EXPECT_EQ(std::memcmp(bytes.data(), reinterpret_cast<const void*>(run.start), page_size), 0);
    EXPECT_EQ(run.start, reinterpret_cast<std::uint64_t>(area.page(at(data))));
    data++;
  }
  EXPECT_EQ(data, cuts);
  unlink("cut");
  unlink("cut1");
}

TEST_CASE(a_writer_killed_while_it_captures_does_nothing_more) {
  // A page in each page table: many tables, much to do in each, little memory.
  const auto tables = static_cast<std::size_t>(scaled(4096, 512));
  Reservation area(tables * entries * page_size);
  auto change_all = [&] {
    for (std::size_t i = 0; i < tables; i++) touch(area.page(i * entries + i % entries));
  };
  change_all();
  Checkpointer self;
  Probes probes({"cp_pmd_entry", "cp_survey_pmd_entry", "cp_pte_hole", "cp_undo_pmd_entry"});
  Probes::record_signals();

  REQUIRE_EQ(self.full(area.range(), "/dev/null"), 0);
  int in_the_middle = 0;
  for (int round = 0; round < 20 && in_the_middle < 3; round++) {
    change_all();
    Probes::clear();
    CommandProcess writer(getpid(), command_text("inc", area.range(), "/dev/null"));
    const std::uint64_t begun = probes.hits("cp_pmd_entry");
    while (writer.running() && probes.hits("cp_pmd_entry") == begun) {
    }
    writer.kill();
    const int result = writer.result();

    const std::vector<std::string> events = Probes::events_of(writer.pid());
    if (result != 0) {
      REQUIRE_EQ(self.inc(area.range(), "next"), 0);
      const checkpoint::Info next = open_image("next").info();
      EXPECT(next.kind == checkpoint::Kind::inc);
      EXPECT_EQ(next.pages_data, tables, "behind a writer that was killed");
      unlink("next");
    }
    const auto killed = std::ranges::find(events, "SIGKILL");
    if (killed == events.end()) continue;
    const auto before = std::count(events.begin(), killed, "cp_pmd_entry");
    const auto undone = std::count(killed, events.end(), "cp_undo_pmd_entry");
    const auto after = events.end() - killed - 1 - undone;
    // The step that finds the signal, and one that had begun.
    EXPECT(after <= 2, after, "steps behind the signal,", before, "before");
    // What was taken becomes soft-dirty again, once: all had been, before the stall.
    EXPECT(undone <= static_cast<std::ptrdiff_t>(tables) + 1, undone, "undone of", tables);
    if (result != -SIGKILL || before == 0 || static_cast<std::size_t>(before) >= tables) continue;
    in_the_middle++;
    std::cout << "# killed behind " << before << " tables of " << tables << ", " << after
              << " steps more, " << undone << " undone" << std::endl;
  }
  EXPECT(in_the_middle > 0, "never in the middle");

  touch(area.page(0));
  const Range first{area.range().start, area.range().start + 2 * entries * page_size};
  REQUIRE_EQ(self.full(first, "after"), 0);
  expect_chain_equals_memory({"after"}, first);
}
