// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/version.h"

#include <linux/proc_checkpoint.h>
#include <sys/utsname.h>

#include "checkpoint/error.h"
#include "checkpoint/process.h"
#include "checkpoint/text.h"

namespace cpctl {
namespace {

using checkpoint::Error;

std::string kernel_interface(const std::string& proc_root, std::uint64_t pid) {
  try {
    return checkpoint::str("checkpoint interface ",
                           checkpoint::Process(proc_root, pid).status().version);
  } catch (const Error& error) {
    if (error.kind() == Error::Kind::no_interface) return "no checkpoint interface";
    return checkpoint::str("checkpoint interface not known: ", error.what());
  }
}

}  // namespace

void print_version(std::ostream& out, const std::string& proc_root, std::uint64_t pid) {
  utsname system{};
  ::uname(&system);
  out << "cpctl " CPCTL_VERSION ", checkpoint interface " << PROC_CHECKPOINT_INTERFACE_VERSION
      << ", image format " << PROC_CHECKPOINT_FORMAT_VERSION << '\n'
      << static_cast<const char*>(system.sysname) << ' ' << static_cast<const char*>(system.release)
      << ", " << kernel_interface(proc_root, pid) << '\n';
}

}  // namespace cpctl
