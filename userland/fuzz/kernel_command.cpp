// SPDX-License-Identifier: GPL-2.0-or-later
// As much of a kernel as command.c needs.
#include "kernel_command.h"

#include <linux/proc_checkpoint.h>

#include <cerrno>
#include <cstring>

namespace kernel {
namespace {

bool isdigit(char c) {
  return c >= '0' && c <= '9';
}

int digit_of(char c) {
  if (isdigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

bool isxdigit(char c) {
  return digit_of(c) < 16;
}

/// It takes more than command.c may let through: a plus, 0x, a newline.
int kstrtoul(const char* text, unsigned int base, unsigned long* result) {
  if (*text == '+') ++text;
  if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text += 2;
  const char* const first = text;
  unsigned long value = 0;
  for (; digit_of(*text) < static_cast<int>(base); ++text)
    if (__builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, static_cast<unsigned long>(digit_of(*text)), &value))
      return -ERANGE;
  if (text == first) return -EINVAL;
  if (*text == '\n') ++text;
  if (*text != '\0') return -EINVAL;
  *result = value;
  return 0;
}

unsigned long PAGE_ALIGN_DOWN(unsigned long address) {
  return address & ~(kPage - 1);
}

unsigned long PAGE_ALIGN(unsigned long address) {
  return PAGE_ALIGN_DOWN(address + kPage - 1);
}

}  // namespace

#include "command_c.inc"

}  // namespace kernel
