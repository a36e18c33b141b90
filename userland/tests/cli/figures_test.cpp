// SPDX-License-Identifier: GPL-2.0-or-later
// Every figure that is printed about images, as text and as JSON, where no two
// are the same: so each of them is the one that it is called.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "checkpoint/image.h"
#include "checkpoint/test_support/live_child.h"
#include "checkpoint/text.h"
#include "checkpoint/unique_fd.h"
#include "cli.h"

namespace cpctl {
namespace {

using checkpoint::ImageBuilder;
using checkpoint::kPageSize;
using checkpoint::Mapping;
using checkpoint::PageState;
using checkpoint::str;
using ::testing::EndsWith;

Mapping library() {
  return {.start = 0x20000,
          .end = 0x22000,
          .offset = 0x5000,
          .prot = PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_EXEC,
          .flags = PROC_CHECKPOINT_MAP_FILE | PROC_CHECKPOINT_MAP_BY_REF,
          .dev_major = 8,
          .dev_minor = 1,
          .inode = 4711,
          .file_size = 0x7800,
          .mtime_sec = 1'600'000'000,
          .mtime_nsec = 50,
          .name = "/usr/lib/libsample.so"};
}

/// 5 pages of data, 4 of them copied, 6 of zeros, 2 of a file, 1 skipped; 3 mappings.
ImageBuilder builder(const Mapping& file = library()) {
  ImageBuilder image(0x10000, 0x40000);
  image.map(0x10000, 0x1b000, "[heap]")
      .map(file)
      .map(0x30000, 0x31000, "/dev/sample")
      .data(0x10000, 0x15000, 'a')
      .zero(0x15000, 0x1b000)
      .file(0x20000, 0x22000)
      .skipped(0x30000, 0x31000, PROC_CHECKPOINT_SKIP_DEVICE);
  image.info().pages_copied = 4;
  return image;
}

class Figures : public Cli {
 protected:
  /// "image", and what is only known when it is there.
  Figures() {
    builder().write_to(path("image"));
    const auto image = checkpoint::Image::open(path("image"));
    size_ = str(image.file_size());
    crc_ = checkpoint::hex(image.end_note().crc32c);
  }

