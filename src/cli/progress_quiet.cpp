// Silence, but for failures; see progress_quiet.h.
#include "src/cli/progress_quiet.h"

#include <fmt/core.h>

namespace cbuild::cli {

namespace {

constexpr std::size_t kKeptLines = 50;

}  // namespace

void QuietProgress::keep(Running& running, std::vector<std::string> lines) {
  for (std::string& line : lines)
    running.last.push_back(std::move(line));
  while (running.last.size() > kKeptLines)
    running.last.pop_front();
}

std::size_t QuietProgress::on_begin(std::string_view label, std::string_view group) {
  const std::lock_guard lock(mutex_);
  running_[next_].label = step_label(label, group);
  return next_++;
}

void QuietProgress::on_output(std::size_t step, int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  Running& running = running_[step];
  keep(running, running.assemblers[stream == 2 ? 1 : 0].feed(text));
}

void QuietProgress::on_end(std::size_t step, Outcome outcome, std::string_view) {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find(step);
  if (found == running_.end()) return;
  Running& running = found->second;
  for (LineAssembler& assembler : running.assemblers)
    keep(running, assembler.finish());
  if (outcome == Outcome::failed) {
    std::string text = running.label + "\n";
    for (const std::string& line : running.last)
      text += fmt::format("  {}\n", line);
    output_.write(text);
  }
  running_.erase(found);
}

}  // namespace cbuild::cli
