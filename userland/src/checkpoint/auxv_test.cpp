// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/auxv.h"

#include <elf.h>
#include <gtest/gtest.h>

#include "checkpoint/test_support/samples.h"
#include "checkpoint/test_support/stack.h"

namespace checkpoint {
namespace {

class Auxv : public ::testing::Test {
 protected:
  /// What is found in a stack that @change changed; the entries as words.
  template <typename Change>
  static std::vector<std::uint64_t> found(Change change) {
    SampleStack stack;
    change(stack);
    const Bytes bytes = image_of_stack(stack);
    std::vector<Image> images;
    images.push_back(Image::from_bytes(bytes, "image"));
    const Chain chain = Chain::from_images(std::move(images));
    const auto auxv = find_auxv(Snapshot(chain));
    if (!auxv) return {};
    std::vector<std::uint64_t> words(auxv->size() / 8);
    std::memcpy(words.data(), auxv->data(), auxv->size());
    return words;
  }

  static std::vector<std::uint64_t> expected(const SampleStack& stack) {
    std::vector<std::uint64_t> words = stack.auxv;
    words.insert(words.end(), {AT_NULL, 0});
    return words;
  }
};

TEST_F(Auxv, IsFoundWhole) {
  EXPECT_EQ(found([](SampleStack&) {}), expected(SampleStack()));
}

TEST_F(Auxv, IsFoundWithoutEnvironment) {
  EXPECT_EQ(found([](SampleStack& stack) { stack.environment = 0; }), expected(SampleStack()));
}

TEST_F(Auxv, IsFoundWhereverItIs) {
  for (std::size_t words = 0; words < 600; words += 7) {
    EXPECT_EQ(found([words](SampleStack& stack) { stack.environment = words; }),
              expected(SampleStack()));
  }
}

TEST_F(Auxv, IsNotACopyFurtherDown) {
  // One entry less, so that the two can be told apart.
  EXPECT_EQ(found([](SampleStack& stack) { stack.copy = true; }), expected(SampleStack()));
}

TEST_F(Auxv, IsNotFoundWhenAnEntryIsMissing) {
  for (const std::uint64_t type :
       {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_ENTRY, AT_RANDOM, AT_EXECFN, AT_SYSINFO_EHDR})
    EXPECT_TRUE(found([type](SampleStack& stack) { stack.remove(type); }).empty()) << type;
}

TEST_F(Auxv, IsNotFoundWhenAnEntryIsWrong) {
  const std::pair<std::uint64_t, std::uint64_t> wrong[] = {{AT_PHENT, 32},
                                                           {AT_PAGESZ, 16384},
                                                           {AT_RANDOM, 0x1000},
                                                           {AT_EXECFN, 0x1000},
                                                           {AT_SYSINFO_EHDR, 0x51000},
                                                           {AT_EXECFN, SampleStack::kEnd},
                                                           {AT_RANDOM, SampleStack::kEnd - 15}};
  for (const auto& [type, value] : wrong)
    EXPECT_TRUE(
        found([type = type, value = value](SampleStack& stack) { stack.set(type, value); }).empty())
        << type << ' ' << value;
}

TEST_F(Auxv, NeedsNoVdso) {
  const auto without = [](SampleStack& stack) {
    stack.remove(AT_SYSINFO_EHDR);
    stack.vdso = false;
  };
  SampleStack stack;
  without(stack);
  EXPECT_EQ(found(without), expected(stack));
}

TEST_F(Auxv, IsNotFoundWithoutItsPage) {
  EXPECT_TRUE(found([](SampleStack& stack) { stack.skip_last = true; }).empty());
}

TEST_F(Auxv, IsNotFoundWithoutAStack) {
  const Bytes bytes = sample_full().build();
  std::vector<Image> images;
  images.push_back(Image::from_bytes(bytes, "image"));
  const Chain chain = Chain::from_images(std::move(images));
  EXPECT_FALSE(find_auxv(Snapshot(chain)));
}

}  // namespace
}  // namespace checkpoint