  std::string size_;
  std::string crc_;
};

TEST_F(Figures, OfInfo) {
  EXPECT_EQ(run({"info", path("image")}).out,
            "kind: full\n"
            "id: abcd0000000000000000000000000001\n"
            "parent: none\n"
            "seq: 0\n"
            "pid: 4321\n"
            "range: 0x10000-0x40000\n"
            "process started: 123.00 s after boot\n"
            "captured: 2023-11-14T22:13:20.000000000Z, stall 1.23 ms\n"
            "mappings: 3\n"
            "pages with data: 5 (20.0 KiB), of these copied 4\n"
            "pages of zeros: 6\n"
            "pages of files: 2\n"
            "pages skipped: 1\n"
            "file size: " +
                size_ + " (24.0 KiB)\ncrc32c: " + crc_ + " (not compared: 'cpctl verify')\n");
}

TEST_F(Figures, OfInfoAsJson) {
  EXPECT_EQ(run({"info", "--json", path("image")}).out,
            "{\n"
            "  \"kind\": \"full\",\n"
            "  \"merged\": false,\n"
            "  \"asked_inc\": false,\n"
            "  \"id\": \"abcd0000000000000000000000000001\",\n"
            "  \"parent\": null,\n"
            "  \"seq\": 0,\n"
            "  \"pid\": 4321,\n"
            "  \"start\": \"0x10000\",\n"
            "  \"end\": \"0x40000\",\n"
            "  \"page_size\": 4096,\n"
            "  \"start_time_ns\": 123000000456,\n"
            "  \"time_ns\": 1700000000000000000,\n"
            "  \"time\": \"2023-11-14T22:13:20.000000000Z\",\n"
            "  \"stall_ns\": 1234000,\n"
            "  \"mappings\": 3,\n"
            "  \"pages_data\": 5,\n"
            "  \"pages_zero\": 6,\n"
            "  \"pages_file\": 2,\n"
            "  \"pages_skipped\": 1,\n"
            "  \"pages_copied\": 4,\n"
            "  \"file_size\": " +
                size_ + ",\n  \"crc32c\": \"" + crc_ + "\"\n}\n");
}

TEST_F(Figures, OfTheMapAndThePagesAsJson) {
  const std::string text = run({"info", "--json", "--mappings", "--pages", path("image")}).out;
  EXPECT_THAT(text, HasSubstr("    {\n"
                              "      \"start\": \"0x20000\",\n"
                              "      \"end\": \"0x22000\",\n"
                              "      \"protection\": \"r-xp\",\n"
                              "      \"flags\": \"file,by_ref\",\n"
                              "      \"offset\": 20480,\n"
                              "      \"dev_major\": 8,\n"
                              "      \"dev_minor\": 1,\n"
                              "      \"inode\": 4711,\n"
                              "      \"file_size\": 30720,\n"
                              "      \"mtime_sec\": 1600000000,\n"
                              "      \"mtime_nsec\": 50,\n"
                              "      \"name\": \"/usr/lib/libsample.so\"\n"
                              "    },\n"));
  const std::uint64_t data = checkpoint::Image::open(path("image")).run_at(0x10000)->offset;
  EXPECT_THAT(text, EndsWith(str("  \"pages\": [\n"
                                 "    {\n"
                                 "      \"start\": \"0x10000\",\n"
                                 "      \"end\": \"0x15000\",\n"
                                 "      \"state\": \"data\",\n"
                                 "      \"offset\": ",
                                 data,
                                 "\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"start\": \"0x15000\",\n"
                                 "      \"end\": \"0x1b000\",\n"
                                 "      \"state\": \"zero\"\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"start\": \"0x20000\",\n"
                                 "      \"end\": \"0x22000\",\n"
                                 "      \"state\": \"file\",\n"
                                 "      \"offset\": 20480\n"
                                 "    },\n"
                                 "    {\n"
                                 "      \"start\": \"0x30000\",\n"
                                 "      \"end\": \"0x31000\",\n"
                                 "      \"state\": \"skipped\",\n"
                                 "      \"reason\": \"device\"\n"
                                 "    }\n"
                                 "  ]\n"
                                 "}\n")));
}

TEST_F(Figures, OfListAsJson) {
  checkpoint::make_directories(path("dir"));
  builder().write_to(path("dir/image"));
  EXPECT_EQ(run({"list", "--json", path("dir")}).out,
            "{\n"
            "  \"chains\": [\n"
            "    {\n"
            "      \"pid\": 4321,\n"
            "      \"start_time_ns\": 123000000456,\n"
            "      \"start\": \"0x10000\",\n"
            "      \"end\": \"0x40000\",\n"
            "      \"forks_from\": null,\n"
            "      \"fault\": null,\n"
            "      \"images\": [\n"
            "        {\n"
            "          \"name\": \"image\",\n"
            "          \"seq\": 0,\n"
            "          \"kind\": \"full\",\n"
            "          \"merged\": false,\n"
            "          \"asked_inc\": false,\n"
            "          \"id\": \"abcd0000000000000000000000000001\",\n"
            "          \"parent\": null,\n"
            "          \"time_ns\": 1700000000000000000,\n"
            "          \"time\": \"2023-11-14T22:13:20.000000000Z\",\n"
            "          \"stall_ns\": 1234000,\n"
            "          \"pages_data\": 5,\n"
            "          \"pages_zero\": 6,\n"
            "          \"pages_file\": 2,\n"
            "          \"pages_skipped\": 1,\n"
            "          \"file_size\": " +
                size_ +
                ",\n"
                "          \"same_as\": null\n"
                "        }\n"
                "      ]\n"
                "    }\n"
                "  ],\n"
                "  \"bad\": [],\n"
                "  \"others\": 0\n"
                "}\n");
}

TEST_F(Figures, OfVerifyAsJson) {
  ImageBuilder inc = ImageBuilder::inc_on(builder().info());
  inc.map(0x10000, 0x1b000, "[heap]").write_to(path("inc"));
  EXPECT_EQ(run({"verify", "--json", path("image"), path("inc")}).out,
            str("[\n"
                "  {\n"
                "    \"image\": \"",
                path("image"),
                "\",\n"
                "    \"good\": true,\n"
                "    \"kind\": \"full\",\n"
                "    \"id\": \"abcd0000000000000000000000000001\",\n"
                "    \"seq\": 0\n"
                "  },\n"
                "  {\n"
                "    \"image\": \"",
                path("inc"),
                "\",\n"
                "    \"good\": true,\n"
                "    \"kind\": \"inc\",\n"
                "    \"id\": \"abcd0000000000000000000000000002\",\n"
                "    \"seq\": 1\n"
                "  }\n"
                "]\n"));
}

TEST_F(Figures, OfWatchAsJson) {
  checkpoint::make_directories(path("dir"));
  checkpoint::FakeProc proc;
  proc.serve_all([](const std::string& command) {
    const std::string file = command.substr(command.find('/'));
    builder().write_to(file.substr(0, file.find('\n')));
    return std::string(
        "version: 1\nstate: idle\nlast.kind: full\nlast.status: 0\n"
        "last.id: abcd0000000000000000000000000001\n"
        "last.stall_ns: 12345\nlast.total_ns: 6789012\n");
  });
  EXPECT_EQ(
      run(live(proc, {"watch", "--json", "--every", "10ms", "--count", "1", path("dir")})).out,
      "{\"image\": \"" + path("dir/4321.000001") +
          "\", \"kind\": \"full\", \"id\": \"abcd0000000000000000000000000001\", "
          "\"parent\": null, \"seq\": 0, \"time_ns\": 1700000000000000000, "
          "\"time\": \"2023-11-14T22:13:20.000000000Z\", \"pages_data\": 5, "
          "\"pages_zero\": 6, \"pages_skipped\": 1, \"file_size\": " +
          size_ + ", \"stall_ns\": 12345, \"total_ns\": 6789012}\n");
}

TEST_F(Figures, OfHeatmapAsJson) {
  const auto inc_on = [](const checkpoint::Info& parent) {
    ImageBuilder inc = ImageBuilder::inc_on(parent);
    inc.map(0x10000, 0x13000, "[heap]").map(0x20000, 0x21000, "x").map(0x30000, 0x32000, "y");
    return inc;
  };
  ImageBuilder full(0x10000, 0x40000);
  full.map(0x10000, 0x13000, "[heap]").map(0x20000, 0x21000, "x").map(0x30000, 0x32000, "y");
  full.zero(0x10000, 0x13000).zero(0x20000, 0x21000).zero(0x30000, 0x32000);
  full.write_to(path("0"));
  ImageBuilder first = inc_on(full.info());
  first.data(0x10000, 0x13000, 'a').write_to(path("1"));
  ImageBuilder second = inc_on(first.info());
  second.data(0x11000, 0x12000, 'b').data(0x20000, 0x21000, 'b').write_to(path("2"));
  const std::string text = run({"heatmap", "--json", path("0"), path("1"), path("2")}).out;
  EXPECT_THAT(text, StartsWith(str("{\n"
                                   "  \"pid\": 4321,\n"
                                   "  \"start\": \"0x10000\",\n"
                                   "  \"end\": \"0x40000\",\n"
                                   "  \"page_size\": 4096,\n"
                                   "  \"incs\": [\n"
                                   "    {\n"
                                   "      \"image\": \"",
                                   path("1"),
                                   "\",\n"
                                   "      \"seq\": 1,\n"
                                   "      \"time_ns\": 1700000001000000000,\n"
                                   "      \"time\": \"2023-11-14T22:13:21.000000000Z\",\n"
                                   "      \"pages_changed\": 3\n"
                                   "    },\n"
                                   "    {\n"
                                   "      \"image\": \"",
                                   path("2"),
                                   "\",\n"
                                   "      \"seq\": 2,\n"
                                   "      \"time_ns\": 1700000002000000000,\n"
                                   "      \"time\": \"2023-11-14T22:13:22.000000000Z\",\n"
                                   "      \"pages_changed\": 2\n"
                                   "    }\n"
                                   "  ],\n"
                                   "  \"mappings_changed\": 2,\n"
                                   "  \"mappings_unchanged\": 1,\n")));
  EXPECT_THAT(text, HasSubstr("    {\n"
                              "      \"start\": \"0x10000\",\n"
                              "      \"end\": \"0x13000\",\n"
                              "      \"protection\": \"rw-p\",\n"
                              "      \"flags\": \"\",\n"
                              "      \"name\": \"[heap]\",\n"
                              "      \"mapped\": true,\n"
                              "      \"pages\": 3,\n"
                              "      \"changes\": 4,\n"
                              "      \"incs_changed\": 2,\n"
                              "      \"changes_by_inc\": [\n"
                              "        3,\n"
                              "        1\n"
                              "      ],\n"));
}

/// 1 page changed, 2 appeared, 3 unmapped, 4 with other rights, 5 unknown, 6
/// not saved; "a" and "b".
class DiffFigures : public Cli {
 protected:
  DiffFigures() {
    Mapping file = library();
    file.start = 0x50000;
    file.end = 0x55000;
    const auto heap = [](ImageBuilder& image, unsigned char fill) {
      image.map(0x10000, 0x11000, "[heap]").data(0x10000, 0x11000, fill);
    };
    const auto rest = [&file](ImageBuilder& image, std::uint32_t prot) {
      image.map(0x40000, 0x44000, "", prot).zero(0x40000, 0x44000);
      image.map(file).map(0x60000, 0x66000);
      image.skipped(0x60000, 0x66000, PROC_CHECKPOINT_SKIP_DEVICE);
    };
    ImageBuilder a(0x10000, 0x70000);
    heap(a, 'a');
    a.map(0x30000, 0x33000).zero(0x30000, 0x33000);
    rest(a, PROC_CHECKPOINT_PROT_READ | PROC_CHECKPOINT_PROT_WRITE);
    a.file(0x50000, 0x55000).write_to(path("a"));
    ImageBuilder b(0x10000, 0x70000);
    b.info().id[3] = 1;
    heap(b, 'b');
    b.map(0x20000, 0x22000).zero(0x20000, 0x22000);
    rest(b, PROC_CHECKPOINT_PROT_READ);
    b.data(0x50000, 0x55000, 'f').write_to(path("b"));
  }
};

TEST_F(DiffFigures, AsText) {
  EXPECT_THAT(run({"diff", path("a"), path("b")}).out,
              EndsWith("\ntotal: 1 pages changed (4096 bytes), 2 appeared, 3 unmapped, 4 with "
                       "another protection, 5 that cannot be compared, 6 not saved\n"));
}

TEST_F(DiffFigures, AsJson) {
  EXPECT_THAT(run({"diff", "--json", path("a"), path("b")}).out,
              EndsWith("  \"total\": {\n"
                       "    \"pages_changed\": 1,\n"
                       "    \"bytes_changed\": 4096,\n"
                       "    \"pages_appeared\": 2,\n"
                       "    \"pages_unmapped\": 3,\n"
                       "    \"pages_protection\": 4,\n"
                       "    \"pages_unknown\": 5,\n"
                       "    \"pages_skipped\": 6\n"
                       "  }\n"
                       "}\n"));
}

/// The image with a file that is there, or not any more.
class CoreFigures : public Cli {
 protected:
  CoreFigures() {
    checkpoint::write_file(path("mapped"), std::string(2 * kPageSize, 'f'));
    builder(checkpoint::file_mapping(0x20000, 0x22000, path("mapped"))).write_to(path("image"));
  }

