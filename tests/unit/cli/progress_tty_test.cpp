// Tests of the live display on a small terminal of the test's own.
#include "src/cli/progress_tty.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

namespace cbuild::cli {
namespace {

/// Understands what the display writes: text, newline, return, cursor up, erase.
class Screen {
 public:
  void write(std::string_view text) {
    ++writes;
    while (!text.empty()) {
      if (text.front() == '\x1b') {
        text.remove_prefix(escape(text));
        continue;
      }
      const char c = text.front();
      if (c == '\n') {
        ++row_;
        column_ = 0;
      } else if (c == '\r') {
        column_ = 0;
      } else {
        if (rows_.size() <= row_) rows_.resize(row_ + 1);
        rows_[row_].resize(std::max(rows_[row_].size(), column_ + 1), ' ');
        rows_[row_][column_++] = c;
      }
      text.remove_prefix(1);
    }
  }

  std::vector<std::string> rows() const { return rows_; }

  int writes = 0;
  bool cursor_visible = true;

 private:
  std::size_t escape(std::string_view text) {
    const auto end = text.find_first_of("AKJhlm", 2);
    const std::string_view parameters = text.substr(2, end - 2);
    switch (text[end]) {
      case 'A':
        row_ -= std::stoul(std::string(parameters));
        break;
      case 'K':
        if (rows_.size() > row_) rows_[row_].resize(std::min(rows_[row_].size(), column_));
        break;
      case 'J':
        rows_.resize(std::min(rows_.size(), row_));
        break;
      case 'h':
      case 'l':
        if (parameters == "?25") cursor_visible = text[end] == 'h';
        break;
      default:
        break;
    }
    return end + 1;
  }

  std::vector<std::string> rows_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

struct Terminal {
  Screen screen;
  double time = 10;
  ScreenSize size{60, 20};

  DisplayOutput output() {
    return {[this](std::string_view text) { screen.write(text); }, [this] { return time; }};
  }

  TtyOptions options() {
    TtyOptions options;
    options.screen_size = [this] { return size; };
    options.color = false;
    options.unicode = false;
    return options;
  }
};

TEST_CASE("the display redraws in place and freezes in the end") {
  Terminal terminal;
  {
    TtyProgress progress(terminal.output(), terminal.options());
    const auto step = progress.begin("RUN make");
    CHECK(terminal.screen.rows().size() == 2);
    terminal.time += 1;
    step.output(1, "one\ntwo\n");
    CHECK(terminal.screen.rows().size() == 4);
    CHECK(terminal.screen.rows()[3] == "   | two");
    progress.message("cbuild: warning: look");
    CHECK(terminal.screen.rows()[0] == "cbuild: warning: look");
    CHECK(terminal.screen.rows().size() == 5);
    CHECK(terminal.screen.cursor_visible);
    step.end(Progress::Outcome::done);
  }
  const auto rows = terminal.screen.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == "cbuild: warning: look");
  CHECK(rows[1] == "[+] Building 1.0s (1/1) FINISHED");
  CHECK(rows[2] == " * RUN make                                            1.0s");
  CHECK(terminal.screen.cursor_visible);
}

TEST_CASE("a build of cached steps costs two frames") {
  Terminal terminal;
  {
    TtyProgress progress(terminal.output(), terminal.options());
    for (int i = 0; i < 20; ++i) {
      progress.begin(fmt::format("step {}", i)).end(Progress::Outcome::cached);
    }
  }
  CHECK(terminal.screen.writes == 2);
  CHECK(terminal.screen.rows().size() == 21);
}

TEST_CASE("output does not draw more often than ten times a second") {
  Terminal terminal;
  TtyProgress progress(terminal.output(), terminal.options());
  const auto step = progress.begin("RUN yes");
  for (int i = 0; i < 1000; ++i) {
    terminal.time += 0.001;
    step.output(1, "y\n");
  }
  CHECK(terminal.screen.writes <= 12);
}

TEST_CASE("a window made narrower leaves nothing behind") {
  Terminal terminal;
  TtyProgress progress(terminal.output(), terminal.options());
  const auto step = progress.begin("RUN make");
  terminal.time += 1;
  terminal.size.rows = 30;
  step.output(1, "one\n");
  CHECK(terminal.screen.rows().size() == 3);
}

TEST_CASE("the thread can be stopped and started at any time") {
  Terminal terminal;
  TtyProgress progress(terminal.output(), terminal.options());
  progress.suspend_threads();
  progress.resume_threads();
  progress.resume_threads();
  const auto step = progress.begin("RUN make");
  progress.suspend_threads();
  progress.suspend_threads();
  terminal.time += 1;
  step.end(Progress::Outcome::done);
  CHECK(terminal.screen.rows().size() == 2);
  progress.resume_threads();
}

}  // namespace
}  // namespace cbuild::cli
