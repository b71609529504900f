// What is said about a process that failed.
#include "src/ops/exec_failure.h"

#include <doctest/doctest.h>

#include <csignal>

#include "cbuild/sandbox/exit_status.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

graph::Exec shell(const std::string& command) {
  graph::Exec op;
  op.argv = {"/bin/sh", "-c", command};
  return op;
}

sandbox::ExitStatus exit_code(int code) {
  sandbox::ExitStatus status;
  status.code = code;
  return status;
}

}  // namespace

TEST_CASE("the message tells the command and how it ended") {
  const TempTree upper;
  sandbox::ExitStatus killed = exit_code(128 + SIGSEGV);
  killed.signal = SIGSEGV;
  sandbox::ExitStatus greedy = exit_code(137);
  greedy.out_of_memory = true;
  sandbox::ExitStatus limited = greedy;
  limited.memory_limit = 64 << 20;
  limited.memory_peak = (63 << 20) + (1 << 19);
  sandbox::ExitStatus unmeasured = greedy;
  unmeasured.memory_limit = 3ULL << 30;
  sandbox::ExitStatus forking = exit_code(137);
  forking.too_many_processes = 4096;

  struct Row {
    sandbox::ExitStatus status;
    std::string message;
  };

  const Row rows[] = {
      {exit_code(3), "process \"/bin/sh -c make\" did not complete successfully: exit code: 3"},
      {killed, "ended by signal 11 (SIGSEGV)"},
      {greedy, "was killed: out of memory: this machine, or the control group"},
      {limited, "was killed: out of memory: the step reached its limit of 64MiB (peak 63.5MiB)"},
      {unmeasured, "the step reached its limit of 3GiB"},
      {forking, "was killed: it reached the limit of 4096 processes"},
  };
  for (const Row& row : rows) {
    const Error error = failure_of(shell("make"), row.status, upper.fd());
    CHECK(error.kind() == ErrorKind::build);
    CHECK_MESSAGE(holds(error.what(), row.message), error.what());
  }
  CHECK(holds(failure_of(shell("make"), limited, upper.fd()).hint(), "--memory SIZE"));
  CHECK(failure_of(shell("make"), greedy, upper.fd()).hint().empty());
  const Error hostile = failure_of(shell("\x1b[31m"), exit_code(1), upper.fd());
  CHECK(holds(hostile.what(), "\\x1b[31m"));
}

TEST_CASE("an exit code of the shell, or a command that looks like an array, brings a hint") {
  const TempTree upper;

  struct Row {
    std::string command;
    int code;
    std::string hint;
  };

  const Row rows[] = {
      {"make", 2, ""},
      {"maek", 127, "the shell did not find a program"},
      {"./script", 126, "COPY --chmod=755"},
      {"['npm', 'ci']", 127, "is not a JSON array"},
      {" [ \"npm\" ]", 2, "is not a JSON array"},
      {"[“npm”]", 127, "is not a JSON array"},
      {"[ \"$a\" = b ]", 1, ""},  // a test that was false
      {"[ -e /file ]", 2, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const std::string hint = failure_of(shell(row.command), exit_code(row.code), upper.fd()).hint();
    CHECK_MESSAGE((row.hint.empty() ? hint.empty() : holds(hint, row.hint)), hint);
  }
}

}  // namespace cbuild::ops
