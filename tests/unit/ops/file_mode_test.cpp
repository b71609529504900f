// --chmod: octal and symbolic modes.
#include "src/ops/file_mode.h"

#include <doctest/doctest.h>

#include "tests/unit/ops/support.h"

namespace cbuild::ops {

TEST_CASE("FileMode::apply gives what chmod(1) gives") {
  struct Row {
    std::string text;
    mode_t before;
    bool directory;
    mode_t after;
  };

  const Row rows[] = {
      {"755", 0600, false, 0755},
      {"0644", 0777, true, 0644},
      {"4755", 0600, false, 04755},
      {"07777", 0, false, 07777},
      {"0", 0777, false, 0},
      {"u=rwX,go=rX", 0600, false, 0644},
      {"u=rwX,go=rX", 0600, true, 0755},
      {"u=rwX,go=rX", 0100, false, 0755},
      {"+x", 0644, false, 0755},
      {"a-w", 0666, false, 0444},
      {"a+X", 0644, false, 0644},
      {"a+X", 0744, false, 0755},
      {"-x,+X", 0755, false, 0644},
      {"u+s", 0755, false, 04755},
      {"g+s", 0755, false, 02755},
      {"+t", 0777, true, 01777},
      {"o=", 0777, false, 0770},
      {"u=", 04755, false, 0055},
      {"ug=rw,o=", 0777, false, 0660},
      {"u+r-w", 0200, false, 0400},
      {"go-rwx", 0100777, false, 0700},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CAPTURE(row.before);
    CHECK(FileMode::parse(row.text).apply(row.before, row.directory) == row.after);
  }
}

TEST_CASE("only octal modes are absolute") {
  CHECK(FileMode::parse("700").absolute());
  CHECK_FALSE(FileMode::parse("u=rwx").absolute());
}

TEST_CASE("FileMode::parse refuses what is no mode, by name") {
  for (const std::string text :
       {"", "8", "7779", "10000", "000755", "77777777777777777777777", "rwx", "u", "u+q", "z+r",
        "u=rw,", ",u=r", "u=g", "+-x y", "0x1ff", "-1", "u\x1b+x"}) {
    CAPTURE(text);
    const std::string message = error_of([&] { FileMode::parse(text); });
    CHECK(holds(message, "is not a file mode"));
    CHECK_FALSE(holds(message, "\x1b"));
  }
}

}  // namespace cbuild::ops
