// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/report.h"

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "checkpoint/error.h"
#include "support/environment.h"

namespace bench {
namespace {

/// A JSON string.  What cannot stand in one becomes a blank.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return out + '"';
}

std::string join(const std::vector<double>& values) {
  std::ostringstream out;
  out << std::setprecision(15);
  for (std::size_t n = 0; n < values.size(); ++n) out << (n ? "," : "") << values[n];
  return out.str();
}

}  // namespace

double Samples::min() const {
  return *std::min_element(values_.begin(), values_.end());
}

double Samples::max() const {
  return *std::max_element(values_.begin(), values_.end());
}

double Samples::median() const {
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

Report::Report(std::string benchmark, const std::string& json) : benchmark_(std::move(benchmark)) {
  if (!json.empty()) {
    json_.open(json, std::ios::app);
    if (!json_) throw checkpoint::system_failure(json, "open");
  }
  std::cout << benchmark_ << '\n';
  for (const auto& [name, value] : environment()) {
    environment_ += (environment_.empty() ? "" : ",") + quoted(name) + ':' + quoted(value);
    std::cout << "  " << std::left << std::setw(14) << name << value << '\n';
  }
  std::cout << '\n'
            << "  " << std::left << std::setw(46) << "" << std::right << std::setw(10) << "median"
            << std::setw(10) << "min" << std::setw(10) << "max" << '\n';
}

void Report::samples(const std::string& name, const Samples& samples, double scale,
                     const std::string& unit) {
  std::cout << "  " << std::left << std::setw(46) << name << std::right << std::fixed
            << std::setprecision(2) << std::setw(10) << samples.median() * scale << std::setw(10)
            << samples.min() * scale << std::setw(10) << samples.max() * scale << ' ' << unit
            << std::endl;
  json_ << "{\"benchmark\":" << quoted(benchmark_) << ",\"name\":" << quoted(name)
        << ",\"samples\":[" << join(samples.values()) << "],\"median\":" << join({samples.median()})
        << ",\"environment\":{" << environment_ << "}}" << std::endl;
}

void Report::goal(const std::string& name, double ratio, double limit) {
  const bool met = ratio <= limit;
  std::cout << "  " << std::left << std::setw(46) << name << std::right << std::fixed
            << std::setprecision(4) << std::setw(10) << ratio << "   goal: at most " << limit
            << (met ? ", met" : ", MISSED") << '\n'
            << std::endl;
  json_ << "{\"benchmark\":" << quoted(benchmark_) << ",\"name\":" << quoted(name)
        << ",\"ratio\":" << join({ratio}) << ",\"goal\":" << join({limit})
        << ",\"met\":" << (met ? "true" : "false") << ",\"environment\":{" << environment_ << "}}"
        << std::endl;
}

}  // namespace bench
