// What the tests of this module share: trees, stores and displays that go away.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cbuild/image/services.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/sandbox/workspace.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"
#include "tests/support/errors.h"
#include "tests/unit/layer/tree.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::image {

using TempTree = layer::Tree;

/// Writes down what it is told, a line each. Thread-safe, but `lines` is read when all is over.
class RecordedProgress final : public Progress {
 public:
  std::size_t on_begin(std::string_view label, std::string_view group) override {
    const std::lock_guard lock(mutex_);
    lines.push_back(fmt::format("begin {}{}{}", group, group.empty() ? "" : " ", label));
    return ++steps_;
  }

  void on_output(std::size_t step, int stream, std::string_view text) override {
    add(fmt::format("output {} {} {}", step, stream, text));
  }

  void on_transfer(std::size_t step,
                   std::string_view item,
                   std::uint64_t done,
                   std::uint64_t total) override {
    add(fmt::format("transfer {} {} {}/{}", step, item, done, total));
  }

  void on_end(std::size_t step, Outcome outcome, std::string_view error) override {
    add(fmt::format("end {} {} {}", step, static_cast<int>(outcome), error));
  }

  void message(std::string_view text) override { add(std::string(text)); }

  std::vector<std::string> lines;

 private:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines.push_back(std::move(line));
  }

  std::mutex mutex_;
  std::size_t steps_ = 0;
};

/// A store and what else an image is worked on with. No registry is asked.
struct World {
  store::TempDirectory directory;
  store::Store store{directory.store()};
  CancelToken cancel;
  registry::Registry registry{{}, cancel};
  RecordedProgress progress;
  sandbox::Workspace workspace{cancel};
  Services services{store, registry, progress, cancel, workspace};
};

}  // namespace cbuild::image
