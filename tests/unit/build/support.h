// What the tests of this module share: a store and the silent company that a build wants.
#pragma once

#include <string>
#include <vector>

#include "cbuild/build/build.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::build {

/// Writes down what it is told, a line each.
class RecordedProgress final : public Progress {
 public:
  std::size_t on_begin(std::string_view label, std::string_view group) override {
    lines.push_back(fmt::format("begin {}{}{}", group, group.empty() ? "" : " ", label));
    return ++steps_;
  }

  void on_output(std::size_t step, int stream, std::string_view text) override {
    lines.push_back(fmt::format("output {} {} {}", step, stream, text));
  }

  void on_transfer(std::size_t step,
                   std::string_view item,
                   std::uint64_t done,
                   std::uint64_t total) override {
    lines.push_back(fmt::format("transfer {} {} {}/{}", step, item, done, total));
  }

  void on_end(std::size_t step, Outcome outcome, std::string_view error) override {
    lines.push_back(fmt::format("end {} {} {}", step, static_cast<int>(outcome), error));
  }

  void message(std::string_view text) override { lines.push_back(std::string(text)); }

  std::vector<std::string> lines;

 private:
  std::size_t steps_ = 0;
};

struct World {
  store::TempDirectory directory;
  store::Store store{directory.store()};
  CancelToken cancel;
  registry::Registry registry{{}, cancel};
  RecordedProgress progress;
  Environment environment{store, registry, progress, cancel};
};

}  // namespace cbuild::build
