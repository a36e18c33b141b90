// SPDX-License-Identifier: GPL-2.0-or-later
// (What it refuses is in image_damage_test.cpp and image_spoil_test.cpp.)
#include "checkpoint/image_stream.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "checkpoint/image.h"
#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/memory_source.h"
#include "checkpoint/test_support/raw_image.h"
#include "checkpoint/test_support/recorded_steps.h"
#include "checkpoint/test_support/redirect.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

/// A stream that has been read to its end says the same as the file.
void expect_same(const ImageHead& stream, const ImageHead& file) {
  EXPECT_EQ(stream.name(), file.name());
  EXPECT_EQ(stream.info(), file.info());
  EXPECT_EQ(stream.end_note().length, file.end_note().length);
  EXPECT_EQ(stream.end_note().crc32c, file.end_note().crc32c);
  EXPECT_EQ(stream.file_size(), file.file_size());
  EXPECT_EQ(to_text(stream.prpsinfo()), to_text(file.prpsinfo()));
  EXPECT_EQ(stream.mappings(), file.mappings());
  EXPECT_EQ(stream.runs(), file.runs());
  for (std::uint64_t at = 0xf000; at < 0x41000; at += kPageSize)
    EXPECT_EQ(stream.state_at(at), file.state_at(at)) << hex(at);
}

TEST(ImageStream, SaysWhatTheFileSaysHoweverItComes) {
  for (const Bytes& bytes :
       {sample_full().build(), sample_inc().build(), ImageBuilder(0x10000, 0x20000).build()}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{63}, std::size_t{5000}, SIZE_MAX}) {
      MemorySource source(bytes, piece);
      ImageStream stream(source, "image");
      stream.finish();
      EXPECT_NO_THROW(stream.verify());
      expect_same(stream, Image::from_bytes(bytes, "image"));
    }
  }
}

TEST(ImageStream, OfMoreSegmentsThanTheElfHeaderCanCount) {
  constexpr std::uint64_t pages = 66'000;
  ImageBuilder builder(0x10000, 0x10000 + pages * kPageSize);
  for (std::uint64_t n = 0; n < pages; ++n)
    builder.map(0x10000 + n * kPageSize, 0x11000 + n * kPageSize);
  builder.zero(0x10000, 0x10000 + pages * kPageSize).data(0x20000, 0x21000, 'x');
  const Bytes bytes = builder.build();
  MemorySource source(bytes, 10'000);
  ImageStream stream(source, "image");
  stream.finish();
  EXPECT_NO_THROW(stream.verify());
  expect_same(stream, Image::from_bytes(bytes, "image"));
}

TEST(ImageStream, ReadsOnlyWhatIsBeforeThePagesAtFirst) {
  const Bytes bytes = sample_full().build();
  MemorySource source(bytes);
  ImageStream stream(source, "image");
  EXPECT_EQ(bytes.size() - source.left(), kPageSize);
  EXPECT_EQ(stream.bytes_read(), kPageSize);
  EXPECT_EQ(stream.file_size(), bytes.size());
  EXPECT_EQ(stream.info().pages_data, 3U);
}

TEST(ImageStream, TellsOfEveryByteThatItReads) {
  const Bytes bytes = sample_full().build();
  MemorySource source(bytes, 100);
  ImageStream stream(source, "image");
  std::uint64_t heard = stream.bytes_read();
  stream.finish([&](std::uint64_t more) { heard += more; });
  EXPECT_EQ(heard, stream.end_note().length);
}

TEST(ImageStream, ComparesTheChecksumWhenToldTo) {
  Bytes bytes = sample_full().build();
  bytes[bytes.size() - 200] ^= std::byte{1};
  MemorySource source(bytes);
  ImageStream stream(source, "image");
  stream.finish();
  try {
    stream.verify();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::damaged);
    EXPECT_THAT(error.what(), ::testing::StartsWith("image: wrong CRC32C"));
  }
}

