// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/version.h"

#include <linux/proc_checkpoint.h>
#include <sys/utsname.h>

#include <optional>

#include "checkpoint/error.h"
#include "checkpoint/process.h"
#include "checkpoint/text.h"
#include "cpctl/json.h"

namespace cpctl {
namespace {

using checkpoint::Error;
using checkpoint::str;

struct Kernel {
  std::string name;                        ///< with its release
  std::optional<std::uint64_t> interface;  ///< nothing: it has none, or
  std::string problem;                     ///< why that is not known
};

Kernel this_kernel(const std::string& proc_root, std::uint64_t pid) {
  utsname system{};
  ::uname(&system);
  Kernel kernel;
  kernel.name =
      str(static_cast<const char*>(system.sysname), ' ', static_cast<const char*>(system.release));
  try {
    kernel.interface = checkpoint::Process(proc_root, pid).status().version;
  } catch (const Error& error) {
    if (error.kind() != Error::Kind::no_interface) kernel.problem = error.what();
  }
  return kernel;
}

}  // namespace

void print_version(std::ostream& out, const std::string& proc_root, std::uint64_t pid) {
  const Kernel kernel = this_kernel(proc_root, pid);
  out << "cpctl " CPCTL_VERSION ", checkpoint interface " << PROC_CHECKPOINT_INTERFACE_VERSION
      << ", image format " << PROC_CHECKPOINT_FORMAT_VERSION << '\n'
      << kernel.name << ", ";
  if (kernel.interface)
    out << "checkpoint interface " << *kernel.interface << '\n';
  else if (kernel.problem.empty())
    out << "no checkpoint interface\n";
  else
    out << "checkpoint interface not known: " << kernel.problem << '\n';
}

void write_version(std::ostream& out, const std::string& proc_root, std::uint64_t pid) {
  const Kernel kernel = this_kernel(proc_root, pid);
  Json json(out);
  json.object()
      .field("cpctl", CPCTL_VERSION)
      .field("interface", std::uint64_t{PROC_CHECKPOINT_INTERFACE_VERSION})
      .field("format", std::uint64_t{PROC_CHECKPOINT_FORMAT_VERSION})
      .field("kernel", kernel.name)
      .key("kernel_interface");
  if (kernel.interface)
    json.value(*kernel.interface);
  else
    json.null();
  if (!kernel.problem.empty()) json.field("error", kernel.problem);
  json.end_object();
}

}  // namespace cpctl
