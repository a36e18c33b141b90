// SPDX-License-Identifier: GPL-2.0-or-later
// The figures that cpctl full, inc, status, maps and forget print, as text and
// as JSON, of processes whose pages are known.
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "support/checkpointer.h"
#include "support/fifo.h"
#include "support/holder.h"
#include "support/maps.h"
#include "support/oracle.h"
#include "support/process.h"
#include "support/swap.h"
#include "support/test.h"

using namespace test;

namespace {

/// What cpctl prints with these words about @pid.
std::string output_of(pid_t pid, std::vector<std::string> words, int status = 0) {
  words.insert(words.begin(), {cpctl(), "--pid", std::to_string(pid)});
  const Output output = run(words);
  EXPECT_EQ(output.status, status, words[3], output.text);
  return output.text;
}

std::string hex(std::uint64_t number) {
  std::ostringstream text;
  text << "0x" << std::hex << number;
  return text.str();
}

/// "--range=A-B"
std::string range_option(const Range& range) {
  return "--range=" + hex(range.start) + "-" + hex(range.end);
}

/// "0xA-0xB"
std::string text(const Range& range) {
  return hex(range.start) + "-" + hex(range.end);
}

/// JSON without the blanks that nobody reads; names here have none.
std::string compact(std::string json) {
  std::erase_if(json, [](unsigned char c) { return std::isspace(c) != 0; });
  return json;
}

/// "KEY":VALUE
std::string field(const std::string& key, const std::string& value) {
  return '"' + key + "\":" + value;
}
std::string field(const std::string& key, std::uint64_t value) {
  return field(key, std::to_string(value));
}
std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT(text.find(part) != std::string::npos, part, "is not in", text);
}

/// The JSON of a command is what the kernel says of it.
void expect_last(const std::string& json, const Status& status) {
  const std::string last = json.substr(std::min(json.find("\"last\":"), json.size()));
  std::size_t found = 0;
  for (const std::string& key : status.keys()) {
    if (!key.starts_with("last.")) continue;
    const std::string value = status.text(key), name = key.substr(5);
    const bool number = name.find('_') != std::string::npos || name == "seq" || name == "bytes";
    expect_in(last, field(name, number ? value : quoted(value)));
    found++;
  }
  EXPECT_EQ(found, 15u);
}

/// 40 of its 64 pages have data, and then other ones: three changed, one is
/// new, one has gone; and then it changes two.
class Target : public Child {
 public:
  static constexpr std::size_t pages = 64, filled = 40;

  Target()
      : Child([](Steps& steps) {
          const Area area(pages);
          for (std::size_t n = 0; n < filled; n++) fill_page(area.page(n), n + 1);
          steps.tell(area.range().start);
          steps.pause();
          for (std::size_t n : {3, 4, 9, 50}) touch(area.page(n));
          REQUIRE_CALL(madvise(area.page(20), page_size, MADV_DONTNEED));
          steps.pause();
          for (std::size_t n : {0, 39}) touch(area.page(n));
          steps.pause();
        }) {
    const std::uint64_t start = value();
    range_ = {start, start + pages * page_size};
  }
  [[nodiscard]] const Range& range() const { return range_; }
  [[nodiscard]] Range part(std::size_t first, std::size_t count) const {
    return {range_.start + first * page_size, range_.start + (first + count) * page_size};
  }

 private:
  Range range_;
};