  [[nodiscard]] std::string json(const std::string& missing) const {
    return run({"core", "-f", "--json", "--missing-files", missing, "-o", path("core"),
                path("image")})
        .out;
  }

  static std::string figures(int file, int missing) {
    return str("  \"pages_data\": 5,\n  \"pages_zero\": 6,\n  \"pages_file\": ", file,
               ",\n  \"pages_missing\": ", missing, ",\n  \"pages_skipped\": 1,\n");
  }
};

TEST_F(CoreFigures, AsJson) {
  EXPECT_THAT(json("error"), HasSubstr(figures(2, 0)));
  ::unlink(path("mapped").c_str());
  EXPECT_THAT(json("skip"), HasSubstr(figures(0, 2)));
}

TEST_F(CoreFigures, AsText) {
  EXPECT_THAT(run({"core", "-o", path("core"), path("image")}).out,
              HasSubstr(" segments, 5 pages of data, 6 zero, 2 of files, 1 skipped"));
  ::unlink(path("mapped").c_str());
  EXPECT_THAT(run({"core", "-f", "--missing-files", "skip", "-o", path("core"), path("image")}).out,
              HasSubstr(" segments, 5 pages of data, 6 zero, 0 of files, 2 of files missing, 1 "
                        "skipped"));
}

/// A process with 2 pages of data, 1 of zeros and 4 of a file that differ, 3
/// that were skipped, 6 shared ones that are kept, and 8 that are the same.
class RestoreFigures : public Cli {
 protected:
  static constexpr std::size_t kFile = 11;
  static constexpr std::size_t kShared = 15;
  static constexpr std::size_t kPages = 24;  // the last 3 are skipped

