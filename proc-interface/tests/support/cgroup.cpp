// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "checkpointer.h"
#include "process.h"
#include "test.h"

namespace test {
namespace {

const std::string root = "/sys/fs/cgroup/";

}  // namespace

Cgroup::Cgroup(const std::string& name) : directory_(root + name + "/") {
  if (!exists(root + "cgroup.subtree_control")) SKIP("no cgroup2 at " + root);
  if (put(root + "cgroup.subtree_control", "+memory") != 0) SKIP("no memory controller");
  REQUIRE(mkdir(directory_.c_str(), 0755) == 0, directory_, std::strerror(errno));
}

Cgroup::~Cgroup() {
  // A case that failed may be in it still.
  put(root + "cgroup.procs", "0");
  // What was in it may only just be dying.
  for (int tries = 0; rmdir(directory_.c_str()) != 0 && tries < 200; tries++) usleep(10000);
}

void Cgroup::limit(std::size_t bytes) const {
  set("memory.max", std::to_string(bytes));
}

void Cgroup::set(const std::string& file, const std::string& value) const {
  REQUIRE_EQ(errno_text(put(directory_ + file, value)), "0", file);
}

void Cgroup::enter() const {
  set("cgroup.procs", "0");
}

void Cgroup::leave() {
  REQUIRE_EQ(errno_text(put(root + "cgroup.procs", "0")), "0");
}

std::uint64_t Cgroup::number(const std::string& file) const {
  return std::stoull(slurp(directory_ + file));
}

std::uint64_t Cgroup::memory_event(const std::string& name) const {
  return number_in(directory_ + "memory.events", name);
}

std::uint64_t Cgroup::memory_stat(const std::string& name) const {
  return number_in(directory_ + "memory.stat", name);
}

std::uint64_t Cgroup::event(const std::string& name) const {
  return number_in(directory_ + "cgroup.events", name);
}

}  // namespace test
