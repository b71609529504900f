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
      // What chmod of coreutils 9.1 makes of 2754, and of other modes.
      {"g=u", 02754, false, 0774},
      {"g=u", 0640, false, 0660},
      {"u=g", 02754, false, 02554},
      {"a=u", 02754, false, 0777},
      {"=u", 02754, false, 0777},
      {"ug=o", 02754, false, 0444},
      {"g=o,o=", 02754, false, 0740},
      {"o+u", 02754, false, 02757},
      {"go-u", 02754, false, 02700},
      {"u-g", 02754, false, 02254},
      {"o=u-w", 0640, false, 0644},
      {"o=u+t", 02754, false, 03757},
      {"u=rwx,go=u-w", 02754, false, 0755},
      {"o-rwx", 02754, false, 02750},
      {"+t", 02754, false, 03754},
      {"a+t", 02754, false, 03754},
      {"o+t", 02754, false, 03754},
      {"u+t", 02754, false, 02754},
      {"a+X", 02754, false, 02755},
      {"go+X", 02754, false, 02755},
      {"+X", 0644, false, 0644},
      {"u=X", 02754, false, 02154},
      {"a=X", 0644, true, 0111},
      {"a=rwX", 02754, false, 0777},
      {"a-x+X", 02754, false, 02644},
      {"u+s", 02754, false, 06754},
      {"+s", 02754, false, 06754},
      {"o+s", 02754, false, 02754},
      {"o=s", 02754, false, 02750},
      {"=s", 02754, false, 06000},
      {"=t", 02754, false, 01000},
      {"g-s", 02754, false, 0754},
      {"u+rwxs", 02754, false, 06754},
      {"=", 02754, false, 0},
      {"a=", 02754, false, 0},
      {"u=", 02754, false, 02054},
      {"+", 02754, false, 02754},
      {"u+", 02754, false, 02754},
      {"+x", 02754, false, 02755},
      {"-r", 02754, false, 02310},
      {"=rx", 02754, false, 0555},
      {"u=rw+x", 02754, false, 02754},
      {"uu+x", 02754, false, 02754},
      {"+rw,u-x", 02754, false, 02676},
      {"u=rw,g=r,o=", 02754, false, 0640},
      {"+755", 02754, false, 02755},
      {"=644", 02754, false, 0644},
      {"-111", 02754, false, 02644},
      {"00755", 02754, false, 0755},
      {"000000755", 02754, false, 0755},
      {"01755", 02754, false, 01755},
      {"+t", 0755, true, 01755},
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
       {"", "8", "7779", "10000", "77777777777777777777777", "rwx", "u", "u+q", "z+r", "u=rw,",
        ",u=r", "g=us", "g=ur", "u+755", "+7x", "+-x y", "0x1ff", "u\x1b+x"}) {
    CAPTURE(text);
    const std::string message = error_of([&] { FileMode::parse(text); });
    CHECK(holds(message, "is not a file mode"));
    CHECK_FALSE(holds(message, "\x1b"));
  }
}

TEST_CASE("FileMode::parse names the letter that is wrong") {
  struct Row {
    std::string text;
    std::string why;
  };

  const Row rows[] = {
      {"u+q", "'q' is not one of r, w, x, X, s, t, u, g and o"},
      {"z+r", "'z' is not one of u, g, o, a, +, - and ="},
      {"ug", "an operator is missing"},
      {"u r", "' ' is not one of +, - and ="},
      {"0788", "'8' is not one of the octal digits"},
      {"17777", "more than 7777"},
      {"g=us", "'u' cannot be combined with other letters"},
      {"", "it is empty"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(holds(error_of([&] { FileMode::parse(row.text); }), row.why));
  }
}

}  // namespace cbuild::ops
