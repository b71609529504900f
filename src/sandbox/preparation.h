// All that a run needs, made before the clone, and what owns it.
#pragma once

#include <memory>
#include <vector>

#include "child.h"
#include "pids_cgroup.h"
#include "report.h"

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

struct Pipe {
  Fd read;
  Fd write;
};

/// A Report in memory shared with the child.
class SharedReport {
 public:
  SharedReport();
  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;

  ~SharedReport();

  int fd() const noexcept { return memory_.get(); }

  Report* get() const noexcept { return report_; }

 private:
  Fd memory_;
  Report* report_ = nullptr;
};

/// Owns what a Launch borrows. The spec must outlive it.
class Preparation {
 public:
  /// @throws Error when something cannot be had, or a wish of the spec cannot be kept
  explicit Preparation(const Spec& spec);

  const Report& report() const noexcept { return *report_.get(); }

  Launch launch{};
  Pipe out;
  Pipe err;

 private:
  void add_mount(const Mount& mount);

  std::vector<Fd> trees_;
  std::unique_ptr<PidsCgroup> cgroup_;
  Fd parent_;
  SharedReport report_;
};

}  // namespace cbuild::sandbox
