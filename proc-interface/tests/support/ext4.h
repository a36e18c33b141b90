// SPDX-License-Identifier: GPL-2.0-or-later
// A file system on a device.
#pragma once

#include <string>

namespace test {

/// ext4 without a journal, which would end with a failed write.
class Ext4 {
 public:
  /// Makes it on @device and mounts it on a new directory.  Skips the case without mkfs.ext4.
  Ext4(const std::string& device, std::string directory);
  Ext4(const Ext4&) = delete;
  Ext4& operator=(const Ext4&) = delete;
  ~Ext4();

 private:
  std::string directory_;
};

}  // namespace test