  RestoreFigures() {
    checkpoint::write_file(path("mapped"), std::string(4 * kPageSize, 'f'));
    const checkpoint::UniqueFd file(::open(path("mapped").c_str(), O_RDONLY | O_CLOEXEC));
    map(kFile, kShared - kFile, MAP_PRIVATE, file.get());
    map(kShared, kPages - 3 - kShared, MAP_SHARED | MAP_ANONYMOUS, -1);
    std::fill(space_.bytes().begin(), space_.bytes().begin() + kFile * kPageSize, std::byte{'a'});
    std::fill(space_.bytes().begin() + 5 * kPageSize, space_.bytes().begin() + 6 * kPageSize,
              std::byte{0});
    child_.emplace();
    checkpoint::write_file(path("image"), image_of(child_->process(), space_.range(), state_of()));
    for (const std::size_t page : {3, 4, 5, 11, 12, 13, 14})
      child_->write(space_.page(page), checkpoint::filled(kPageSize, 'b'));
  }

  [[nodiscard]] Outcome restore(std::vector<std::string> words) const {
    words.insert(words.begin(),
                 {"--pid", str(child_->pid()), "restore", "--shared", "keep", path("image")});
    return run(words);
  }

 private:
  /// In the place of what is there.
  void map(std::size_t first, std::size_t pages, int flags, int fd) const {
    void* const at = space_.bytes().data() + first * kPageSize;
    ASSERT_EQ(::mmap(at, pages * kPageSize, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0), at);
  }

