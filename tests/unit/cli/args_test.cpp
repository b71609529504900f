// Tests of the argument parser's rules, on a command of their own.
#include "src/cli/args.h"

#include <doctest/doctest.h>

#include "cbuild/util/error.h"

namespace cbuild::cli {
namespace {

constexpr Args::Foreign kForeign[] = {{"--secret", ""}, {"-D", "use --log-level debug"}};

struct Values {
  std::string path;
  std::string file;
  std::vector<std::string> tags;
  std::optional<std::uint64_t> jobs;
  std::string format = "table";
  bool pull = false;
  std::string when = "never";
  bool quiet = false;
  std::vector<std::string> warnings;
};

Values parse(const std::vector<std::string>& words) {
  Values values;
  Args args("try", "Try the parser");
  args.positional("PATH", values.path, "a path", Args::Need::optional);
  args.option("-f,--file", values.file, "PATH", "a file");
  args.option("-t,--tag", values.tags, "NAME", "a name");
  args.option("-j,--jobs", values.jobs, "N", "a number");
  args.choice("--format", values.format, {"table", "json"}, "a choice");
  args.flag("--pull", values.pull, "a flag");
  args.flag("--when", values.when, {"true", "false", "always"}, "a flag with words");
  args.flag("-q,--quiet", values.quiet, "another");
  args.ineffective_flags({"--rm"});
  args.ineffective_options({"-m,--memory"});
  args.foreign(kForeign);
  args.parse(words);
  values.warnings = args.warnings();
  return values;
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

TEST_CASE("options are given in docker's ways, before and after the positional") {
  const std::vector<std::string> rows[] = {
      {"-t", "a", "--tag=b", "-tc", "-f", "x", "."},
      {".", "-t", "a", "--tag", "b", "-f=x", "-t", "c"},
      {"-t", "a", ".", "-t", "b", "--file", "x", "--tag", "c"}};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    const Values values = parse(rows[i]);
    CHECK(values.tags == std::vector<std::string>{"a", "b", "c"});
    CHECK(values.path == ".");
    CHECK(values.file == "x");
  }
}

TEST_CASE("values keep what looks special") {
  CHECK(parse({"-t", "[a,b]"}).tags == std::vector<std::string>{"[a,b]"});
  CHECK(parse({"-t", "-x"}).tags == std::vector<std::string>{"-x"});
  CHECK(parse({"--tag="}).tags == std::vector<std::string>{""});
  CHECK(parse({"--tag=a=b"}).tags == std::vector<std::string>{"a=b"});
  CHECK(parse({"-f", "-", "-"}).path == "-");
  CHECK(parse({"-f", "-", "-"}).file == "-");
  CHECK(parse({"--", "-x"}).path == "-x");
  CHECK(parse({"[x]"}).path == "[x]");
}

TEST_CASE("positionals take all words that are left, as they are") {
  const auto words_of = [](const std::vector<std::string>& words) {
    std::string first;
    std::vector<std::string> rest;
    bool flag = false;
    Args args("try", "Try the parser");
    args.positional("FIRST", first, "a word");
    args.positionals("REST", rest, "words");
    args.flag("--flag", flag, "a flag");
    args.parse(words);
    return rest;
  };
  CHECK(words_of({"a", "[b,c]", "", "--flag", "d"}) == std::vector<std::string>{"[b,c]", "", "d"});
  CHECK(words_of({"a", "--", "-b", "--", "--flag"}) ==
        std::vector<std::string>{"-b", "--", "--flag"});
  CHECK_THROWS_AS(words_of({"a"}), Error);
  CHECK_THROWS_AS(words_of({"a", "-b"}), Error);
}

TEST_CASE("the last of several values counts") {
  CHECK(parse({"-f", "a", "-f", "b"}).file == "b");
  CHECK(parse({"--format", "json", "--format", "table"}).format == "table");
  CHECK(parse({"-j", "1", "-j", "8"}).jobs == 8);
}

TEST_CASE("flags take =true and =false") {
  CHECK(parse({"--pull"}).pull);
  CHECK(parse({"--pull=true"}).pull);
  CHECK_FALSE(parse({"--pull=false"}).pull);
  CHECK(parse({"-q", "."}).quiet);
  CHECK(parse({"."}).when == "never");
  CHECK(parse({"--when", "."}).when == "true");
  CHECK(parse({"--when", "."}).path == ".");
  CHECK(parse({"--when=always", "--when=false"}).when == "false");
}

TEST_CASE("what is not understood is refused by name") {
  struct Row {
    std::vector<std::string> words;
    std::string message;
  };

  const Row rows[] = {
      {{"--secret", "id=x", "."}, "--secret is not supported"},
      {{"--secret=id=x", "."}, "--secret is not supported"},
      {{"-D"}, "-D is not supported"},
      {{"--tga", "x", "."}, "unknown flag --tga (did you mean --tag?)"},
      {{"--quux"}, "unknown flag --quux"},
      {{"-x"}, "unknown flag -x"},
      {{"a", "b"}, "unexpected argument 'b'"},
      {{"-j", "many"}, "--jobs: 'many' is not a number"},
      {{"--format", "xml"}, "--format: 'xml' is not supported (want table, json)"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    CHECK(refusal(row.words) == row.message);
  }
  CHECK(refusal({"--file"}) == "--file needs a value");
  CHECK(refusal({"-t"}) == "--tag needs a value");
  CHECK(refusal({"--pull=maybe"}).find("--pull") != std::string::npos);
  CHECK(refusal({"--when=maybe"}) == "--when: 'maybe' is not supported (want true, false, always)");
}

TEST_CASE("a flag of another builder is refused with what to use instead") {
  try {
    parse({"-D"});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.hint() == "use --log-level debug");
  }
}

TEST_CASE("flags without effect are accepted and told about") {
  CHECK(parse({"--rm", "--memory", "1g", "."}).warnings ==
        std::vector<std::string>{"--rm has no effect", "--memory has no effect"});
  CHECK(parse({"-m", "1g", "."}).path == ".");
  CHECK(parse({"."}).warnings.empty());
}

TEST_CASE("missing positionals are named") {
  std::string value;
  std::vector<std::string> many;
  Args args("try", "Try");
  args.positional("SOURCE", value, "one");
  args.positionals("REST", many, "others");
  CHECK_THROWS_WITH_AS(args.parse(std::vector<std::string>{"a"}), "REST is missing", Error);
}

TEST_CASE("positionals take all the words that are left") {
  std::vector<std::string> many;
  bool flag = false;
  Args args("try", "Try");
  args.positionals("REST", many, "others");
  args.flag("-f,--force", flag, "force");
  args.parse(std::vector<std::string>{"a", "-f", "b", "c"});
  CHECK(many == std::vector<std::string>{"a", "b", "c"});
  CHECK(flag);
}

TEST_CASE("help is laid out in columns and asked for anywhere") {
  std::string value;
  bool flag = false;
  Args args("try", "Try the parser");
  args.describe("More about it.");
  args.positional("PATH", value, "A path", Args::Need::optional);
  args.flag("-f,--force", flag, "Force it");
  args.option("--a-rather-long-option", value, "VALUE", "Long");
  args.example("cbuild try .", "here");
  args.parse(std::vector<std::string>{"--help", "--nonsense"});
  CHECK(args.help_wanted());
  CHECK(args.help() ==
        "Usage: cbuild try [OPTIONS] [PATH]\n\n"
        "Try the parser.\n\n"
        "More about it.\n\n"
        "Arguments:\n"
        "  PATH                        A path\n\n"
        "Options:\n"
        "  -f, --force                 Force it\n"
        "      --a-rather-long-option VALUE\n"
        "                              Long\n\n"
        "Examples:\n"
        "  # here\n"
        "  cbuild try .\n");
}

}  // namespace
}  // namespace cbuild::cli
