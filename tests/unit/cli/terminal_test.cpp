// What kind of terminal a stream is.
#include "src/cli/terminal.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>

#include "cbuild/util/fd.h"

namespace cbuild::cli {
namespace {

TEST_CASE("the first of the variables of a locale that is set decides") {
  struct Row {
    std::map<std::string, std::string> variables;
    bool utf8;
  };

  const Row rows[] = {
      {{}, false},
      {{{"LANG", "C"}}, false},
      {{{"LANG", "en_US.UTF-8"}}, true},
      {{{"LANG", "de_DE.utf8"}}, true},
      {{{"LANG", "en_US.UTF-8"}, {"LC_CTYPE", "C"}}, false},
      {{{"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}, true},
      {{{"LC_CTYPE", "C.UTF-8"}, {"LC_ALL", "POSIX"}}, false},
      {{{"LANG", "C.UTF-8"}, {"LC_ALL", ""}}, true},  // an empty one is not set
      {{{"LC_MESSAGES", "C.UTF-8"}}, false},
  };
  for (const Row& row : rows) {
    const auto lookup = [&](const char* name) -> std::optional<std::string> {
      const auto found = row.variables.find(name);
      return found == row.variables.end() ? std::nullopt : std::optional(found->second);
    };
    CHECK(is_utf8_locale(lookup) == row.utf8);
  }
}

TEST_CASE("a stream that is no terminal is not smart, whatever TERM says") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const Fd read(ends[0]);
  const Fd write(ends[1]);
  CHECK_FALSE(is_smart_terminal(write.get(), "xterm"));
  CHECK_FALSE(is_smart_terminal(-1, "xterm"));
}

TEST_CASE("a terminal is smart unless TERM calls it dumb, or nothing") {
  const Fd terminal(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal) return;  // a machine without /dev/ptmx
  CHECK(is_smart_terminal(terminal.get(), "xterm"));
  CHECK_FALSE(is_smart_terminal(terminal.get(), "dumb"));
  CHECK_FALSE(is_smart_terminal(terminal.get(), ""));
  CHECK_FALSE(is_smart_terminal(terminal.get(), std::nullopt));
}

}  // namespace
}  // namespace cbuild::cli