/// A row of cpctl maps.
struct Row {
  std::uint64_t pages = 0, resident = 0, swapped = 0, changed = 0;
  bool operator==(const Row&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  return out << row.pages << " pages, " << row.resident << " resident, " << row.swapped
             << " swapped, " << row.changed << " changed";
}

/// That of the mapping, in the table.
Row row_of(pid_t pid, const Range& range) {
  const std::string text = output_of(pid, {"maps"});
  std::istringstream header(text);
  for (const char* name : {"RANGE", "PERM", "PAGES", "RESIDENT", "SWAPPED", "CHANGED", "NAME"}) {
    std::string word;
    header >> word;
    EXPECT_EQ(word, name);
  }
  const std::size_t at = text.find(hex(range.start) + '-' + hex(range.end) + ' ');
  REQUIRE(at != std::string::npos, "no", range, "in", text);
  std::istringstream line(text.substr(at));
  std::string addresses, rights;
  Row row;
  line >> addresses >> rights >> row.pages >> row.resident >> row.swapped >> row.changed;
  EXPECT_EQ(rights, "rw-p");
  return row;
}

void expect_row(pid_t pid, const Range& range, const Row& expected) {
  EXPECT_EQ(row_of(pid, range), expected);
  const std::string json = compact(output_of(pid, {"maps", "--json"}));
  expect_in(json, field("start", quoted(hex(range.start))) + ',' +
                      field("end", quoted(hex(range.end))) + ',' +
                      field("protection", quoted("rw-p")) + ',' + field("offset", 0) + ',' +
                      field("inode", 0) + ',' + field("pages", expected.pages) + ',' +
                      field("pages_resident", expected.resident) + ',' +
                      field("pages_swapped", expected.swapped) + ',' +
                      field("pages_changed", expected.changed) + ',');
}

}  // namespace

TEST_CASE(full_and_inc_say_what_the_image_has) {
  Target target;
  const std::string range = range_option(target.range());
  const std::string full = output_of(target.pid(), {"full", range, "full"});
  EXPECT(full.starts_with("full: full seq 0, 40 pages saved (160.0 KiB), 24 zero, 0 skipped, "
                          "stall "),
         full);
  target.step();
  const std::string json = compact(output_of(target.pid(), {"inc", range, "--json", "inc"}));
  expect_in(json, field("pid", static_cast<std::uint64_t>(target.pid())) + ',' +
                      field("file", quoted("inc")) + ',');
  expect_last(json, Checkpointer(target.pid()).status());
  expect_in(json, field("kind", quoted("inc")));
  expect_in(json, field("parent", quoted(checkpoint::id_text(open_image("full").info().id))));
  expect_in(json, field("seq", 1));
  expect_in(json, field("pages_saved", 4));
  expect_in(json, field("pages_zero", 24));  // one more, one less
  expect_in(json, field("pages_skipped", 0));
  expect_in(json, field("bytes", open_image("inc").file_size()));
  target.step();
  const std::string inc = output_of(target.pid(), {"inc", range, "inc2"});
  EXPECT(inc.starts_with("inc2: inc seq 2, 2 pages saved (8.0 KiB), 24 zero, 0 skipped, stall "),
         inc);
  expect_chain_equals_memory({"full", "inc", "inc2"}, target.range(), target.pid());
  target.finish();
}

TEST_CASE(each_way_to_name_a_range) {
  require_thorough();
  Target target;
  const Range range = target.range();
  expect_in(output_of(target.pid(), {"full", hex(range.start), hex(range.end - 1), "hex"}),
            "hex: full seq 0, 40 pages saved ");
  expect_in(output_of(target.pid(), {"inc", std::to_string(range.start),
                                     std::to_string(range.end - 1), "decimal"}),
            "decimal: inc seq 1, 0 pages saved ");
  expect_in(output_of(target.pid(), {"inc", range_option(range), "option"}),
            "option: inc seq 2, 0 pages saved ");
  output_of(target.pid(), {"full", "--map=stack", "stack"});
  const std::vector<Mapping> mappings = mappings_of(target.pid());
  const auto stack = std::ranges::find(mappings, "[stack]", &Mapping::name);
  REQUIRE(stack != mappings.end());
  EXPECT_EQ(open_image("stack").info().start, stack->range.start);
  EXPECT_EQ(open_image("stack").info().end, stack->range.end);
  target.step();
  target.step();
  target.finish();
}

