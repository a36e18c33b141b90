// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl, while it runs.
#pragma once

#include <sys/types.h>

#include "cli.h"

namespace cpctl {

class Started {
 public:
  explicit Started(const std::vector<std::string>& arguments);
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  ~Started();

  /// Fails the test when it has not printed @text within a while.
  void wait_for(const std::string& text) const;

  void signal(int number) const;

  /// How it ends; what does not end within a while is killed.
  Outcome finish();

 private:
  checkpoint::TempDir output_;
  pid_t pid_ = -1;
};

}  // namespace cpctl
