// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the differences of two points, mapping by mapping, as they are found;
// as text each call of its functions whole lines.
#pragma once

#include <memory>
#include <ostream>

#include "cpctl/hex_rows.h"

namespace cpctl {

struct DiffReportOptions {
  bool pages = false;       ///< list the runs of pages
  HexRows* rows = nullptr;  ///< and the bytes
};

class DiffReport {
 public:
  static std::unique_ptr<DiffReport> text(std::ostream& out, const DiffReportOptions& options);
  static std::unique_ptr<DiffReport> json(std::ostream& out, const DiffReportOptions& options);

  DiffReport() = default;
  DiffReport(const DiffReport&) = delete;
  DiffReport& operator=(const DiffReport&) = delete;
  virtual ~DiffReport() = default;

  virtual void begin(const checkpoint::AddressRange& range) = 0;
  virtual void add(const checkpoint::DiffRun& run) = 0;
  virtual void end() = 0;
};

}  // namespace cpctl
