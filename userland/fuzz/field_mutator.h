// SPDX-License-Identifier: GPL-2.0-or-later
// Changes that get past the first checks of an image.
#pragma once

#include <cstddef>
#include <cstdint>

namespace checkpoint {

/// Changes a few fields of the headers and notes of the image that @data is, in
/// place: by whole pages, to the value of another field, or by a bit.  Then,
/// mostly, sets the counts of INFO to what the image holds now, since hardly any
/// change would be looked at further otherwise.  Or does what LLVMFuzzerMutate()
/// does.  For LLVMFuzzerCustomMutator().
std::size_t mutate_image(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

/// The same where @data is two images (pair.h), with one of them.
std::size_t mutate_pair(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed);

}  // namespace checkpoint

/// libFuzzer's own.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
