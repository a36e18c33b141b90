// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/diff_report.h"

#include "checkpoint/text.h"
#include "cpctl/json.h"

namespace cpctl {
namespace {

using checkpoint::Difference;
using checkpoint::DiffRun;
using checkpoint::DiffTotals;
using checkpoint::hex;
using checkpoint::kPageSize;
using checkpoint::Mapping;
using checkpoint::printable;
using checkpoint::range_text;
using checkpoint::str;

/// "2 of 3 pages changed (40 bytes), 1 unmapped"; "" if there is nothing to say.
std::string totals_text(const DiffTotals& totals, std::uint64_t pages) {
  std::string text;
  const auto say = [&](std::uint64_t count, std::string_view what) {
    if (count == 0) return;
    if (!text.empty()) text += ", ";
    text += str(count);
    if (text.find(' ') == std::string::npos)
      text += pages == 0 ? " pages" : str(" of ", pages, " pages");
    text += str(' ', what);
  };
  say(totals.changed, str("changed (", totals.bytes_changed, " bytes)"));
  say(totals.appeared, "appeared");
  say(totals.unmapped, "unmapped");
  say(totals.protection, "with another protection");
  say(totals.unknown, "that cannot be compared");
  say(totals.skipped, "not saved");
  return text;
}

class TextReport : public DiffReport {
 public:
  TextReport(std::ostream& out, const DiffReportOptions& options) : out_(out), options_(options) {}

  void begin(const checkpoint::AddressRange& /*range*/) override {}

  void add(const DiffRun& run) override {
    all_.add(run);
    // Devices are skipped in every image: that is no news of a mapping.
    if (run.what == Difference::skipped && !options_.pages) return;
    if (mapping_ != &run.mapping()) open(run);
    totals_.add(run);
    if (why_.empty()) why_ = run.why;
    if (options_.pages) print(run);
    if (options_.rows != nullptr)
      options_.rows->visit(run, [this](const HexRow& row) { out_ << hex_row_text(row); });
  }

  void end() override {
    close();
    if (options_.rows != nullptr && options_.rows->limited())
      out_ << "more bytes differ: --limit 0 prints them all\n";
    const std::string text = totals_text(all_, 0);
    const bool differ =
        all_.changed + all_.appeared + all_.unmapped + all_.protection + all_.unknown != 0;
    out_ << (differ         ? "total: "
             : text.empty() ? "no difference"
                            : "no difference; ")
         << text << '\n';
  }

 private:
  [[nodiscard]] bool on_lines_of_their_own() const {
    return options_.pages || options_.rows != nullptr;
  }

  void open(const DiffRun& run) {
    close();
    mapping_ = &run.mapping();
    heading_ = str(range_text(mapping_->start, mapping_->end), ' ', protection_text(*mapping_));
    if (run.before != nullptr && protection_text(*run.before) != protection_text(*mapping_))
      heading_ += str(" (was ", protection_text(*run.before), ')');
    if (!mapping_->name.empty()) heading_ += str(' ', printable(mapping_->name));
    if (on_lines_of_their_own()) out_ << heading_ << '\n';
  }

  void close() {
    if (mapping_ == nullptr) return;
    const std::uint64_t pages = (mapping_->end - mapping_->start) / kPageSize;
    out_ << (on_lines_of_their_own() ? "  " : heading_ + ": ") << totals_text(totals_, pages);
    if (!why_.empty()) out_ << ": " << why_;
    out_ << '\n';
    mapping_ = nullptr;
    totals_ = {};
    why_.clear();
  }

  void print(const DiffRun& run) {
    out_ << "  " << range_text(run.start, run.end) << ' ' << run.pages() << ' '
         << difference_text(run.what);
    if (run.what == Difference::changed) out_ << " (" << run.bytes << " bytes)";
    if (run.what == Difference::protection)
      out_ << ": " << protection_text(*run.before) << " to " << protection_text(*run.after);
    out_ << '\n';
  }

  std::ostream& out_;
  DiffReportOptions options_;
  const Mapping* mapping_ = nullptr;  ///< whose line is to come
  std::string heading_;               ///< how that begins
  DiffTotals totals_;                 ///< of it
  std::string why_;                   ///< the first reason in it
  DiffTotals all_;
};

class JsonReport : public DiffReport {
 public:
  JsonReport(std::ostream& out, const DiffReportOptions& options) : json_(out), options_(options) {}

  void begin(const checkpoint::AddressRange& range) override {
    json_.object().field("start", hex(range.start)).field("end", hex(range.end));
    json_.key("mappings").array();
  }

  void add(const DiffRun& run) override {
    all_.add(run);
    if (mapping_ != &run.mapping()) open(run.mapping());
    totals_.add(run);
    if (why_.empty()) why_ = run.why;
    if (!options_.pages && options_.rows == nullptr) return;
    json_.object()
        .field("start", hex(run.start))
        .field("end", hex(run.end))
        .field("difference", difference_text(run.what));
    if (run.what == Difference::changed) json_.field("bytes", run.bytes);
    if (run.what == Difference::protection)
      json_.field("protection_before", protection_text(*run.before));
    if (run.what == Difference::unknown) json_.field("why", run.why);
    if (options_.rows != nullptr && run.what == Difference::changed) write_rows(run);
    json_.end_object();
  }

  void end() override {
    close();
    json_.end_array().key("total").object();
    write(all_);
    json_.end_object();
    if (options_.rows != nullptr) json_.field("rows_left_out", options_.rows->limited());
    json_.end_object();
  }

 private:
  void open(const Mapping& mapping) {
    close();
    mapping_ = &mapping;
    json_.object()
        .field("start", hex(mapping.start))
        .field("end", hex(mapping.end))
        .field("protection", protection_text(mapping))
        .field("name", mapping.name);
    if (options_.pages || options_.rows != nullptr) json_.key("runs").array();
  }

  void close() {
    if (mapping_ == nullptr) return;
    if (options_.pages || options_.rows != nullptr) json_.end_array();
    write(totals_);
    if (!why_.empty()) json_.field("why", why_);
    json_.end_object();
    mapping_ = nullptr;
    totals_ = {};
    why_.clear();
  }

  void write(const DiffTotals& totals) {
    json_.field("pages_changed", totals.changed)
        .field("bytes_changed", totals.bytes_changed)
        .field("pages_appeared", totals.appeared)
        .field("pages_unmapped", totals.unmapped)
        .field("pages_protection", totals.protection)
        .field("pages_unknown", totals.unknown)
        .field("pages_skipped", totals.skipped);
  }

  void write_rows(const DiffRun& run) {
    json_.key("rows").array();
    options_.rows->visit(run, [this](const HexRow& row) {
      json_.object()
          .field("address", hex(row.address))
          .field("before", checkpoint::hex_bytes(row.before))
          .field("after", checkpoint::hex_bytes(row.after))
          .end_object();
    });
    json_.end_array();
  }

  Json json_;
  DiffReportOptions options_;
  const Mapping* mapping_ = nullptr;
  DiffTotals totals_;
  std::string why_;
  DiffTotals all_;
};

}  // namespace

std::unique_ptr<DiffReport> DiffReport::text(std::ostream& out, const DiffReportOptions& options) {
  return std::make_unique<TextReport>(out, options);
}

std::unique_ptr<DiffReport> DiffReport::json(std::ostream& out, const DiffReportOptions& options) {
  return std::make_unique<JsonReport>(out, options);
}

}  // namespace cpctl
