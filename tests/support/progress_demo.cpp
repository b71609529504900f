// Plays a build to a progress display, to be looked at: progress_demo [tty|plain|quiet] [SPEED].
#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "src/cli/progress_plain.h"
#include "src/cli/progress_quiet.h"
#include "src/cli/progress_tty.h"
#include "src/cli/terminal.h"

namespace {

using cbuild::Progress;

class Demo {
 public:
  Demo(Progress& progress, double speed) : progress_(progress), speed_(speed) {}

  void play();

 private:
  void wait(double seconds) const {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds / speed_));
  }

  void pull();
  void compile(const std::string& label, int files, bool fails);
  void many();

  Progress& progress_;
  double speed_;
};

void Demo::pull() {
  const Progress::Step step =
      progress_.begin("[base 1/4] FROM docker.io/library/golang:1.22-bookworm");

  struct Layer {
    std::string name;
    std::uint64_t size, done;
  };

  std::vector<Layer> layers;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    layers.push_back(
        {fmt::format("sha256:{:x}e5d0c93b8aa114f", 0x3f2a9100 + i * 7919), i * 11'700'000, 0});
  }
  for (bool moving = true; moving;) {
    moving = false;
    for (Layer& layer : layers) {
      layer.done = std::min(layer.size, layer.done + 700'000 + layer.size / 97);
      moving |= layer.done < layer.size;
      step.transfer(layer.name, layer.done, layer.size);
    }
    wait(0.05);
  }
  step.end(Progress::Outcome::done);
}

void Demo::compile(const std::string& label, int files, bool fails) {
  const Progress::Step step = progress_.begin(label);
  for (int i = 0; i < files; ++i) {
    step.output(
        1 + i % 2,
        fmt::format(
            "\x1b[32m[{:3}%]\x1b[0m Building CXX object src/a/very/long/path/of/the/project/"
            "CMakeFiles/thing.dir/module_{}.cpp.o -O2 -g -Wall -Wextra -std=c++20\n",
            (i + 1) * 100 / files, i));
    step.output(1, fmt::format("\rprogress {}%", i * 100 / files));
    wait(0.12 + 0.05 * std::sin(i));
  }
  if (fails) {
    step.output(2, "\nmodule.cpp:3:1: error: 変数が宣言されていません 🚧\n");
    step.end(Progress::Outcome::failed, "exit code 2");
    return;
  }
  step.end(Progress::Outcome::done);
}

void Demo::many() {
  std::vector<std::thread> threads;
  for (int i = 0; i < 9; ++i) {
    threads.emplace_back([this, i] {
      wait(0.3 * i);
      compile(fmt::format("[stage-{} 3/4] RUN make -C service-{} all", i, i), 12 + 5 * i, false);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

void Demo::play() {
  for (const char* label :
       {"load build definition from Dockerfile", "resolve docker.io/library/golang:1.22-bookworm",
        "[internal] load build context"}) {
    const Progress::Step step = progress_.begin(label);
    wait(0.2);
    step.end(Progress::Outcome::done);
  }
  for (int i = 1; i <= 6; ++i) {
    const Progress::Step step =
        progress_.begin(fmt::format("[deps {}/6] COPY 日本語のファイル名-{}.txt /src/", i, i));
    step.end(Progress::Outcome::cached);
  }
  progress_.resume_threads();
  std::thread puller([this] { pull(); });
  compile(
      "[build 2/5] RUN apt-get update && apt-get install -y --no-install-recommends "
      "build-essential "
      "cmake ninja-build ca-certificates curl git libssl-dev zlib1g-dev && rm -rf /var/lib/apt",
      25, false);
  puller.join();
  progress_.message(
      "cbuild: warning: Dockerfile:7: the name of the stage is in capitals (StageNameCasing)");
  many();
  compile("[test 5/5] RUN make check", 10, true);
  progress_.begin("exporting to image").end(Progress::Outcome::cancelled);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "tty";
  const double speed = argc > 2 ? std::strtod(argv[2], nullptr) : 1;
  const cbuild::cli::DisplayOutput output{cbuild::cli::write_to_stderr,
                                          cbuild::cli::monotonic_seconds};
  if (kind == "plain") {
    cbuild::cli::PlainProgress progress(output);
    Demo(progress, speed).play();
  } else if (kind == "quiet") {
    cbuild::cli::QuietProgress progress(output);
    Demo(progress, speed).play();
  } else {
    cbuild::cli::TtyOptions options;
    options.screen_size = cbuild::cli::stderr_size;
    options.color = kind != "mono";
    options.unicode = kind != "ascii";
    cbuild::cli::TtyProgress progress(output, options);
    Demo(progress, speed).play();
  }
}