TEST_CASE(version_tells_which_interface_the_kernel_has) {
  require_thorough();
  const std::string version = Checkpointer().status().text("version");
  const Output text = run({cpctl(), "--version"});
  EXPECT_EQ(text.status, 0);
  EXPECT(text.text.ends_with(", checkpoint interface " + version + "\n"), text.text);
  expect_in(compact(run({cpctl(), "--version", "--json"}).text),
            field("kernel_interface", version));
}

TEST_CASE(status_says_what_the_kernel_says) {
  Target target;
  expect_in(compact(output_of(target.pid(), {"status", "--json"})),
            field("ranges", "[]") + ',' + field("last", "null"));
  output_of(target.pid(), {"full", range_option(target.part(0, 48)), "a"});
  output_of(target.pid(), {"full", range_option(target.part(48, 16)), "b"});
  target.step();
  output_of(target.pid(), {"inc", range_option(target.part(0, 48)), "a.inc"});

  const std::string file = "/proc/" + std::to_string(target.pid()) + "/checkpoint";
  const std::string text = output_of(target.pid(), {"status"});
  EXPECT_EQ(text, slurp(file));
  const Status status(text);
  EXPECT_EQ(status.text("last.pages_saved"), "3");
  EXPECT_EQ(status.text("last.pages_zero"), "9");  // of 40 to 47, and of 20
  REQUIRE_EQ(status.ranges().size(), 2u);

  const std::string json = compact(output_of(target.pid(), {"status", "--json"}));
  expect_last(json, status);
  expect_in(json, field("pid", static_cast<std::uint64_t>(target.pid())) + ',' +
                      field("version", status.text("version")) + ',' +
                      field("state", quoted("idle")) + ',' +
                      field("bytes_done", open_image("a.inc").file_size()) + ',' +
                      field("bytes_total", open_image("a.inc").file_size()) + ',');
  const auto expect_range = [&](const Range& range, const char* path, std::uint64_t seq) {
    expect_in(json, '{' + field("start", quoted(hex(range.start))) + ',' +
                        field("end", quoted(hex(range.end - 1))) + ',' +
                        field("id", quoted(checkpoint::id_text(open_image(path).info().id))) + ',' +
                        field("seq", seq) + '}');
  };
  expect_range(target.part(0, 48), "a.inc", 1);
  expect_range(target.part(48, 16), "b", 0);
  target.step();
  target.finish();
}

TEST_CASE(status_while_an_image_is_written) {
  const Holder holder(64);
  Fifo fifo("fifo");
  CommandProcess command(holder.pid(), command_text("full", holder.range(), fifo.path()));
  fifo.wait_for_data(command);
  const Status during(output_of(holder.pid(), {"status"}));
  EXPECT_EQ(during.text("state"), "writing");
  EXPECT(during.number("bytes_done") < during.number("bytes_total"), during.text("bytes_done"));
  expect_in(compact(output_of(holder.pid(), {"status", "--json"})),
            field("state", quoted("writing")) + ',');
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  const Status after(output_of(holder.pid(), {"status"}));
  EXPECT_EQ(after.text("state"), "idle");
  EXPECT_EQ(after.number("bytes_done"), fifo.bytes().size());
  EXPECT_EQ(after.number("bytes_total"), during.number("bytes_total"));
}

