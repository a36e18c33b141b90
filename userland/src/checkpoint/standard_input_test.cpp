// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/standard_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "checkpoint/image.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/redirect.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

/// TMPDIR is a directory of the test.
class StandardInput : public ::testing::Test {
 protected:
  StandardInput() { ::setenv("TMPDIR", temporary_.path().c_str(), 1); }
  ~StandardInput() override { ::unsetenv("TMPDIR"); }

  /// Opens standard input, a pipe that gives @bytes and ends.
  Image open_piped(ByteView bytes) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw system_failure("a pipe", "create");
    const UniqueFd out(ends[0]);
    std::thread writer([&, in = ends[1]] {
      FdSink(in, "pipe").write(bytes);
      ::close(in);
    });
    struct Join {
      std::thread& thread;
      ~Join() { thread.join(); }
    } const join{writer};
    const Redirect input(STDIN_FILENO, out.get());
    return Image::open("-");
  }

  Error failure(ByteView bytes) {
    try {
      open_piped(bytes);
    } catch (const Error& error) {
      return error;
    }
    return {Error::Kind::failed, "", "none"};
  }

  TempDir temporary_;
};

TEST_F(StandardInput, OfAPipeIsReadInFull) {
  const Bytes bytes = sample_full().build();
  const Image image = open_piped(bytes);
  EXPECT_NO_THROW(image.verify());
  EXPECT_EQ(image.name(), "standard input");
  EXPECT_EQ(image.file_size(), bytes.size());
  EXPECT_EQ(to_text(image.bytes(*image.run_at(0x10000))).substr(0, 2), "aa");
  EXPECT_EQ(temporary_.list(), "");
}

TEST_F(StandardInput, ThatIsAFileIsReadInPlace) {
  const TempDir dir;
  ::setenv("TMPDIR", "/none", 1);
  sample_full().write_to(dir / "full");
  const UniqueFd file(::open((dir / "full").c_str(), O_RDONLY));
  const Redirect input(STDIN_FILENO, file.get());
  EXPECT_NO_THROW(Image::open("-").verify());
}

TEST_F(StandardInput, ThatIsAFileIsReadFromWhereItStands) {
  const TempDir dir;
  write_file(dir / "two", "before" + to_text(sample_full().build()));
  const UniqueFd file(::open((dir / "two").c_str(), O_RDONLY));
  ASSERT_EQ(::lseek(file.get(), 6, SEEK_SET), 6);
  const Redirect input(STDIN_FILENO, file.get());
  EXPECT_NO_THROW(Image::open("-").verify());
}

TEST_F(StandardInput, ThatIsCutIsDamaged) {
  const Bytes bytes = sample_full().build();
  for (const std::size_t size : {bytes.size() - 1, bytes.size() / 2, std::size_t{100}}) {
    const Error error = failure(ByteView(bytes).first(size));
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    EXPECT_THAT(error.what(), HasSubstr("standard input: "));
    EXPECT_THAT(error.hint(), HasSubstr("did the program before the pipe fail?"));
  }
  EXPECT_STREQ(failure({}).what(), "standard input: is empty");
}

TEST_F(StandardInput, ThatIsLongerThanTheImageIsDamaged) {
  Bytes bytes = sample_full().build();
  bytes.push_back(std::byte{0});
  const Error error = failure(bytes);
  EXPECT_EQ(error.kind(), Error::Kind::damaged);
  EXPECT_THAT(error.what(), HasSubstr("which is not the end of the file"));
}

TEST_F(StandardInput, ThatIsNoImageIsNotReadToItsEnd) {
  const UniqueFd endless(::open("/dev/zero", O_RDONLY));
  const Redirect input(STDIN_FILENO, endless.get());
  try {
    Image::open("-");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("standard input: is no ELF file"));
  }
}

// What is in the temporary file goes with the test, however much it is.
TEST_F(StandardInput, WithoutAnEndIsGivenUpWhereTheImageEnds) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd out(ends[0]);
  std::thread writer([in = ends[1]] {
    std::signal(SIGPIPE, SIG_IGN);
    const UniqueFd pipe(in);
    FdSink sink(in, "pipe");
    try {
      sink.write(sample_full().build());
      sink.write_zeros(std::uint64_t{1} << 28);
      ADD_FAILURE() << "all was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.system_errno(), EPIPE);
    }
  });
  {
    const Redirect input(STDIN_FILENO, out.get());
    out.reset();
    try {
      Image::open("-");
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("standard input: end note: is not the end of the file"));
      EXPECT_THAT(error.hint(), HasSubstr("did the program before the pipe fail?"));
    }
  }
  writer.join();
}

TEST_F(StandardInput, NeedsATemporaryFile) {
  ::setenv("TMPDIR", "/none", 1);
  EXPECT_STREQ(failure(sample_full().build()).what(),
               "/none: cannot create a temporary file: No such file or directory");
}

/// Lets no file of this process get larger than a page.
void limit_files() {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{.rlim_cur = kPageSize, .rlim_max = kPageSize};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(StandardInput, SaysWhatToDoWhenItDoesNotFit) {
  const Bytes bytes = sample_full().build();
  EXPECT_EXIT(
      {
        limit_files();
        const Error error = failure(bytes);
        const bool told = error.hint().ends_with("set TMPDIR to where all of it fits");
        ::_exit(error.system_errno() == EFBIG && told ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace checkpoint
