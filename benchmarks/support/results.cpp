// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/results.h"

#include <iomanip>
#include <iostream>
#include <sstream>

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

std::string object(const Case& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs)
    out += (out.empty() ? "" : ",") + quoted(name) + ':' + quoted(value);
  return '{' + out + '}';
}

std::string list(const std::vector<double>& values) {
  std::ostringstream out;
  out << std::setprecision(15);
  for (std::size_t n = 0; n < values.size(); ++n) out << (n != 0 ? "," : "") << values[n];
  return '[' + out.str() + ']';
}

std::string label(const Case& with, const std::string& subject) {
  std::string out;
  for (const auto& [name, value] : with) out += name + ' ' + value + ", ";
  return out + subject;
}

struct Printed {
  double scale;
  std::string unit;
};

Printed printed(const std::string& unit) {
  if (unit == "ns") return {1e-6, "ms"};
  if (unit == "bytes") return {1.0 / (1 << 20), "MiB"};
  return {1, unit};
}

}  // namespace

Results::Results(std::string question, const std::string& json) : question_(std::move(question)) {
  if (!json.empty()) {
    json_.open(json, std::ios::app);
    if (!json_) throw checkpoint::system_failure(json, "open");
  }
  std::cout << '\n'
            << std::left << std::setw(76) << question_ << std::right << std::setw(12) << "median"
            << std::setw(12) << "min" << std::setw(12) << "max" << std::endl;
}

void Results::add(const Case& with, const std::string& subject, const std::string& metric,
                  const std::string& unit, const Samples& samples) {
  const Printed as = printed(unit);
  std::cout << "  " << std::left << std::setw(74) << label(with, subject) + ": " + metric
            << std::right << std::fixed << std::setprecision(3) << std::setw(12)
            << samples.median() * as.scale << std::setw(12) << samples.min() * as.scale
            << std::setw(12) << samples.max() * as.scale << ' ' << as.unit << std::endl;
  line(",\"case\":" + object(with) + ",\"subject\":" + quoted(subject) + ",\"metric\":" +
       quoted(metric) + ",\"unit\":" + quoted(unit) + ",\"samples\":" + list(samples.values()));
}

void Results::skip(const Case& with, const std::string& subject, const std::string& reason) {
  std::cout << "  " << label(with, subject) << ": left out: " << reason << std::endl;
  line(",\"case\":" + object(with) + ",\"subject\":" + quoted(subject) +
       ",\"skipped\":" + quoted(reason));
}

void Results::complete() {
  line(",\"complete\":true");
}

void Results::line(const std::string& rest) {
  json_ << "{\"question\":" << quoted(question_) << rest << '}' << std::endl;
}

std::string environment_line(const std::string& profile) {
  Case all = environment();
  all.emplace_back("profile", profile);
  return "{\"environment\":" + object(all) + '}';
}

}  // namespace bench