TEST_CASE(maps_counts_what_is_there) {
  constexpr std::size_t pages = 512, filled = 300, zeros = 20;
  const Swap swap;
  Child child([](Child::Steps& steps) {
    const Area area(pages);
    for (std::size_t n = 0; n < filled; n++) fill_page(area.page(n), n + 1);
    // The zero page is there, too.
    for (std::size_t n = filled; n < filled + zeros; n++)
      EXPECT_EQ(*static_cast<volatile unsigned char*>(area.page(n)), 0);
    page_out(area.range(0, 100));
    const auto tell_counts = [&] {
      const std::vector<PageMapEntry> entries = pagemap(area.range());
      steps.tell(
          static_cast<std::uint64_t>(std::ranges::count_if(entries, &PageMapEntry::present)));
      steps.tell(
          static_cast<std::uint64_t>(std::ranges::count_if(entries, &PageMapEntry::swapped)));
    };
    steps.tell(area.range().start);
    tell_counts();
    steps.pause();
    // Of those in swap, of the others, of those never touched.
    for (std::size_t n : {5, 6, 200, 201, 400}) touch(area.page(n));
    tell_counts();
    steps.pause();
  });
  Range range;
  range.start = child.value();
  range.end = range.start + pages * page_size;
  std::uint64_t resident = child.value(), swapped = child.value();
  EXPECT_EQ(resident + swapped, filled + zeros);
  EXPECT(swapped > 0, "nothing was paged out");
  // All of them, as long as there was no checkpoint.
  expect_row(child.pid(), range, {pages, resident, swapped, filled + zeros});
  REQUIRE_EQ(Checkpointer(child.pid()).full(range, "mapped"), 0);
  EXPECT_EQ(row_of(child.pid(), range).changed, 0u);
  child.step();
  resident = child.value(), swapped = child.value();
  EXPECT_EQ(resident + swapped, filled + zeros + 1);
  expect_row(child.pid(), range, {pages, resident, swapped, 5});
  // That is what an inc saves.
  const std::string inc = output_of(child.pid(), {"inc", range_option(range), "mapped.inc"});
  EXPECT(inc.starts_with("mapped.inc: inc seq 1, 5 pages saved "), inc);
  expect_row(child.pid(), range, {pages, resident, swapped, 0});

  // Every mapping has a row.
  const std::size_t mappings = mappings_of(child.pid()).size();
  const std::string table = output_of(child.pid(), {"maps"});
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(table, '\n')), mappings + 1);
  std::size_t objects = 0;
  const std::string json = compact(output_of(child.pid(), {"maps", "--json"}));
  for (std::size_t at = 0; (at = json.find("{\"start\":", at)) != std::string::npos; at++)
    objects++;
  EXPECT_EQ(objects, mappings);
  child.finish();
}

TEST_CASE(maps_of_what_has_no_memory) {
  require_thorough();
  // A kernel thread, and a zombie.
  const std::string none = ": has no memory: it has ended, or is the kernel's\n";
  EXPECT_EQ(output_of(2, {"maps"}, 1), "cpctl: process 2" + none);
  const pid_t zombie = spawn({"/bin/true"});
  siginfo_t info{};
  REQUIRE_CALL(waitid(P_PID, static_cast<id_t>(zombie), &info, WEXITED | WNOWAIT));
  EXPECT_EQ(output_of(zombie, {"maps"}, 1), "cpctl: process " + std::to_string(zombie) + none);
  EXPECT_EQ(output_of(zombie, {"status"}, 1), "cpctl: process " + std::to_string(zombie) + none);
  waitpid(zombie, nullptr, 0);
}

TEST_CASE(forget_ends_all_baselines) {
  Target target;
  const std::string first = range_option(target.part(0, 48)),
                    second = range_option(target.part(48, 16));
  output_of(target.pid(), {"full", first, "one"});
  output_of(target.pid(), {"full", second, "two"});
  target.step();
  output_of(target.pid(), {"inc", first, "one.inc"});
  EXPECT_EQ(Checkpointer(target.pid()).status().ranges().size(), 2u);

  EXPECT_EQ(output_of(target.pid(), {"forget"}), "");
  const Status status = Checkpointer(target.pid()).status();
  EXPECT(status.ranges().empty());
  EXPECT_EQ(status.text("last.seq"), "1", "the last command is still told of");

  // Of both ranges, and said.
  target.step();
  const std::string inc = output_of(target.pid(), {"inc", first, "one.next"});
  expect_in(inc, "one.next: full seq 0, 39 pages saved (156.0 KiB), 9 zero, 0 skipped, stall ");
  expect_in(
      inc,
      "cpctl: one.next: there was no valid baseline for this range: the image is a full one\n");
  expect_in(compact(output_of(target.pid(), {"inc", "--json", second, "two.next"})),
            field("kind", quoted("full")) + ',');
  EXPECT(open_image("one.next").info().kind == checkpoint::Kind::full);
  EXPECT(open_image("two.next").info().kind == checkpoint::Kind::full);
  expect_chain_equals_memory({"one.next"}, target.part(0, 48), target.pid());
  expect_chain_equals_memory({"two.next"}, target.part(48, 16), target.pid());
  // What there is stays good, and a new chain has begun.
  EXPECT_EQ(run({cpctl(), "verify", "-q", "one", "one.inc", "two"}).status, 0);
  expect_in(output_of(target.pid(), {"inc", first, "one.last"}),
            "one.last: inc seq 1, 0 pages saved ");
  target.finish();
}

