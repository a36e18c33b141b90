// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../support/maps.h"
#include "../support/test.h"
#include "checkpoints.h"
#include "operations.h"

namespace test::random {
namespace {

/// An object of Model::object_pages pages, with contents in every other one.
int fill_object(int fd, Object& object, std::uint64_t seed) {
  REQUIRE_CALL(fd);
  REQUIRE_CALL(ftruncate(fd, static_cast<off_t>(object.size() * page_size)));
  for (std::size_t i = 0; i < object.size(); i += 2) {
    object[i] = changed(nullptr, 0, bytes_from(seed + i, page_size));
    REQUIRE_EQ(pwrite(fd, object[i]->data(), page_size, static_cast<off_t>(i * page_size)),
               static_cast<ssize_t>(page_size));
  }
  return fd;
}

std::string file_name(const void* base) {
  // Worlds of several threads share a directory.
  return "mapped-" + std::to_string(reinterpret_cast<std::uintptr_t>(base) / huge_size);
}

}  // namespace

World::World(const Surroundings& surroundings, Counters& counted, unsigned char* base,
             std::size_t pages, std::size_t huge_pages, bool with_checkpoints)
    : model(pages, huge_pages), around(surroundings), counters(counted), base_(base) {
  mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
  REQUIRE_CALL(mem);
  for (std::size_t i = 0; i < Model::memfds; i++)
    memfds[i] = fill_object(memfd_create("shared", MFD_CLOEXEC), model.shared[i], 1000 * (i + 1));
  file = fill_object(open(file_name(base).c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600),
                     model.file, 9000);
  huge_memfd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
  REQUIRE_CALL(huge_memfd);
  REQUIRE_CALL(ftruncate(huge_memfd, static_cast<off_t>(huge_pages * huge_size)));

  REQUIRE(mmap(base, pages * page_size, PROT_READ | PROT_WRITE, Area::anonymous | MAP_FIXED, -1,
               0) != MAP_FAILED,
          std::strerror(errno));
  madvise(base, pages * page_size, MADV_NOHUGEPAGE);
  if (huge_pages > 0) REQUIRE_CALL(munmap(page(pages), huge_pages * huge_size));
  for (std::size_t i = 0; i < pages; i++) {
    model.places[i].backing = Backing::anonymous;
    model.places[i].protection = PROT_READ | PROT_WRITE;
    if (i % 3 == 0) continue;
    const std::vector<std::byte> bytes = bytes_from(i + 1, page_size);
    std::memcpy(page(i), bytes.data(), page_size);
    wrote(i, 0, bytes);
  }
  if (with_checkpoints) checkpoints = std::make_unique<Checkpoints>(*this);
}

World::~World() {
  child_stays(*this, Operation{.d = 1});  // ends the one there is
  ring.reset();
  for (int end : page_pipe)
    if (end != -1) close(end);
  checkpoints.reset();
  for (int fd : memfds) close(fd);
  close(huge_memfd);
  close(file);
  close(mem);
  munmap(base_, model.size() * page_size);
}

Range World::range(std::size_t first, std::size_t count) const {
  auto start = reinterpret_cast<std::uint64_t>(page(first));
  return {start, start + count * page_size};
}

void World::perform(const Operation& operation) {
  // A list that somebody wrote by hand may have any numbers.
  Operation fitted = operation;
  fitted.a %= static_cast<std::uint32_t>(size());
  fitted.c %= static_cast<std::uint32_t>(size());
  const int before = failure_count();
  if (kinds()[operation.kind].perform(*this, fitted)) counters.performed[operation.kind]++;
  counters.operations++;
  // The first difference is the one that says something.
  REQUIRE_EQ(failure_count(), before, "in", text(operation));
}

void World::finish() {
  if (checkpoints) checkpoints->finish(*this);
  expect_memory_is_as_modelled();
}

void World::wrote(std::size_t first, std::size_t offset, Bytes bytes) {
  for (std::size_t page = first; !bytes.empty(); page++, offset = 0) {
    const Bytes part = bytes.first(std::min(bytes.size(), page_size - offset));
    model.write(page, offset, part);
    if (model.places[page].freed) settle_freed(page, offset, part);
    bytes = bytes.subspan(part.size());
  }
}

/// From the write on a page that was freed lazily stays; what it holds besides
/// is what it held, or zeros.
void World::settle_freed(std::size_t page, std::size_t offset, Bytes bytes) {
  Place& place = model.places[page];
  const Contents dropped = changed(nullptr, offset, bytes);
  Page real;
  read_memory(page, 1, real.data());
  if (real == page_of(dropped))
    place.own = dropped;
  else
    EXPECT(real == page_of(place.own), "page", page, "was freed and then written to");
  place.freed = false;
}

void World::read_memory(std::size_t first, std::size_t count, std::byte* to) const {
  const std::size_t bytes = count * page_size;
  REQUIRE_EQ(pread(mem, to, bytes, static_cast<off_t>(range(first, count).start)),
             static_cast<ssize_t>(bytes), range(first, count), std::strerror(errno));
}

bool World::in_large_folio(std::size_t page) const {
  constexpr std::uint64_t compound = 1 << 15 | 1 << 16;  // KPF_COMPOUND_{HEAD,TAIL}
  const PageMapEntry entry = pagemap(range(page, 1)).at(0);
  if (!entry.present()) return false;
  std::uint64_t flags = 0;
  int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
  const ssize_t got =
      pread(fd, &flags, sizeof flags, static_cast<off_t>(entry.frame() * sizeof flags));
  close(fd);
  REQUIRE_EQ(got, static_cast<ssize_t>(sizeof flags), "of kpageflags");
  return (flags & compound) != 0;
}

void World::expect_memory_is_as_modelled() {
  std::vector<std::byte> real(64 * page_size);
  for (std::size_t at = 0; at < model.size();) {
    std::size_t count = model.run(at, 64, &Place::mapped);
    if (count == 0) {
      at++;
      continue;
    }
    read_memory(at, count, real.data());
    for (std::size_t i = 0; i < count; i++) {
      Place& place = model.places[at + i];
      const std::byte* found = &real[i * page_size];
      if (std::memcmp(found, page_of(model.contents(at + i)).data(), page_size) == 0) continue;
      if (place.freed && std::memcmp(found, page_of(nullptr).data(), page_size) == 0) {
        // It is gone, and what is gone does not come back.
        place.own = nullptr;
        place.freed = false;
        continue;
      }
      EXPECT(false, "the arena is not as the model says: page", at + i, text(place));
    }
    at += count;
  }
}

}  // namespace test::random
