// SPDX-License-Identifier: GPL-2.0-or-later
// Changes that get past the first checks of an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace checkpoint {

/// Changes a few fields of the headers and notes of @image in place: by whole
/// pages, to the value of another field, or by a bit.  Then, mostly, sets the
/// counts of INFO to what the image holds now, since hardly any change would
/// be looked at further otherwise.
void mutate_fields(std::span<std::byte> image, unsigned seed);

/// The same of one of two images (pair.h); or what LLVMFuzzerMutate() does with
/// all of it.  For LLVMFuzzerCustomMutator().
std::size_t mutate_pair(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

}  // namespace checkpoint

/// libFuzzer's own.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
