// Owns everything that a sandbox needs; all of it is made before the clone.
#pragma once

#include <memory>
#include <vector>

#include "cbuild/sandbox/limits.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/pipe.h"
#include "src/sandbox/clone.h"
#include "src/sandbox/device_opener.h"

namespace cbuild::sandbox {

struct Launch;
class ChrootRoot;
struct GroupLimits;
struct ProcessFacts;
struct ProcessLimit;
struct Report;
struct Spec;
class StepCgroup;
struct WorkspaceFacts;

/// A Report in memory shared with the child.
class SharedReport {
 public:
  SharedReport();
  SharedReport(const SharedReport&) = delete;
  SharedReport& operator=(const SharedReport&) = delete;

  ~SharedReport();

  Report* get() const noexcept { return report_; }

 private:
  Report* report_ = nullptr;
};

/// What a process needs that enters a running sandbox. Descriptors are borrowed.
struct Entrance {
  std::vector<int> namespaces;  ///< as Launch::entered
  TargetCgroup cgroup;
  const std::vector<ResourceLimit>& limits;
};

/// A pair of connected sockets.
struct Channel {
  Fd parent;
  Fd child;
};

/// Owns what a Launch borrows. The spec must outlive it.
class Preparation {
 public:
  /// @throws Error for a spec that check_spec() refuses; when something cannot be had, or a wish of
  /// the spec cannot be kept
  Preparation(const Spec& spec, const WorkspaceFacts& facts);
  /// Of a process that enters a running sandbox; the spec has its command and is else that of the
  /// sandbox.
  Preparation(const Spec& spec, const WorkspaceFacts& facts, const Entrance& entrance);
  ~Preparation();

  Launch& launch() noexcept { return *launch_; }

  const Report& report() const noexcept { return *report_.get(); }

  /// Of the spec, or one that was made for its limits.
  const TargetCgroup& cgroup() const noexcept { return cgroup_; }

  /// Of each process, with those that stand for limits of the group.
  const std::vector<ResourceLimit>& limits() const noexcept;

  /// The files that stand for devices; empty where there are devices.
  StandIns stand_ins() const;

  /// The pipe that tells that the program was executed; see kLauncherReport.
  const Fd& status() const noexcept { return status_.read; }

  /// Has `report().exec_error` when the launcher has told of one. Does not wait.
  void receive_exec_error() noexcept;

  /// The parent's ends of the channels of a sandbox; empty where there is none.
  struct Channels {
    Fd init;
    Fd supervision;
  };

  /// Closes what is the child's alone.
  Channels end_of_clone() noexcept;

  /// The root is the step's alone again: what was put in place for it is taken away.
  /// @pre all processes of the sandbox have ended; nothing mounts the root any more
  /// @throws Error
  void release_root(const Spec& spec);

  /// Removes the group that was made here. @pre its processes have ended
  void remove_cgroup() noexcept;

  /// Leaves that group to its processes; a later sandbox removes it.
  void abandon_cgroup() noexcept;

 private:
  void plan_command(const Spec& spec, const WorkspaceFacts& facts);
  void join_groups(const Spec& spec, const ProcessLimit& limit, const ProcessFacts& facts);
  void plan_namespaces(const Spec& spec, const WorkspaceFacts& facts, const ProcessLimit& limit);
  void plan_chroot(const Spec& spec, const ProcessLimit& limit);
  void add_mounts(const Spec& spec);
  void emulate_ids();
  void open_devices_for_it();
  void limit_group(const GroupLimits& asked,
                   const ProcessLimit& processes,
                   const ProcessFacts& facts);
  void note_kept();

  std::unique_ptr<Launch> launch_;
  std::vector<Fd> trees_;
  std::unique_ptr<StepCgroup> own_cgroup_;
  Fd given_procs_;
  TargetCgroup cgroup_;
  Channel channel_;
  Pipe status_;
  Channel supervision_;
  Fd null_device_;
  Fd parent_;
  SharedReport report_;
  Fd scopes_;
  Fd ruleset_;
  std::unique_ptr<ChrootRoot> chroot_root_;  ///< after `report_`, which has its stubs
};

}  // namespace cbuild::sandbox
