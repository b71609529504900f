// Rules of exit statuses: what each end of a sandbox means.
#include "src/sandbox/exit_status.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "cbuild/sandbox/exit_status.h"
#include "cbuild/sandbox/spec.h"
#include "cbuild/util/error.h"
#include "src/sandbox/report.h"
#include "tests/support/errors.h"

namespace cbuild::sandbox {

namespace {

constexpr std::uint64_t kLimit = 77;

siginfo_t ended(int code, int status) {
  siginfo_t info{};
  info.si_code = code;
  info.si_status = status;
  return info;
}

ExitStatus read(const Report& report, const siginfo_t& init = ended(CLD_EXITED, 0)) {
  return read_status(Spec{}, report, init, kLimit);
}

}  // namespace

TEST_CASE("the exit code of a step is its own, or 128 and the signal that ended it") {
  struct Row {
    int wait_status;
    int code;
    int signal;
  };

  constexpr int kDumpedCore = 0x80;
  const Row rows[] = {
      {0, 0, 0},
      {1 << 8, 1, 0},
      {255 << 8, 255, 0},
      {SIGTERM, 143, SIGTERM},
      {SIGKILL, 137, SIGKILL},
      {SIGSEGV | kDumpedCore, 139, SIGSEGV},
  };
  for (const Row& row : rows) {
    CAPTURE(row.wait_status);
    const auto report = std::make_unique<Report>();
    report->ended = true;
    report->wait_status = row.wait_status;
    // How the init ended does not matter then.
    for (const siginfo_t& init : {ended(CLD_EXITED, 0), ended(CLD_KILLED, SIGKILL)}) {
      const ExitStatus status = read(*report, init);
      CHECK(status.code == row.code);
      CHECK(status.signal == row.signal);
      CHECK(status.ok() == (row.code == 0));
      CHECK(status.exec_error == 0);
      CHECK(status.too_many_processes == 0);
    }
  }
}

TEST_CASE("a command that is not there has code 127, one that cannot be executed 126") {
  const auto report = std::make_unique<Report>();
  for (const auto& [error, code] : {std::pair(ENOENT, 127), {EACCES, 126}, {ENOEXEC, 126}}) {
    CAPTURE(error);
    report->exec_error = error;
    const ExitStatus status = read(*report);
    CHECK(status.code == code);
    CHECK(status.exec_error == error);
    CHECK(status.signal == 0);
  }
}

TEST_CASE("a step with too many processes was killed, and the limit is told") {
  const auto report = std::make_unique<Report>();
  report->too_many_processes = true;
  report->ended = true;  // by itself, at the same time
  const ExitStatus status = read(*report);
  CHECK(status.code == 137);
  CHECK(status.signal == SIGKILL);
  CHECK(status.too_many_processes == kLimit);
}

TEST_CASE("SIGKILL of the init is that of the step; any other end before the step is a bug") {
  const auto report = std::make_unique<Report>();
  const ExitStatus status = read(*report, ended(CLD_KILLED, SIGKILL));
  CHECK(status.code == 137);
  CHECK(status.signal == SIGKILL);
  CHECK(status.too_many_processes == 0);

  struct Row {
    siginfo_t init;
    std::string part;
  };

  const Row rows[] = {
      {ended(CLD_KILLED, SIGTERM), "was ended by signal 15"},
      {ended(CLD_DUMPED, SIGSEGV), "was ended by signal 11"},
      {ended(CLD_EXITED, 3), "ended with code 3 before the process did"},
      {ended(CLD_EXITED, SIGKILL), "ended with code 9 before the process did"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.part);
    CHECK(holds(error_of([&] { read(*report, row.init); }), row.part));
  }
}

TEST_CASE("a failed set-up is an error, whatever else the report says") {
  const auto report = std::make_unique<Report>();
  report->error = ENOMEM;
  report->doing = "clone";
  report->exec_error = ENOENT;
  report->ended = true;
  CHECK(holds(error_of([&] { read(*report); }), "set up the sandbox: clone"));
}

}  // namespace cbuild::sandbox