// A core file of a real program, of any size: nothing but its headers is read.
TEST(ImageStream, OfAnotherElfFileIsGivenUpAtOnce) {
  Bytes bytes = sample_full().build();
  bytes[16] = std::byte{2};  // e_type
  bytes.resize(1'000'000);
  MemorySource source(bytes);
  EXPECT_THROW(ImageStream(source, "image"), Error);
  EXPECT_GT(source.left(), 999'000U);
}

/// Ends once, and then goes on, as a FIFO does when somebody opens it again.
class Fifo : public MemorySource {
 public:
  Fifo(ByteView first, ByteView second) : MemorySource(first), second_(second) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t got = MemorySource::read(buffer);
    if (got != 0 || ends_++ == 0) return got;
    return second_.read(buffer);
  }

 private:
  MemorySource second_;
  int ends_ = 0;
};

TEST(ImageStream, ReadsNothingBehindTheEnd) {
  const Bytes bytes = sample_full().build();
  for (const std::size_t cut : {std::size_t{100}, std::size_t{5000}, bytes.size() - 1}) {
    Fifo source(ByteView(bytes).first(cut), ByteView(bytes).subspan(cut));
    EXPECT_THROW(ImageStream(source, "image").finish(), Error) << cut;
  }
}

/// Has no end: zeros behind what it is made of.
class Endless : public MemorySource {
 public:
  explicit Endless(ByteView bytes) : MemorySource(bytes) {}

  std::size_t read(std::span<std::byte> buffer) override {
    std::size_t got = MemorySource::read(buffer);
    if (got == 0) {
      got = buffer.size();
      std::fill(buffer.begin(), buffer.end(), std::byte{0});
    }
    given_ += got;
    if (given_ > 2 * ImageStream::kMostHead) throw std::runtime_error("where does it end?");
    return got;
  }

  /// All that somebody has read.
  [[nodiscard]] std::uint64_t given() const { return given_; }

 private:
  std::uint64_t given_ = 0;
};

/// What becomes of streams without an end that begin in different ways.
class EndlessStream : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kLittle = 200'000;

  /// The headers of a file with @count program headers; without these.
  static Bytes with_headers(std::uint32_t count) {
    RawImage image(encode_program_headers(std::vector<Elf64_Phdr>(PN_XNUM)));
    image.edit<Elf64_Shdr>(sizeof(Elf64_Ehdr), [count](Elf64_Shdr& s) { s.sh_info = count; });
    image.bytes().resize(kHeaderSize);
    return image.bytes();
  }

  /// All headers of an image whose head notes have @size bytes; without these.
  static Bytes with_notes(std::uint64_t size) {
    RawImage image(ImageBuilder(0x10000, 0x20000).build());
    std::uint64_t begin = 0;
    image.edit<Elf64_Phdr>(image.program_header(0), [&](Elf64_Phdr& notes) {
      begin = notes.p_offset;
      notes.p_filesz = size;
    });
    image.edit<Elf64_Phdr>(image.program_header(1),
                           [&](Elf64_Phdr& end) { end.p_offset = begin + size; });
    image.bytes().resize(begin);
    return image.bytes();
  }

  /// Why it is given up, with not much of it read.
  static std::string refusal(ByteView bytes, std::uint64_t most = kLittle) {
    Endless source(bytes);
    try {
      ImageStream(source, "image").finish();
      return "was taken";
    } catch (const Error& error) {
      EXPECT_LT(source.given(), most);
      return error.what();
    }
  }
};

TEST_F(EndlessStream, OfMoreHeadersThanAreHeldIsGivenUpBeforeThem) {
  EXPECT_EQ(refusal(with_headers(UINT32_MAX)),
            "image: its headers and notes are more than is read of a stream (found 224.0 GiB, "
            "expected at most 1.0 GiB)");
}

TEST_F(EndlessStream, OfHeadersIsGivenUpAtTheFirstThatIsNone) {
  EXPECT_THAT(refusal(with_headers(1'000'000)), HasSubstr("program header 0: wrong type"));
  Bytes one = with_headers(1'000'000);
  append(one, note_segment(program_headers_size(1'000'000), 0));
  EXPECT_THAT(refusal(one), HasSubstr("program header 1: wrong type"));
}

