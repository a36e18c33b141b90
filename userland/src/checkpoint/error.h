// SPDX-License-Identifier: GPL-2.0-or-later
// The one exception of this project.  It says what is wrong, with which file
// or process, what was found and expected, and what the user can do about it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace checkpoint {

class Error : public std::runtime_error {
 public:
  /// Decides the exit status, see cpctl(1).
  enum class Kind { failed, usage, damaged, no_interface };

  Error(Kind kind, std::string subject, std::string problem);

  /// Say more; each returns *this.
  Error& found(std::string text);
  Error& expected(std::string text);
  Error& hint(std::string text);

  /// Ends the text with "; @text".
  Error& add(std::string_view text);

  /// Names the subject unless a deeper level already did.
  Error& subject_if_none(std::string_view subject);

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& subject() const { return subject_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }
  /// errno of the system call that failed, else 0.
  [[nodiscard]] int system_errno() const { return errno_; }

  /// "SUBJECT: PROBLEM (found F, expected E)", without the hint.
  [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

 private:
  friend Error system_failure(std::string subject, const std::string& action, int error);
  void compose();

  Kind kind_;
  int errno_ = 0;
  std::string subject_, problem_, more_, found_, expected_, hint_, text_;
};

/// What @function returns; its errors are about @subject unless they say so.
template <typename Function>
auto with_subject(std::string_view subject, Function function) {
  try {
    return function();
  } catch (Error& error) {
    error.subject_if_none(subject);
    throw;
  }
}

/// "SUBJECT: cannot ACTION: <text of the errno>".  @error: errno when left out.
Error system_failure(std::string subject, const std::string& action, int error);
Error system_failure(std::string subject, const std::string& action);

/// An Error of kind damaged whose subject the caller adds.
Error damaged(std::string problem);

/// A wrong use of the command line.
Error usage_error(std::string problem);

}  // namespace checkpoint
