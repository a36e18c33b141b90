// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/peer.h"

#include <boost/filesystem.hpp>

namespace bench {

namespace fs = boost::filesystem;

Peers all_peers() {
  Peers peers;
  peers.push_back(make_checkpoint());
  peers.push_back(make_stop_soft_dirty());
  peers.push_back(make_stop_page_scan());
  peers.push_back(make_userfault());
  peers.push_back(make_fork_save());
  peers.push_back(make_criu_dump());
  peers.push_back(make_criu_pre_dump());
  peers.push_back(make_gcore());
  return peers;
}

void remove_saved(const std::string& path) {
  boost::system::error_code ignored;
  fs::remove_all(path, ignored);
}

std::uint64_t saved_bytes(const std::string& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(path))
    if (fs::is_regular_file(entry.symlink_status())) bytes += fs::file_size(entry.path());
  return bytes;
}

}  // namespace bench
