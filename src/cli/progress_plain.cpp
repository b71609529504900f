// Progress as lines; see progress_plain.h.
#include "src/cli/progress_plain.h"

#include <fmt/core.h>

#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

// Seconds between two lines about the same transfer.
constexpr double kTransferInterval = 5;

std::string amount(std::uint64_t done, std::uint64_t total) {
  if (total == 0) return human_size(done);
  return fmt::format("{} / {}", human_size(done), human_size(total));
}

}  // namespace

void PlainProgress::write(std::size_t step, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  std::string text;
  if (last_ != step && last_ != static_cast<std::size_t>(-1)) text += '\n';
  last_ = step;
  for (const std::string& line : lines)
    text += fmt::format("#{} {}\n", step + 1, line);
  output_.write(text);
}

std::vector<std::string> PlainProgress::stamped(const State& state,
                                                std::vector<std::string> lines) const {
  const double elapsed = output_.now() - state.begun;
  for (std::string& line : lines)
    line = fmt::format("{:.3f} {}", elapsed, line);
  return lines;
}

std::size_t PlainProgress::on_begin(std::string_view label, std::string_view group) {
  const std::lock_guard lock(mutex_);
  const std::size_t step = steps_.size();
  steps_.emplace_back().begun = output_.now();
  write(step, {step_label(label, group)});
  return step;
}

void PlainProgress::on_output(std::size_t step, int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  State& state = steps_.at(step);
  write(step, stamped(state, state.assemblers[stream == 2 ? 1 : 0].feed(text)));
}

void PlainProgress::on_transfer(std::size_t step,
                                std::string_view item,
                                std::uint64_t done,
                                std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  const double now = output_.now();
  const auto [found, is_new] =
      steps_.at(step).transfers.try_emplace(std::string(item), Transfer{now, now, false});
  Transfer& transfer = found->second;
  const bool ended = total != 0 && done >= total;
  const bool due = now - transfer.shown >= kTransferInterval;
  if (transfer.ended || (!ended && !due)) return;
  transfer.ended = ended;
  transfer.shown = now;
  write(step, {fmt::format("{} {} {:.1f}s{}", printable(item), amount(done, total),
                           now - transfer.begun, ended ? " done" : "")});
}

void PlainProgress::on_end(std::size_t step, Outcome outcome, std::string_view error) {
  const std::lock_guard lock(mutex_);
  State& state = steps_.at(step);
  for (LineAssembler& assembler : state.assemblers)
    write(step, stamped(state, assembler.finish()));
  switch (outcome) {
    case Outcome::done:
      write(step, {fmt::format("DONE {:.1f}s", output_.now() - state.begun)});
      break;
    case Outcome::cached:
      write(step, {"CACHED"});
      break;
    case Outcome::failed:
      write(step, {fmt::format("ERROR: {}", clean_label(error))});
      break;
    case Outcome::cancelled:
      write(step, {"CANCELED"});
      break;
  }
}

void PlainProgress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  std::string lines;
  if (last_ != static_cast<std::size_t>(-1)) lines += '\n';
  last_ = static_cast<std::size_t>(-1);
  lines += printable(text) + "\n";
  output_.write(lines);
}

}  // namespace cbuild::cli
