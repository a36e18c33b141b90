// SPDX-License-Identifier: GPL-2.0-or-later
// Memory of several nodes (numa=fake=2 makes them).
#pragma once

#include "process.h"
#include "test.h"

namespace test {

inline void require_nodes() {
  if (!exists("/sys/devices/system/node/node1")) SKIP("memory of one node only");
}

}  // namespace test
