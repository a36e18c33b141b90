// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkpoint/error.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include "checkpoint/text.h"

namespace checkpoint {

Error::Error(Kind kind, std::string subject, std::string problem)
    : std::runtime_error(""),
      kind_(kind),
      subject_(std::move(subject)),
      problem_(std::move(problem)) {
  compose();
}

Error& Error::found(std::string text) {
  found_ = std::move(text);
  compose();
  return *this;
}

Error& Error::expected(std::string text) {
  expected_ = std::move(text);
  compose();
  return *this;
}

Error& Error::hint(std::string text) {
  hint_ = std::move(text);
  return *this;
}

Error& Error::add(std::string_view text) {
  more_ = text;
  compose();
  return *this;
}

Error& Error::subject_if_none(std::string_view subject) {
  if (subject_.empty()) subject_ = subject;
  compose();
  return *this;
}

void Error::compose() {
  text_ = subject_.empty() ? problem_ : printable(subject_) + ": " + problem_;
  std::string details;
  if (!found_.empty()) details = "found " + found_;
  if (!expected_.empty()) details += (details.empty() ? "expected " : ", expected ") + expected_;
  if (!details.empty()) text_ += " (" + details + ")";
  if (!more_.empty()) text_ += "; " + more_;
}

Error system_failure(std::string subject, const std::string& action, int error) {
  Error result(Error::Kind::failed, std::move(subject),
               "cannot " + action + ": " + std::generic_category().message(error));
  result.errno_ = error;
  return result;
}

Error system_failure(std::string subject, const std::string& action) {
  const int error = errno;
  return system_failure(std::move(subject), action, error);
}

Error damaged(std::string problem) {
  return {Error::Kind::damaged, "", std::move(problem)};
}

Error usage_error(std::string problem) {
  return {Error::Kind::usage, "", std::move(problem)};
}

}  // namespace checkpoint
