// SPDX-License-Identifier: GPL-2.0-or-later
// From one image back to the full one that it builds on.
#pragma once

#include <string>
#include <vector>

namespace checkpoint {

/// The regular files in the directory of @path, sorted; @path itself among
/// them.  Throws Error.
std::vector<std::string> files_beside(const std::string& path);

/// The chain that ends with the image @path: the full one first, @path last.
/// Parents are looked for among @candidates, by id and sequence number; what
/// there is no image is passed over, and of several a full one is taken, which
/// holds what its chain held.  Only heads are read: Chain::open() checks what
/// comes out.  Throws Error: damaged when a parent is not there.
std::vector<std::string> find_chain(const std::string& path,
                                    const std::vector<std::string>& candidates);

}  // namespace checkpoint
