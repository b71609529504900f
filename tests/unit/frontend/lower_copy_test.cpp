// What COPY and ADD come to: sources, flags, and their history.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/graph/vertex_id.h"
#include "tests/support/errors.h"
#include "tests/unit/frontend/lower_support.h"

using namespace cbuild;
using namespace cbuild::test::lowering;

namespace {

using Strings = std::vector<std::string>;

const std::string kDigest = "sha256:" + std::string(64, 'a');

Lowered lower_copy(const std::string& lines) {
  return lower_text("FROM debian AS base\nRUN one\nFROM debian\nENV E= V=v W='a b'\n" + lines);
}

const graph::Copy& copy_of(const Lowered& lowered) {
  return std::get<graph::Copy>(lowered.graph[lowered.root].op);
}

std::string refusal(const std::string& lines) {
  return error_of([&] { lower_copy(lines); });
}

/// What the inputs of the copy are, besides the root file system: "context http git exec".
std::string inputs_of(const Lowered& lowered) {
  std::string text;
  const std::vector<graph::VertexId>& inputs = lowered.graph[lowered.root].inputs;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == graph::kNoInput) {
      text += "scratch ";
      continue;
    }
    const graph::Op& op = lowered.graph[inputs[i]].op;
    if (std::holds_alternative<graph::ContextSource>(op)) text += "context ";
    if (std::holds_alternative<graph::HttpSource>(op)) text += "http ";
    if (std::holds_alternative<graph::GitSource>(op)) text += "git ";
    if (std::holds_alternative<graph::ImageSource>(op)) text += "image ";
    if (std::holds_alternative<graph::Exec>(op)) text += "exec ";
  }
  return text;
}

}  // namespace