TEST_CASE(a_part_ends_the_baseline_of_all) {
  require_thorough();
  Target target;
  const Range all = target.range(), part = target.part(0, 48);
  const std::string full = output_of(target.pid(), {"full", range_option(all), "all"});
  EXPECT(full.find("baseline") == std::string::npos, full);
  expect_in(output_of(target.pid(), {"full", range_option(part), "part"}),
            "cpctl: part: this checkpoint has ended the baselines of ranges that overlap its own "
            "(found " +
                text(all) + " (seq 0))\nhint: ");

  // The inc of all lacks it, and says why.
  target.step();
  expect_in(output_of(target.pid(), {"inc", range_option(all), "all.next"}),
            "cpctl: all.next: there was no valid baseline for this range: the image is a full one "
            "(found one of " +
                text(part) + " (seq 0), expected one of " + text(all) + ")\nhint: ");
  EXPECT(open_image("all.next").info().kind == checkpoint::Kind::full);
  expect_chain_equals_memory({"all.next"}, all, target.pid());
  target.step();
  target.finish();
}

TEST_CASE(forget_of_several_processes) {
  require_thorough();
  const Holder one(4), other(4);
  REQUIRE_EQ(Checkpointer(one.pid()).full(one.range(), "first"), 0);
  REQUIRE_EQ(Checkpointer(other.pid()).full(other.range(), "second"), 0);
  const Output output = run({cpctl(), "--pid", std::to_string(one.pid()), "--pid", "999999999",
                             "--pid", std::to_string(other.pid()), "forget"});
  EXPECT_EQ(output.status, 1);
  EXPECT_EQ(output.text, "cpctl: process 999999999: there is no such process\n");
  EXPECT(Checkpointer(one.pid()).status().ranges().empty());
  EXPECT(Checkpointer(other.pid()).status().ranges().empty());
}

// They are started together: one that has to wait holds up no other.
TEST_CASE(several_processes_are_saved_at_once) {
  require_thorough();
  const Holder first(64), second(64);
  REQUIRE_CALL(mkdir("images", 0700));
  Fifo fifo("fifo");
  // A command on the first that lasts until somebody reads.
  CommandProcess command(first.pid(), command_text("full", first.range(), fifo.path()));
  fifo.wait_for_data(command);
  const pid_t both = spawn({cpctl(), "--pid", std::to_string(first.pid()), "--pid",
                            std::to_string(second.pid()), "full", "--all", "-q", "images"});
  const std::string image = "images/" + std::to_string(second.pid()) + ".000001";
  const auto is_done = [&] {
    const Status status = Checkpointer(second.pid()).status();
    return status.has("last.status") && status.text("state") == "idle";
  };
  for (int tries = 0; tries < 6000 && !is_done(); tries++) usleep(10'000);
  EXPECT(is_done(), "the second one waits for the first");
  EXPECT_EQ(Checkpointer(second.pid()).status().text("last.status"), "0");
  open_image(image);
  EXPECT_EQ(waitpid(both, nullptr, WNOHANG), 0, "it does not wait for the first one");
  fifo.drain();
  EXPECT_EQ(errno_text(command.result()), "0");
  int status = -1;
  REQUIRE_CALL(waitpid(both, &status, 0));
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0, status);
  open_image("images/" + std::to_string(first.pid()) + ".000001");
}
