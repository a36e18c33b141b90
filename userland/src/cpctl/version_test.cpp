// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "checkpoint/test_support/fake_proc.h"

namespace cpctl {
namespace {

using checkpoint::FakeProc;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string version_on(const FakeProc& proc) {
  std::ostringstream out;
  print_version(out, proc.root(), checkpoint::kFakePid);
  return out.str();
}

std::string json_on(const FakeProc& proc) {
  std::ostringstream out;
  write_version(out, proc.root(), checkpoint::kFakePid);
  return out.str();
}

TEST(Version, SaysWhichInterfaceTheKernelHas) {
  FakeProc proc;
  proc.set_status("version: 7\nstate: idle\n");
  EXPECT_THAT(version_on(proc), EndsWith(", checkpoint interface 7\n"));
  EXPECT_THAT(json_on(proc), EndsWith(",\n  \"kernel_interface\": 7\n}\n"));
}

TEST(Version, SaysThatTheKernelHasNone) {
  EXPECT_THAT(version_on(FakeProc()), EndsWith(", no checkpoint interface\n"));
  EXPECT_THAT(json_on(FakeProc()), EndsWith(",\n  \"kernel_interface\": null\n}\n"));
}

TEST(Version, SaysWhyItDoesNotKnow) {
  FakeProc proc;
  proc.set_status("no status\n");
  EXPECT_THAT(version_on(proc), HasSubstr(", checkpoint interface not known: "));
  EXPECT_THAT(json_on(proc), HasSubstr("\"kernel_interface\": null,\n  \"error\": \""));
}

}  // namespace
}  // namespace cpctl
