// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/test_support/files.h"

#include <boost/filesystem.hpp>

#include <fstream>
#include <iterator>
#include <set>

namespace checkpoint {

namespace fs = boost::filesystem;

TempDir::TempDir()
    : path_((fs::temp_directory_path() / fs::unique_path("cpctl-test-%%%%%%%%%%%%")).string()) {
  fs::create_directory(path_);
}

TempDir::~TempDir() {
  boost::system::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string TempDir::operator/(std::string_view name) const {
  return str(path_, '/', name);
}

std::string TempDir::list() const {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(path_))
    names.insert(entry.path().filename().string());
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

void write_file(const std::string& path, ByteView bytes) {
  write_file(path, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void write_file(const std::string& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.flush();
  if (!out) throw system_failure(path, "write");
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw system_failure(path, "open");
  return {std::istreambuf_iterator<char>(in), {}};
}

void make_directories(const std::string& path) {
  fs::create_directories(path);
}

Bytes filled(std::size_t count, unsigned char fill) {
  return Bytes(count, std::byte{fill});
}

std::string to_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace checkpoint
