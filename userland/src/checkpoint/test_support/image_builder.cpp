// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/image_builder.h"

#include <utility>

#include "checkpoint/search.h"
#include "checkpoint/test_support/files.h"

namespace checkpoint {
namespace {

/// Ids that differ and are the same in every run.
Id next_id(const Id& id) {
  Id next = id;
  next.back() = static_cast<std::uint8_t>(next.back() + 1);
  return next;
}

}  // namespace

ImageBuilder::ImageBuilder(std::uint64_t start, std::uint64_t end) {
  info_ = {.kind = Kind::full,
           .pid = 4321,
           .id = {0xab, 0xcd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
           .start = start,
           .end = end,
           .start_time_ns = 123'000'000'456,
           .time_ns = 1'700'000'000'000'000'000,
           .stall_ns = 1'234'000};
}

ImageBuilder ImageBuilder::inc_on(const Info& parent) {
  ImageBuilder inc(parent.start, parent.end);
  inc.info_ = parent;
  inc.info_.kind = Kind::inc;
  inc.info_.flags = 0;
  inc.info_.parent = parent.id;
  inc.info_.id = next_id(parent.id);
  inc.info_.seq = parent.seq + 1;
  inc.info_.time_ns = parent.time_ns + 1'000'000'000;
  inc.info_.pages_copied = 0;
  return inc;
}

ImageBuilder& ImageBuilder::map(std::uint64_t start, std::uint64_t end, std::string name,
                                std::uint32_t prot) {
  return map({.start = start, .end = end, .prot = prot, .name = std::move(name)});
}

ImageBuilder& ImageBuilder::map(Mapping mapping) {
  mappings_.push_back(std::move(mapping));
  return *this;
}

void ImageBuilder::set(std::uint64_t start, std::uint64_t end, const Page& page) {
  for (std::uint64_t at = start; at < end; at += kPageSize) pages_[at] = page;
}

ImageBuilder& ImageBuilder::data(std::uint64_t start, std::uint64_t end, unsigned char fill) {
  set(start, end, {PageState::data, 0, fill});
  return *this;
}

ImageBuilder& ImageBuilder::data(std::uint64_t start, ByteView bytes) {
  for (std::uint64_t at = 0; at < bytes.size(); at += kPageSize) {
    const ByteView page = bytes.subspan(at, kPageSize);
    set(start + at, start + at + kPageSize,
        {PageState::data, 0, 0, Bytes(page.begin(), page.end())});
  }
  return *this;
}

ImageBuilder& ImageBuilder::zero(std::uint64_t start, std::uint64_t end) {
  set(start, end, {PageState::zero, 0, 0});
  return *this;
}

ImageBuilder& ImageBuilder::file(std::uint64_t start, std::uint64_t end) {
  set(start, end, {PageState::file, 0, 0});
  return *this;
}

ImageBuilder& ImageBuilder::skipped(std::uint64_t start, std::uint64_t end, SkipReason reason) {
  set(start, end, {PageState::skipped, reason, 0});
  return *this;
}

std::size_t ImageBuilder::mapping_of(std::uint64_t address) const {
  const Mapping* mapping = find_containing(mappings_, address);
  // Otherwise a bad image, if the test wants one.
  return mapping != nullptr ? static_cast<std::size_t>(mapping - mappings_.data()) : 0;
}

std::vector<Run> ImageBuilder::runs() const {
  std::vector<Run> runs;
  for (const auto& [at, page] : pages_) {
    const std::size_t mapping = mapping_of(at);
    if (!runs.empty() && runs.back().end == at && runs.back().state == page.state &&
        runs.back().reason == page.reason && runs.back().mapping == mapping) {
      runs.back().end += kPageSize;
      continue;
    }
    runs.push_back({.start = at,
                    .end = at + kPageSize,
                    .state = page.state,
                    .reason = page.reason,
                    .mapping = mapping});
  }
  return runs;
}

Bytes ImageBuilder::build() const {
  MemorySink sink;
  ImageWriter writer(sink, {.info = info_, .mappings = mappings_, .runs = runs(), .prpsinfo = {}});
  for (const auto& [at, page] : pages_)
    if (page.state == PageState::data)
      writer.write_data(page.bytes.empty() ? Bytes(kPageSize, std::byte{page.fill}) : page.bytes);
  writer.finish();
  return sink.bytes();
}

void ImageBuilder::write_to(const std::string& path) const {
  write_file(path, build());
}

}  // namespace checkpoint
