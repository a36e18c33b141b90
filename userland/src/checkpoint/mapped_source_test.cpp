// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/mapped_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/files.h"
#include "checkpoint/test_support/samples.h"

namespace checkpoint {
namespace {

using ::testing::HasSubstr;

class MappedSourceTest : public ::testing::Test {
 protected:
  MappedSourceTest() {
    write_file(path_, std::string(kPageSize, 'x') + "end");
    mapping_ = file_mapping(0x10000, 0x13000, path_);
  }

  /// What reading the mapping with @change gives.
  template <typename Change>
  std::string failure(Change change) {
    Mapping mapping = mapping_;
    change(mapping);
    MemorySink sink;
    try {
      MappedSource().copy(mapping, mapping.start, kPageSize, sink);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Error::Kind::failed);
      return error.what();
    }
  }

  TempDir dir_;
  std::string path_ = dir_ / "file";
  Mapping mapping_;
};

TEST_F(MappedSourceTest, ReadsAtTheAddressAndZerosBehindTheEnd) {
  MemorySink sink;
  MappedSource source;
  source.copy(mapping_, 0x10ffe, 8, sink);
  source.copy(mapping_, 0x12000, 2, sink);
  EXPECT_EQ(to_text(sink.bytes()), std::string("xxend\0\0\0\0\0", 10));
}

TEST_F(MappedSourceTest, FillsABufferWithTheSame) {
  Bytes bytes = filled(8, '?');
  MappedSource source;
  source.check(mapping_);
  source.read(mapping_, 0x10ffe, bytes);
  EXPECT_EQ(to_text(bytes), std::string("xxend\0\0\0", 8));
  mapping_.inode += 1;
  EXPECT_THROW(source.check(mapping_), Error);
}

TEST_F(MappedSourceTest, HonoursTheOffset) {
  mapping_.offset = kPageSize;
  MemorySink sink;
  MappedSource().copy(mapping_, 0x10000, 3, sink);
  EXPECT_EQ(to_text(sink.bytes()), "end");
}

TEST_F(MappedSourceTest, RefusesAnotherFile) {
  EXPECT_EQ(failure([](Mapping&) {}), "");
  EXPECT_THAT(failure([](Mapping& m) { m.inode += 1; }), HasSubstr("another inode"));
  EXPECT_THAT(failure([](Mapping& m) { m.file_size += 1; }), HasSubstr("another size"));
  EXPECT_THAT(failure([](Mapping& m) { m.mtime_sec += 1; }),
              HasSubstr("another modification time"));
  EXPECT_THAT(failure([](Mapping& m) { m.mtime_nsec ^= 1; }),
              HasSubstr("another modification time (nanoseconds)"));
  EXPECT_THAT(failure([](Mapping& m) { m.dev_major += 1; }), HasSubstr("another device"));
}

TEST_F(MappedSourceTest, RefusesAFileThatIsGone) {
  EXPECT_THAT(failure([](Mapping& m) { m.name += "x"; }), HasSubstr("cannot open: No such file"));
  EXPECT_THAT(failure([](Mapping& m) { m.flags |= PROC_CHECKPOINT_MAP_UNLINKED; }),
              HasSubstr("had no name any more"));
}

TEST_F(MappedSourceTest, RefusesWhatIsNoRegularFile) {
  EXPECT_THAT(failure([&](Mapping& m) { m.name = dir_.path(); }), HasSubstr("another type"));
}

}  // namespace
}  // namespace checkpoint