TEST_F(EndlessStream, OfMoreNotesThanAreHeldIsGivenUpBeforeThem) {
  EXPECT_EQ(refusal(with_notes(std::uint64_t{1} << 40)),
            "image: its headers and notes are more than is read of a stream (found 1.0 TiB, "
            "expected at most 1.0 GiB)");
}

TEST_F(EndlessStream, OfNotesIsGivenUpAtTheFirstThatIsNone) {
  EXPECT_THAT(refusal(with_notes(std::uint64_t{1} << 26)),
              HasSubstr("INFO: wrong length of the owner's name"));
}

TEST_F(EndlessStream, BehindAnImageIsNotReadToItsEnd) {
  EXPECT_EQ(refusal(sample_full().build(), 2 * ImageStream::kMostBehind),
            "image: end note: is not the end of the file: something without an end follows it");
}

TEST_F(EndlessStream, ThatIsRefusedHasAHint) {
  const Bytes bytes = with_headers(UINT32_MAX);
  MemorySource source(bytes);
  try {
    ImageStream stream(source, "image");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Error::Kind::failed) << "nobody knows whether it is damaged";
    EXPECT_EQ(error.hint(), "as a file it can be read all the same: name that instead of '-'");
  }
}

/// A file of the samples, on standard input.
class ReadImage : public ::testing::Test {
 protected:
  ReadImage() { ::setenv("TMPDIR", "/none", 1); }
  ~ReadImage() override { ::unsetenv("TMPDIR"); }

  /// Reads @bytes as "-", from @at on of a file where that is not 0.
  ImageHead read(const Bytes& bytes, Checksum checksum, off_t at = 0) {
    write_file(dir_ / "file", bytes);
    const UniqueFd file(::open((dir_ / "file").c_str(), O_RDONLY | O_CLOEXEC));
    if (::lseek(file.get(), at, SEEK_SET) != at) throw system_failure("file", "seek");
    const Redirect input(STDIN_FILENO, file.get());
    return read_image("-", checksum, steps_);
  }

  TempDir dir_;
  RecordedSteps steps_;
};

TEST_F(ReadImage, OfAFileTakesItAsItIs) {
  sample_full().write_to(dir_ / "image");
  expect_same(read_image(dir_ / "image", Checksum::compare, steps_), Image::open(dir_ / "image"));
  EXPECT_EQ(steps_.text(), "verifying 16384 of 16424; ");
}

TEST_F(ReadImage, OfStandardInputNeedsNoTemporaryFile) {
  const Bytes bytes = sample_full().build();
  Bytes two = filled(6, 'x');
  append_bytes(two, bytes);
  expect_same(read(two, Checksum::compare, 6), Image::from_bytes(bytes, "standard input"));
  EXPECT_EQ(steps_.text(), "reading 0 of 0; verifying 16384 of 16424; ");
}

TEST_F(ReadImage, OfAWholeFileOnStandardInputReadsNoPagesForNothing) {
  const Bytes bytes = sample_full().build();
  expect_same(read(bytes, Checksum::ignore), Image::from_bytes(bytes, "standard input"));
  EXPECT_EQ(steps_.text(), "");
}

TEST_F(ReadImage, ComparesTheChecksumOnlyWhenToldTo) {
  Bytes bytes = filled(1, 'x');
  append_bytes(bytes, sample_full().build());
  bytes[bytes.size() - 200] ^= std::byte{1};
  EXPECT_NO_THROW(read(bytes, Checksum::ignore, 1));
  EXPECT_THROW(read(bytes, Checksum::compare, 1), Error);
  bytes.erase(bytes.begin());
  EXPECT_NO_THROW(read(bytes, Checksum::ignore));
  EXPECT_THROW(read(bytes, Checksum::compare), Error);
}

TEST_F(ReadImage, OfWhatCannotBeReadIsNoDamage) {
  const UniqueFd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Redirect input(STDIN_FILENO, directory.get());
  try {
    read_image("-", Checksum::compare);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.system_errno(), EISDIR);
    EXPECT_STREQ(error.what(), "standard input: cannot read: Is a directory");
    EXPECT_EQ(error.hint(), "");
  }
}

}  // namespace
}  // namespace checkpoint
