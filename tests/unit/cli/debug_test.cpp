// What `cbuild debug` says that it understood.
#include "tests/unit/cli/command_run.h"

namespace cbuild::cli {
namespace {

constexpr int kUsage = static_cast<int>(ErrorKind::usage);

TEST_CASE("instructions are objects with their flags, form, heredocs and lines") {
  const Shell shell;
  const std::string json =
      shell
          .run("debug", {"ast", "-"},
               "FROM --platform=linux/amd64 a\nRUN [\"x\", \"y\"]\nRUN x\nCOPY <<-'E' /f\n\tb\nE\n")
          .out;
  for (const std::string part :
       {"\"keyword\": \"FROM\",\n    \"flags\": [\n      \"--platform=linux/amd64\"\n    ],\n"
        "    \"form\": null,",
        "\"form\": \"exec\",\n    \"arguments\": [\n      \"x\",\n      \"y\"\n    ]",
        "\"form\": \"shell\"", "\"name\": \"E\",",
        "\"expand\": false,\n        \"strip_tabs\": true",
        "\"first_line\": 4,\n    \"last_line\": 6"}) {
    CAPTURE(part);
    CHECK(holds(json, part));
  }
  CHECK(shell.run("debug", {"ast", "-"}, "COPPY a b\n").code == kUsage);
  CHECK(shell.run("debug", {"ast", "-", "more"}).error == "unexpected argument 'more'");
}

TEST_CASE("a graph takes images that are nowhere for empty, and says so; no store is made") {
  const Shell shell;
  const std::string text = "FROM nowhere\nARG a\nWORKDIR /$a\nFROM scratch AS last\nLABEL b=c\n";
  CHECK(holds(shell.run("debug", {"graph", "-", "--build-arg=a=d", "--target=0"}, text).out,
              "WORKDIR /d"));
  CHECK(holds(shell.shown(), "nowhere:latest is not in the store: assumed to be empty"));
  CHECK(shell.run("debug", {"graph", "--format=dot", "-"}, text).out ==
        "digraph {\n  node [shape=box];\n}\n");
  CHECK(holds(shell.run("debug", {"graph", "--format=json", "-"}, text).out, "\"root\": null"));
  CHECK(holds(shell.run("debug", {"graph", "--target=lst", "-"}, text).error, "last"));
  CHECK(::access(shell.root().c_str(), F_OK) != 0);
}

TEST_CASE("files that are named and cannot be had are the user's fault") {
  const Shell shell;
  const std::string missing = shell.at("missing");
  CHECK(shell.run("debug", {"ast", missing}).error == missing + ": no such file");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"ast", missing},
                                                {"ast", shell.at("in") + "/below"},
                                                {"graph", "-", missing},
                                                {"ignored", missing}}) {
    CAPTURE(words.front());
    CHECK(shell.run("debug", words, "FROM scratch\n").code == kUsage);
  }
}

TEST_CASE("words are expanded with the variables given") {
  struct Row {
    std::vector<std::string> words;
    std::string out;
  };

  const Row rows[] = {
      {{"${f%.*}", "f=a.tar.gz"}, "a.tar\n"},
      {{"$a-$b", "a=1=2"}, "1=2-\n"},
      {{"--escape=`", "`$f", "f=x"}, "$f\n"},
      {{"--words", "a \"b c\" $d", "d=e f"}, "a\nb c\ne\nf\n"},
      {{"--words", ""}, ""},
  };
  const Shell shell;
  for (Row row : rows) {
    CAPTURE(row.out);
    row.words.insert(row.words.begin(), "expand");
    CHECK(shell.run("debug", row.words).out == row.out);
  }
  CHECK(shell.run("debug", {"expand", "a", "=b"}).error == "'=b': want NAME=VALUE");
  CHECK(shell.run("debug", {"expand", "a", "b"}).error == "'b': want NAME=VALUE");
  CHECK(holds(shell.run("debug", {"expand", "--escape=^", "a"}).error, "want \\ or `"));
  CHECK(shell.run("debug", {"expand", "${f"}).code == kUsage);
}

TEST_CASE("paths that a file excludes are printed as they were given") {
  const Shell shell;
  CHECK(shell
            .run("debug", {"ignored", "-", "./a.o", "keep.o", "/b.o", "x/../c.o", "d", "."},
                 "*.o\n!keep.o\n")
            .out == "./a.o\n/b.o\nx/../c.o\n");
  CHECK(holds(shell.run("debug", {"ignored", "-", "a"}, "ok\n[\n").error, "-: line 2: "));
}

TEST_CASE("what else is asked for is refused by name") {
  CHECK(Shell().run("debug", {"frob\033", "x"}).error ==
        "debug frob\\x1b: unknown (want ast, graph, expand or ignored)");
}

}  // namespace
}  // namespace cbuild::cli
