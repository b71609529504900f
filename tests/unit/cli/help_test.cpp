// What is said of the program, its commands and its rules.
#include "src/cli/help.h"

#include "src/cli/foreign_flags.h"
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

TEST_CASE("help without a word lists the commands, with one it explains it") {
  const Shell shell;
  CHECK(shell.run("help", {}).out == overview());
  CHECK(shell.run("help", {"images"}).out.starts_with("Usage: cbuild images"));
  const std::string rule = shell.run("help", {"UndefinedVar"}).out;
  CHECK(holds(rule, "UndefinedVar"));
  CHECK(holds(rule, "# check=skip=UndefinedVar\n"));
  CHECK(shell.run("help", {"undefinedvar"}).code == static_cast<int>(ErrorKind::usage));
}

TEST_CASE("an unknown command is told with what was meant, or what is there instead") {
  CHECK(std::string(unknown_command("imags").what()) ==
        "unknown command 'imags' (did you mean images?)");
  CHECK(unknown_command("imags").hint() == "'cbuild help' lists the commands");
  CHECK(std::string(unknown_command("run").what()) == "unknown command 'run'");
  CHECK(holds(unknown_command("run").hint(), "cbuild save"));
  CHECK(unknown_command("swarm").hint() == "'cbuild help' lists the commands");
  CHECK(std::string(unknown_command("\033").what()) == "unknown command '\\x1b'");
}

TEST_CASE("the version is told to people and to programs") {
  const Shell shell;
  CHECK(shell.run("version", {}).out.starts_with("cbuild "));
  CHECK(shell.run("version", {"--format", "json"}).out.starts_with("{\n  \"Version\": \""));
}

TEST_CASE("an empty store takes no space") {
  const Shell shell;
  const std::string text = shell.run("df", {}).out;
  CHECK(text.starts_with("TYPE              COUNT   SIZE   RECLAIMABLE\n"));
  CHECK(holds(text, "Images            0       0B     0B (0%)\n"));
  CHECK(holds(shell.run("df", {"--format", "json"}).out,
              "\"Type\": \"cache-mounts\",\n    \"Count\": 0,\n    \"Size\": 0,\n"
              "    \"Reclaimable\": 0\n"));
}

TEST_CASE("a flag of another builder is refused with what does the same here") {
  const auto told = [](const std::string& word) {
    Args args("build", "Build");
    declare_foreign_flags(args);
    try {
      args.parse(std::vector<std::string>{word});
    } catch (const Error& error) {
      return std::string(error.what()) + "; " + error.hint();
    }
    return std::string("accepted");
  };
  CHECK(told("--destination=app") == "--destination is not supported; use --tag NAME with --push");
  CHECK(told("--arch=arm64") == "--arch is not supported; use --platform OS/ARCH[/VARIANT]");
  CHECK(told("--cache-from=x") == "--cache-from is not supported; ");
  for (const std::string word : {"--rm", "--layers", "--force-rm=true", "--security-opt=x"}) {
    CAPTURE(word);
    CHECK(told(word) == "accepted");
  }
}

}  // namespace
}  // namespace cbuild::cli
