// SPDX-License-Identifier: GPL-2.0-or-later
// As much of a kernel as command.c needs, of lib/ and include/linux/.
#include "kernel_command.h"

#include <linux/proc_checkpoint.h>

#include <cerrno>
#include <cstring>

namespace kernel {
namespace {

bool isdigit(char c) {
  return c >= '0' && c <= '9';
}

unsigned int digit_of(char c) {
  constexpr unsigned int none = 16;
  if (isdigit(c)) return static_cast<unsigned int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned int>(c - 'a' + 10);
  return c >= 'A' && c <= 'F' ? static_cast<unsigned int>(c - 'A' + 10) : none;
}

bool isxdigit(char c) {
  return digit_of(c) < 16;
}

/// Not the C library's, so that the sanitizer sees what it reads.
char* strchrnul(char* text, char c) {
  while (*text != '\0' && *text != c) ++text;
  return text;
}

/// Takes more than command.c may let through: a plus, 0x, a newline.
int kstrtoul(const char* text, unsigned int base, unsigned long* result) {
  if (*text == '+') ++text;
  if (base == 16 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text += 2;
  const char* const first = text;
  unsigned long value = 0;
  for (; digit_of(*text) < base; ++text)
    if (__builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, digit_of(*text), &value))
      return -ERANGE;
  if (text == first) return -EINVAL;
  if (*text == '\n') ++text;
  if (*text != '\0') return -EINVAL;
  *result = value;
  return 0;
}

unsigned long PAGE_ALIGN_DOWN(unsigned long address) {
  return address & ~(kPageSize - 1);
}

unsigned long PAGE_ALIGN(unsigned long address) {
  return PAGE_ALIGN_DOWN(address + kPageSize - 1);
}

}  // namespace

#include "command_c.inc"

}  // namespace kernel
