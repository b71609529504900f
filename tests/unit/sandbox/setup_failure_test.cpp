// Rules of the errors of a sandbox that could not be set up: what they say, and who is to blame.
#include "src/sandbox/setup_failure.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "cbuild/util/mount.h"
#include "src/sandbox/overlay_support.h"
#include "src/sandbox/report.h"
#include "tests/support/errors.h"

namespace cbuild::sandbox {

namespace {

Error failure(const Spec& spec, const char* doing, const char* subject, int error) {
  const auto report = std::make_unique<Report>();
  report->doing = doing;
  report->subject = subject;
  report->error = error;
  return setup_failure(spec, *report);
}

}  // namespace

TEST_CASE("a mount point that does not fit the image is an error of the Dockerfile") {
  struct Row {
    int error;
    std::string part;
    bool has_hint;
  };

  const Row rows[] = {
      {ENOTDIR, "cannot mount a directory on /a/b: the image has a file there", false},
      {EISDIR, "cannot mount a file on /a/b: the image has a directory there", false},
      {E2BIG, "cannot mount on /a/b: the image does not contain it, and cbuild creates at most 256",
       true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.part);
    const Error error = failure({}, kMounting, "/a/b", row.error);
    CHECK(error.kind() == ErrorKind::build);
    CHECK(holds(error.what(), row.part));
    CHECK(error.hint().empty() == !row.has_hint);
    // The same number says nothing of the image when something else failed.
    const Error other = failure({}, "make", "/a/b", row.error);
    CHECK(other.kind() == ErrorKind::machine);
    CHECK(holds(other.what(), "set up the sandbox: make /a/b: "));
  }
}

TEST_CASE("a step that the machine refuses is named, with a hint where a remedy is known") {
  struct Row {
    const char* doing;
    const char* subject;
    int error;
    std::string message;
    std::string hint;  ///< part of it; "" = none
  };

  const Row rows[] = {
      {kMounting, "/proc", EPERM, "set up the sandbox: mount /proc: ", "parts of /proc are masked"},
      {kMounting, "/sys", EACCES, "set up the sandbox: mount /sys: ", "parts of /sys are masked"},
      {kMounting, "/sys/fs", EPERM, "mount /sys/fs: ", "seccomp or AppArmor"},
      {"open", "/proc", EPERM, "set up the sandbox: open /proc: ", "seccomp or AppArmor"},
      {"unshare", nullptr, EPERM, "set up the sandbox: unshare: ", "seccomp or AppArmor"},
      {kInstallingNotifications, nullptr, EBUSY, "set up the sandbox: install the filter",
       "SCMP_ACT_NOTIFY"},
      {"join", nullptr, EBUSY, "set up the sandbox: join: ", ""},
      {"clone", nullptr, EAGAIN, "set up the sandbox: clone: ", "--pids-limit"},
      {kMounting, "/proc", EINVAL, "set up the sandbox: mount /proc: ", ""},
      {"clone", "", ENOMEM, "set up the sandbox: clone: ", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const Error error = failure({}, row.doing, row.subject, row.error);
    CHECK(error.kind() == ErrorKind::machine);
    CHECK(holds(error.what(), row.message));
    CHECK(holds(error.hint(), row.hint));
    CHECK(error.hint().empty() == row.hint.empty());
  }
}

TEST_CASE("a root that cannot be mounted is told with the options of its overlay") {
  Spec spec;
  spec.root = {"/proc", {"1", "2"}, "u", "w"};
  const Error error = failure(spec, kMountingRoot, nullptr, ENODEV);
  CHECK(holds(error.what(), "mount an overlay in /proc (userxattr,lowerdir=1:2,upperdir=u,"));
  CHECK(holds(error.hint(), "modprobe overlay"));
}

TEST_CASE("a hint to a failed overlay is given for writable ones, by the reason") {
  const OverlayMount writable{"/proc", {"1"}, "u", "w"};
  const OverlayMount readable{"/proc", {"1"}, "", ""};
  for (const auto& [code, part] : {std::pair(ENODEV, "modprobe overlay"),
                                   {EPERM, "Linux 5.13"},
                                   {EINVAL, "keep the store on a local file system"},
                                   {EOPNOTSUPP, "keep the store on a local file system"}}) {
    CAPTURE(part);
    CHECK(holds(overlay_failure(writable, code).hint(), part));
    CHECK(overlay_failure(readable, code).hint().empty());
  }
  CHECK(overlay_failure(writable, ENOENT).hint().empty());
}

}  // namespace cbuild::sandbox
