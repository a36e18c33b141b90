// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl core
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint/test_support/stack.h"
#include "cli.h"

namespace cpctl {
namespace {

class CliCore : public Cli {
 protected:
  /// A full image with a page of a file, and an inc on it.
  void make_with_file() const {
    checkpoint::write_file(path("mapped"), std::string(checkpoint::kPageSize, 'f'));
    checkpoint::ImageBuilder full(0x10000, 0x20000);
    full.map(checkpoint::file_mapping(0x10000, 0x11000, path("mapped")))
        .map(0x11000, 0x13000)
        .file(0x10000, 0x11000)
        .data(0x11000, 0x12000, 'd')
        .zero(0x12000, 0x13000)
        .write_to(path("full"));
    checkpoint::ImageBuilder inc = checkpoint::ImageBuilder::inc_on(full.info());
    inc.map(checkpoint::file_mapping(0x10000, 0x11000, path("mapped")))
        .map(0x11000, 0x13000)
        .data(0x11000, 0x12000, 'D')
        .write_to(path("inc"));
  }
};

TEST_F(CliCore, MakesACoreOfAChain) {
  make_with_file();
  const Outcome outcome = run({"core", "-o", path("core"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, path("core") +
                             ": 2 segments, 1 pages of data, 1 zero, 1 of files, no auxiliary "
                             "vector: debuggers will not find the shared libraries\n");
  const std::string core = checkpoint::read_file(path("core"));
  EXPECT_EQ(core.substr(checkpoint::kPageSize), std::string(checkpoint::kPageSize, 'f') +
                                                    std::string(checkpoint::kPageSize, 'D') +
                                                    std::string(checkpoint::kPageSize, '\0'));
  struct stat status {};
  ASSERT_EQ(::stat(path("core").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U) << "it holds all that the process knows";
}

TEST_F(CliCore, SaysNothingOfAnAuxiliaryVectorThatItFound) {
  checkpoint::write_file(path("full"), checkpoint::image_of_stack({}));
  EXPECT_EQ(run({"core", "-o", path("core"), path("full")}).out,
            path("core") + ": 2 segments, 3 pages of data, 2 zero, 0 of files\n");
}

TEST_F(CliCore, PrintsJson) {
  make_with_file();
  EXPECT_EQ(run({"core", "--json", "-o", path("core"), path("full")}).out,
            "{\n  \"core\": \"" + path("core") +
                "\",\n"
                "  \"bytes\": 16384,\n"
                "  \"segments\": 2,\n"
                "  \"pages_data\": 1,\n"
                "  \"pages_zero\": 1,\n"
                "  \"pages_file\": 1,\n"
                "  \"pages_missing\": 0,\n"
                "  \"pages_skipped\": 0,\n"
                "  \"auxv\": false,\n"
                "  \"missing\": []\n"
                "}\n");
}

TEST_F(CliCore, WithoutAMappedFileIsAnError) {
  make_with_file();
  ASSERT_EQ(::unlink(path("mapped").c_str()), 0);
  const Outcome outcome = run({"core", "-o", path("core"), path("full")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "cpctl: " + path("mapped") +
                ": cannot open: No such file or directory\n"
                "hint: put back the file of that time, or: --missing-files skip leaves its pages "
                "out, --missing-files zero makes them zeros\n");
  EXPECT_EQ(list(), "full inc");
}

TEST_F(CliCore, WithoutAMappedFileGoesOnWhenTold) {
  make_with_file();
  checkpoint::write_file(path("mapped"), "changed");
  for (const char* how : {"skip", "zero"}) {
    const Outcome outcome =
        run({"core", "-f", "--missing-files", how, "-o", path("core"), path("full")});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.out, HasSubstr("0 of files, 1 of files missing"));
    EXPECT_EQ(outcome.err, "cpctl: " + path("mapped") +
                               ": is not the file that the image refers to: another size (found "
                               "7, expected 4096)\n");
  }
}

TEST_F(CliCore, OfADamagedImageLeavesNothing) {
  make_with_file();
  std::string bytes = checkpoint::read_file(path("inc"));
  bytes[bytes.size() - 200] ^= 1;
  checkpoint::write_file(path("inc"), bytes);
  const Outcome outcome = run({"core", "-o", path("core"), path("full"), path("inc")});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr(path("inc") + ": wrong CRC32C"));
  EXPECT_EQ(list(), "full inc mapped");
  EXPECT_EQ(run({"core", "--no-verify", "-o", path("core"), path("full"), path("inc")}).status, 0);
}

TEST_F(CliCore, ReplacesAFileOnlyWhenTold) {
  make_with_file();
  checkpoint::write_file(path("core"), "old");
  const Outcome refused = run({"core", "-o", path("core"), path("full")});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err,
            "cpctl: " + path("core") + ": already exists\nhint: --force replaces it\n");
  EXPECT_EQ(checkpoint::read_file(path("core")), "old");
  EXPECT_EQ(run({"core", "--force", "-o", path("core"), path("full")}).status, 0);
}

// Debuggers read holes as what they are, zeros, and the disc does not have them.
TEST_F(CliCore, TakesNoSpaceForZeros) {
  checkpoint::ImageBuilder image(0x10000, 0x1010000);
  image.map(0x10000, 0x1010000).zero(0x10000, 0x1010000).write_to(path("full"));
  EXPECT_EQ(run({"core", "-o", path("core"), path("full")}).status, 0);
  struct stat status {};
  ASSERT_EQ(::stat(path("core").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0x1001000);
  EXPECT_LT(status.st_blocks * 512, 0x10000);
}

}  // namespace
}  // namespace cpctl
