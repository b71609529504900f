// The one family of exceptions, and how context is added to it on the way up.
#pragma once

#include <fmt/core.h>

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace cbuild {

/// What a failure means to the caller of the program; the values are the exit codes of cbuild(1).
enum class ErrorKind {
  build = 1,          ///< a step of the Dockerfile ended with an error
  usage = 2,          ///< the command line or the Dockerfile is wrong
  network = 3,        ///< a registry or the network failed
  machine = 4,        ///< the store or this machine failed
  interrupted = 130,  ///< the user asked to stop (SIGINT); SIGTERM is 143
};

/// Base of everything cbuild throws. The message says what was being done, to what, and why it
/// failed; `hint` says what to do next and is shown on a line of its own; `subject` is the word of
/// the input that is wrong.
class Error : public std::exception {
 public:
  template <typename... Args>
  explicit Error(fmt::format_string<Args...> format, Args&&... args)
      : message_(fmt::format(format, std::forward<Args>(args)...)) {}

  template <typename... Args>
  Error(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args)
      : message_(fmt::format(format, std::forward<Args>(args)...)), kind_(kind) {}

  const char* what() const noexcept override { return message_.c_str(); }

  ErrorKind kind() const noexcept { return kind_; }

  const std::string& hint() const noexcept { return hint_; }

  /// A word as it was given, for a mark under it; empty = the whole input.
  const std::string& subject() const noexcept { return subject_; }

  /// Puts "context: " before the message.
  void prepend(std::string_view context) { message_.insert(0, fmt::format("{}: ", context)); }

  Error& with_hint(std::string hint) {
    hint_ = std::move(hint);
    return *this;
  }

  Error& with_subject(std::string subject) {
    subject_ = std::move(subject);
    return *this;
  }

 private:
  std::string message_;
  std::string hint_;
  std::string subject_;
  ErrorKind kind_ = ErrorKind::machine;
};

/// A system call failed. Construct it right after the call: errno is read before anything else
/// runs.
class SysError : public Error {
 public:
  template <typename... Args>
  explicit SysError(fmt::format_string<Args...> format, Args&&... args)
      : SysError(Code{errno}, fmt::format(format, std::forward<Args>(args)...)) {}

  /// For calls that return the error number instead of setting errno.
  static SysError from_code(int code, std::string_view what) {
    return SysError(Code{code}, std::string(what));
  }

  int code() const noexcept { return code_; }

 private:
  struct Code {
    int value;
  };

  SysError(Code code, const std::string& what);

  int code_;
};

/// Whether an errno says nothing about the file that was to be opened or read, for this machine or
/// its limits failed: the file may well be there, and its name right.
bool is_fault_of_machine(int code) noexcept;

/// Throws the error of a file that the user named as one of usage, unless the machine is to blame.
[[noreturn]] void throw_as_usage(const SysError& error);

/// The user pressed Ctrl-C or the process was told to terminate.
class Interrupted : public Error {
 public:
  Interrupted() : Error(ErrorKind::interrupted, "interrupted") {}
};

/// Runs `action`; an Error that leaves it gets "context: " in front of its message.
template <typename Action>
decltype(auto) with_context(std::string_view context, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (Error& error) {
    error.prepend(context);
    throw;
  }
}

}  // namespace cbuild
