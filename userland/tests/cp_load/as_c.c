// SPDX-License-Identifier: GPL-2.0-or-later
// A program that has both headers: see CMakeLists.txt for how it is compiled.
#include "cp_load.h"
#include "cp_range.h"

int cp_load_used(char *start, char *end);

int cp_load_used(char *start, char *end)
{
	static const char *const images[] = { "cp_P1", "inc_cp_P1" };

	return cp_load(start, end, images, 2) + cp_load_dir(start, end) +
	       inc_cp_range(start, end);
}