TEST_CASE("where the sources of COPY and ADD are") {
  struct Row {
    std::string line;
    std::string inputs;
    std::vector<std::size_t> source_inputs;
    bool from_context;
  };

  const Row rows[] = {
      {"COPY a b /d/", "context ", {}, true},
      {"COPY --from=base a /d", "exec ", {}, false},
      {"COPY --from=0 a /d", "exec ", {}, false},
      {"COPY --from=nginx a /d", "image ", {}, false},
      {"COPY --from=scratch a /d", "scratch ", {}, false},
      {"COPY <<E /d\nE", "", {}, true},
      {"COPY <<E a /d/\nE", "context ", {}, true},
      {"ADD a b /d/", "context ", {}, true},
      {"ADD <<E /d\nE", "", {}, true},
      {"ADD http://h/a /d", "http ", {}, true},
      {"ADD http://h/a.git /d", "git ", {}, true},
      {"ADD a http://h/a b http://h/b.git /d/", "context http git ", {1, 2, 1, 3}, true},
      {"ADD http://h/a a /d/", "http context ", {1, 2}, true},
      {"ADD http://h/a http://h/b /d/", "http http ", {1, 2}, true},
      {"ADD http://h/$V /d", "http ", {}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Lowered lowered = lower_copy(row.line);
    CHECK(inputs_of(lowered) == row.inputs);
    CHECK(copy_of(lowered).source_inputs == row.source_inputs);
    CHECK(copy_of(lowered).from_context == row.from_context);
  }
}

TEST_CASE("ADD unpacks what is here, COPY nothing, and --unpack decides") {
  struct Row {
    std::string line;
    bool archives, downloads;
  };

  const Row rows[] = {
      {"COPY a /d", false, false},
      {"ADD a /d", true, false},
      {"ADD http://h/a /d", true, false},
      {"ADD <<E /d\nE", false, false},
      {"ADD --unpack a /d", true, true},
      {"ADD --unpack=true http://h/a /d", true, true},
      {"ADD --unpack=false a /d", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Lowered lowered = lower_copy(row.line);
    CHECK(copy_of(lowered).unpack_archives == row.archives);
    CHECK(copy_of(lowered).unpack_downloads == row.downloads);
  }
}

TEST_CASE("the history of COPY and ADD has what decides the layer, the label what is written") {
  struct Row {
    std::string line;
    std::string history, label;
  };

  const Row rows[] = {
      {"COPY a  $V /d/", "COPY a v /d/ # buildkit", "COPY a v /d/"},
      {"copy --from=base a d", "COPY a d # buildkit", "COPY --from=base a d"},
      {"COPY --chmod=600 --chown=1:2 a d", "COPY --chown=1:2 --chmod=600 a d # buildkit",
       "COPY --chown=1:2 --chmod=600 a d"},
      {"COPY --parents --exclude=b --exclude=$V a d", "COPY --parents a d # buildkit",
       "COPY --exclude=b --exclude=v --parents a d"},
      {"COPY <<A <<-'B' a d/\nA\n\tB", "COPY a <<A <<B d/ # buildkit", "COPY a <<A <<B d/"},
      {"COPY [\"a b\", \"d\"]", "COPY a b d # buildkit", "COPY a b d"},
      {"ADD --checksum=" + kDigest + " http://u:p@h/a d", "ADD http://xxxxx@h/a d # buildkit",
       "ADD http://xxxxx@h/a d"},
      {"ADD --unpack --keep-git-dir a d", "ADD a d # buildkit", "ADD a d"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Lowered lowered = lower_copy(row.line);
    CHECK(last_history(lowered) == row.history);
    CHECK(lowered.graph[lowered.root].label == "[stage-1 2/2] " + row.label);
  }
}

TEST_CASE("--link is its own layer, but for --chmod and for names of the image") {
  const auto rebases = [](const std::string& flags) {
    const Lowered lowered = lower_copy("COPY --link " + flags + " a /d");
    return std::holds_alternative<graph::Rebase>(lowered.graph[lowered.root].op);
  };
  CHECK(rebases(""));
  CHECK(rebases("--chown=1:2"));
  CHECK(rebases("--chmod=$E"));
  CHECK_FALSE(rebases("--chmod=600"));
  CHECK_FALSE(rebases("--chown=app"));
  // On nothing there is nothing to be put upon.
  const Lowered scratch = lower_text("FROM scratch\nCOPY --link a /d");
  CHECK(std::holds_alternative<graph::Copy>(scratch.graph[scratch.root].op));
  CHECK(scratch.layers.size() == 1);
}

TEST_CASE("words of a copy expand, and heredocs whose name is not quoted") {
  const graph::Copy op = copy_of(lower_copy(
      "WORKDIR /w\nCOPY --exclude=$W --chown=$V:1 $V \"$W\" <<A <<'B' $V/\n$V\nA\n$V\nB"));
  CHECK(op.sources == Strings{"v", "a b"});
  CHECK(op.excludes == Strings{"a b"});
  CHECK(op.owner == "v:1");
  CHECK(op.destination == "/w/v/");
  REQUIRE(op.inline_files.size() == 2);
  CHECK(op.inline_files[0].content == "v\n");
  CHECK(op.inline_files[1].content == "$V\n");
}

TEST_CASE("messages about a copy point to its sources, its flags and its destination") {
  const Lowered lowered = lower_copy("COPY --chown=app --exclude=$V $V a d");
  const std::vector<graph::WrittenWord>& words = lowered.graph[lowered.root].words;
  const Strings expected = {"v", "a", "v", "app", "/d"};
  const int columns[] = {31, 34, 28, 14, 36};
  REQUIRE(words.size() == expected.size());
  for (std::size_t i = 0; i < words.size(); ++i) {
    CHECK(words[i].text == expected[i]);
    CHECK(words[i].range.line == 5);
    CHECK(words[i].range.column == columns[i]);
  }
}

TEST_CASE("--chown names a user, a group, or both") {
  for (const char* good : {"a", "a:b", ":b", "0:0", "1000", "a.b-c_d", "a:"}) {
    CAPTURE(good);
    CHECK(refusal(std::string("COPY --chown=") + good + " a b") == "");
  }
  CHECK(refusal("COPY --chown=: a b") == "invalid --chown ':' (want USER, USER:GROUP or :GROUP)");
  CHECK(refusal("COPY --chown=a:b:c a b") ==
        "invalid --chown 'a:b:c' (want USER, USER:GROUP or :GROUP)");
  CHECK(refusal("ADD --chown=$E:$N a b") ==
        "invalid --chown ':' (want USER, USER:GROUP or :GROUP): E and N have no value");
}

TEST_CASE("--chmod is octal up to 07777, or symbolic") {
  for (const char* good : {"0", "7", "755", "0755", "07777", "u=rwX,go=rX", "+x", "=r",
                           "u+s,g+s,+t", "ugo=rwx", "a-w+X", "u=g", "g=", "o+"}) {
    CAPTURE(good);
    CHECK(refusal(std::string("COPY --chmod=") + good + " a b") == "");
  }
  for (const char* wrong : {"8", "17777", "000755", "-1", "0o755", "rwx", "u", "u=rw,", ",u=r",
                            "u=q", "x+r", "u=r;g=w", "u = r"}) {
    CAPTURE(wrong);
    CHECK(refusal(std::string("COPY --chmod='") + wrong + "' a b") ==
          std::string("invalid chmod parameter: '") + wrong +
              "'. it should be octal string and between 0 and 07777 (such as 0755), or symbolic "
              "like u=rwX,go=rX");
  }
}

TEST_CASE("--checksum is the digest of one file, or the beginning of a commit's id") {
  const std::string of_file =
      " is not the digest of a file (want sha256: and 64 hexadecimal digits)";
  const std::string of_commit = " is not the id of a commit (want hexadecimal digits)";
  const std::string only = "--checksum can only be specified for URLs and git repositories";
  const std::string several = "--checksum can't be specified for multiple sources";

  struct Row {
    std::string arguments;
    std::string error;
  };

  const Row rows[] = {
      {kDigest + " http://h/a /d", ""},
      {"sha256:AA http://h/a /d", "--checksum 'sha256:AA'" + of_file},
      {"abc http://h/a /d", "--checksum 'abc'" + of_file},
      {"abc http://h/a.git /d", ""},
      {"ABC git@h:a /d", ""},
      {kDigest + " http://h/a.git /d", "--checksum '" + kDigest + "'" + of_commit},
      {"xyz http://h/a.git /d", "--checksum 'xyz'" + of_commit},
      {std::string(65, 'a') + " http://h/a.git /d",
       "--checksum '" + std::string(65, 'a') + "'" + of_commit},
      {"def http://h/a.git?checksum=abc /d", "--checksum wants another commit than the URL: abc"},
      {"ABC http://h/a.git?checksum=abc /d", ""},
      {kDigest + " a /d", only},
      {kDigest + " <<E /d\nE", only},
      {kDigest + " http://h/a http://h/b /d/", several},
      {kDigest + " http://h/a <<E /d/\nE", several},
      {"$V http://h/a /d", "--checksum 'v'" + of_file},
      {"$V a /d", only},
  };
  for (const Row& row : rows) {
    CAPTURE(row.arguments);
    CHECK(refusal("ADD --checksum=" + row.arguments) == row.error);
  }
}

TEST_CASE("COPY takes no URL, and says who does") {
  CHECK(refusal("COPY http://h/a /d") == "source can't be a URL for COPY: write ADD instead");
  CHECK(refusal("COPY git@h:a /d") ==
        "source can't be a git repository for COPY: write ADD instead");
  CHECK(refusal("COPY https:/a ftp://h/a /d/") == "");  // names like others
}