  [[nodiscard]] checkpoint::StateOf state_of() const {
    return [this](std::uint64_t page) {
      const bool of_file = page >= space_.page(kFile) && page < space_.page(kShared);
      if (of_file) return PageState::file;
      return page >= space_.page(kPages - 3) ? PageState::skipped : PageState::absent;
    };
  }

 protected:
  const checkpoint::Area space_{kPages};
  std::optional<checkpoint::LiveChild> child_;
};

TEST_F(RestoreFigures, AsText) {
  const Outcome outcome = restore({"--dry-run"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out,
              HasSubstr(": 7 pages would be written (28.0 KiB): 2 data, 1 zero, 4 of files; 8 "
                        "same, 3 skipped, 6 shared kept; 1 thread stopped for "));
}

TEST_F(RestoreFigures, AsJson) {
  EXPECT_THAT(restore({"--json"}).out, HasSubstr("  \"pages_written\": 7,\n"
                                                 "  \"pages_data\": 2,\n"
                                                 "  \"pages_zero\": 1,\n"
                                                 "  \"pages_file\": 4,\n"
                                                 "  \"pages_same\": 8,\n"
                                                 "  \"pages_skipped\": 3,\n"
                                                 "  \"pages_kept\": 6,\n"));
}

}  // namespace
}  // namespace cpctl
