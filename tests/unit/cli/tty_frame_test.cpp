// Tests of the live display's frames, without colours: state, size and time → lines.
#include "src/cli/tty_frame.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "cbuild/util/display_width.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {
namespace {

using Outcome = Progress::Outcome;

StepState step(std::string label, double begun) {
  StepState result;
  result.label = std::move(label);
  result.begun = begun;
  return result;
}

StepState finished(std::string label, double begun, double ended, Outcome outcome) {
  StepState result = step(std::move(label), begun);
  result.ended = ended;
  result.outcome = outcome;
  return result;
}

DisplayState busy_build() {
  DisplayState state;
  state.steps.push_back(finished("load Dockerfile", 0, 0.1, Outcome::done));
  state.steps.push_back(finished("[base 1/2] FROM debian:12", 0.1, 0.1, Outcome::cached));
  StepState make =
      step("[build 2/5] RUN make -j8 all check install DESTDIR=/out V=1 CFLAGS=-O2 日本語", 1);
  for (int i = 1; i <= 8; ++i)
    make.output.push_back(fmt::format("cc -c file{}.c", i));
  make.unfinished = "linking";
  state.steps.push_back(make);
  StepState pull = step("pull golang:1.22", 2);
  pull.transfers = {{"3f2a91c0d5e7", 12'000'000, 48'000'000, 2, false},
                    {"9b1c", 7'000'000, 7'000'000, 2, true},
                    {"config", 500, 0, 2, false}};
  state.steps.push_back(pull);
  return state;
}

void check_fits(const std::vector<std::string>& lines, const ScreenSize& size) {
  CHECK(lines.size() < size.rows);
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(display_width(line) < size.columns);
  }
}

TEST_CASE("a frame of 80 columns") {
  const ScreenSize size{80, 30};
  const auto lines = render_frame(busy_build(), 4, {size, false, true});
  check_fits(lines, size);
  CHECK(join(lines, "\n") ==
        "[+] Building 4.0s (2/4)\n"
        " ✔ load Dockerfile                                                         0.1s\n"
        " ✔ [base 1/2] FROM debian:12                                             CACHED\n"
        " ⠋ [build 2/5] RUN make -j8 all check install DESTDIR=/out V=1 CFLAGS=-O2… 3.0s\n"
        "   │ cc -c file4.c\n"
        "   │ cc -c file5.c\n"
        "   │ cc -c file6.c\n"
        "   │ cc -c file7.c\n"
        "   │ cc -c file8.c\n"
        "   │ linking\n"
        " ⠋ pull golang:1.22                                                        2.0s\n"
        "   │ 3f2a91c0d5e7  ━━━━───────────────  12.0MB / 48.0MB    6.00MB/s\n"
        "   │ 9b1c          7.00MB\n"
        "   │ config        500B                 250B/s");
}

TEST_CASE("a frame of 200 columns shows labels in full") {
  const ScreenSize size{200, 50};
  const auto lines = render_frame(busy_build(), 4, {size, false, true});
  check_fits(lines, size);
  CHECK(lines[3].find("CFLAGS=-O2 日本語 ") != std::string::npos);
  CHECK(display_width(lines[3]) == 199);
  CHECK(lines[3].ends_with(" 3.0s"));
}

TEST_CASE("frames fit any screen") {
  DisplayState state = busy_build();
  for (int i = 0; i < 40; ++i) {
    state.steps.push_back(finished(fmt::format("done {}", i), 0, 1, Outcome::done));
    state.steps.push_back(step(fmt::format("running {}", i), 1));
    state.steps.back().output.assign(10, "line");
  }
  for (const std::size_t columns : {1, 13, 20, 40, 80, 200}) {
    for (const std::size_t rows : {4, 5, 10, 24, 60, 200}) {
      CAPTURE(columns);
      CAPTURE(rows);
      const auto lines = render_frame(state, 5, {{columns, rows}, false, true});
      check_fits(lines, {std::max<std::size_t>(columns, 12), rows});
    }
  }
}

TEST_CASE("finished steps make room for running ones, the latest stay") {
  DisplayState state;
  for (int i = 0; i < 30; ++i) {
    state.steps.push_back(finished(fmt::format("step {}", i), 0, 1, Outcome::done));
  }
  state.steps.push_back(step("RUN make", 1));
  state.steps.back().output.assign(10, "line");
  const auto lines = render_frame(state, 2, {{80, 14}, false, true});
  REQUIRE(lines.size() == 13);
  CHECK(lines[1] == " ⋮ 26 finished steps");
  CHECK(lines[2].find("step 26") != std::string::npos);
  CHECK(lines[6].find("RUN make") != std::string::npos);
  CHECK(lines[12] == "   │ line");
}

TEST_CASE("more running steps than rows are counted") {
  DisplayState state;
  for (int i = 0; i < 30; ++i)
    state.steps.push_back(step(fmt::format("step {}", i), 0));
  const auto lines = render_frame(state, 2, {{80, 10}, false, true});
  REQUIRE(lines.size() == 9);
  CHECK(lines.back() == " ⋮ 23 more running");
}

TEST_CASE("the final state shows every step, and the output of what failed") {
  DisplayState state = busy_build();
  state.steps[2].outcome = Outcome::failed;
  state.steps[2].ended = 3;
  const auto lines = render_final(state, 4, {{80, 5}, false, true});
  REQUIRE(lines.size() == 14);
  CHECK(lines[0] == "[+] Building 4.0s (3/4) FAILED");
  CHECK(lines[3].ends_with("FAILED 2.0s"));
  CHECK(lines[4] == "   │ cc -c file1.c");
  CHECK(lines[13].ends_with("CANCELED"));
}

TEST_CASE("without unicode only ASCII is drawn") {
  for (const std::string& line : render_frame(busy_build(), 4, {{50, 30}, false, false})) {
    CAPTURE(line);
    const auto text = line.substr(0, line.find("日本"));
    for (const char c : text)
      CHECK(static_cast<unsigned char>(c) < 0x80);
  }
}

TEST_CASE("colours change nothing but colours") {
  const auto plain = render_frame(busy_build(), 4, {{80, 30}, false, true});
  auto colored = render_frame(busy_build(), 4, {{80, 30}, true, true});
  REQUIRE(plain.size() == colored.size());
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string& line = colored[i];
    for (auto at = line.find('\x1b'); at != std::string::npos; at = line.find('\x1b')) {
      line.erase(at, line.find('m', at) + 1 - at);
    }
    CHECK(line == plain[i]);
  }
}

}  // namespace
}  // namespace cbuild::cli
