// Progress of long work: steps with output and transfers. Displays implement
// it; build, push and pull feed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild {

/// A display of steps, fed through handles. Thread-safe. Steps are shown in the order in which they
/// were begun. All texts are untrusted: the display makes them printable.
class Progress {
 public:
  enum class Outcome { done, cached, failed, cancelled };

  /// A step under way: a handle, cheap to copy; the display must outlive it. A default-made one
  /// has no display and does nothing.
  class Step {
   public:
    Step() noexcept = default;

    /// Output of the step's process: 1 = stdout, 2 = stderr; any bytes, lines may come in parts.
    void output(int stream, std::string_view text) const {
      if (display_) display_->on_output(number_, stream, text);
    }

    /// `item` of the step has moved `done` of `total` bytes (0 = unknown); done == total ends it.
    void transfer(std::string_view item, std::uint64_t done, std::uint64_t total) const {
      if (display_) display_->on_transfer(number_, item, done, total);
    }

    /// Every step that was begun ends once. `error` only when failed.
    void end(Outcome outcome, std::string_view error = {}) const {
      if (display_) display_->on_end(number_, outcome, error);
    }

   private:
    friend class Progress;

    Step(Progress* display, std::size_t number) noexcept : display_(display), number_(number) {}

    Progress* display_ = nullptr;
    std::size_t number_ = 0;
  };

  virtual ~Progress() = default;

  /// A step begins, for instance "[build 2/5] RUN make", "exporting to image" or "resolve
  /// docker.io/library/debian:12". `group` names the service or the build that it belongs to, where
  /// there are several at once.
  Step begin(std::string_view label, std::string_view group = {}) {
    return {this, on_begin(label, group)};
  }

  /// A line for the user beside the steps: a warning, a notice.
  virtual void message(std::string_view text) = 0;

  /// A display may draw from a thread of its own, but has none until resume_threads() is called for
  /// the first time; without it, it draws from within the calls above. Who needs to be the only
  /// thread of the process (entering a user namespace) calls suspend_threads() before, which
  /// returns when the thread is gone, and resume_threads() after. Both may be called at any time
  /// and any number of times, from one thread, also when there is nothing to suspend or resume.
  virtual void suspend_threads() {}

  virtual void resume_threads() {}

 protected:
  /// @return the number of the step in the calls below
  virtual std::size_t on_begin(std::string_view label, std::string_view group) = 0;
  virtual void on_output(std::size_t step, int stream, std::string_view text) = 0;
  virtual void on_transfer(std::size_t step,
                           std::string_view item,
                           std::uint64_t done,
                           std::uint64_t total) = 0;
  virtual void on_end(std::size_t step, Outcome outcome, std::string_view error) = 0;
};

/// Runs `action(step)` as one step: done when it returns, failed or cancelled when it throws.
template <typename Action>
auto with_step(Progress& progress, std::string_view label, Action&& action) {
  const Progress::Step step = progress.begin(label);
  const auto guarded = [&] {
    try {
      return std::forward<Action>(action)(step);
    } catch (const Error& error) {
      const bool cancelled = error.kind() == ErrorKind::interrupted;
      step.end(cancelled ? Progress::Outcome::cancelled : Progress::Outcome::failed,
               cancelled ? std::string_view() : std::string_view(error.what()));
      throw;
    }
  };
  if constexpr (std::is_void_v<decltype(guarded())>) {
    guarded();
    step.end(Progress::Outcome::done);
  } else {
    auto result = guarded();
    step.end(Progress::Outcome::done);
    return result;
  }
}

}  // namespace cbuild
