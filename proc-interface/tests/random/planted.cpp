// SPDX-License-Identifier: GPL-2.0-or-later
// Mistakes on purpose, which have to be noticed.
#include "checkpoints.h"
#include "operations.h"
#include "world.h"

namespace test::random {

OPERATION(untold_store) {
  if (!world.model.places[operation.a].writable()) return false;
  volatile unsigned char* byte = world.page(operation.a) + operation.c;
  *byte = static_cast<unsigned char>(*byte + 1);
  return true;
}

OPERATION(unapplied_page) {
  (void)operation;
  if (!world.checkpoints) return false;
  world.checkpoints->main().picture.forget_a_page();
  return true;
}

}  // namespace test::random
