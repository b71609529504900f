// Why a source cannot be taken, and what is advised.
#include "src/ops/source_check.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "cbuild/util/pattern.h"
#include "src/ops/kept_xattrs.h"
#include "src/ops/selected_file.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

/// Message|hint about the source `word` of a COPY or, with `unpack`, an ADD; its subject is `word`.
std::string refusal(const FileTree& tree, const std::string& word, bool unpack = false) {
  graph::Copy op;
  op.unpack_archives = unpack;
  const SourceCheck check(tree, op, word);
  try {
    (void)check.require(word.starts_with('/') ? word.substr(1) : word, word);
    return "";
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(error.subject() == word);
    return error.what() + (error.hint().empty() ? "" : "|" + error.hint());
  }
}

}  // namespace

TEST_CASE("a source that is not there is told with what its spelling suggests") {
  const TempTree tree;
  tree.file("config.json", "");

  struct Row {
    std::string word;
    std::string advice;  ///< after "COPY WORD: not in the build context"
  };

  const Row rows[] = {
      {"confg.json", " (did you mean config.json?)"},
      {"quite-another", ""},
      {"#", "|a comment must be on a line of its own, which begins with #"},
      {"-x", "|a flag begins with two hyphens (--) and stands before the sources"},
      {"\u2014from=x", "|a flag begins with two hyphens (--) and stands before the sources"},
      {"ftp://host/a", "|URLs begin with http:// or https://, and only ADD takes them"},
      {"~/a", "|~ is not a home directory here: sources are relative to the build context"},
      {"/etc/motd", "|a leading / is the root of the build context, not of this machine"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    CHECK(refusal(context_of(tree), row.word) ==
          "COPY " + row.word + ": not in the build context" + row.advice);
  }
  CHECK(refusal(context_of(tree), "config.json") == "");
}

TEST_CASE("advice about the build context is for the build context alone") {
  const TempTree tree;
  const FileTree stage = stage_tree(layer::tree_of(tree));
  CHECK(refusal(stage, "/gone") == "COPY /gone: not in the file system it is copied from");
  CHECK(refusal(stage, "~/a") == "COPY ~/a: not in the file system it is copied from");
  CHECK(refusal(stage, "-x") ==
        "COPY -x: not in the file system it is copied from|a flag begins with two hyphens (--) and "
        "stands before the sources");
}

TEST_CASE("messages name the instruction that takes the files") {
  const TempTree tree;
  CHECK(refusal(context_of(tree), "gone", true) == "ADD gone: not in the build context");
  CHECK(refusal(for_mount(context_of(tree)), "gone") ==
        "RUN --mount source gone: not in the build context");
  CHECK(refusal(mounted_stage_tree(layer::tree_of(tree)), "gone") ==
        "RUN --mount source gone: not in the file system it is mounted from");
  CHECK(refusal(download_tree(duplicate(tree.fd().get())), "gone") ==
        "COPY gone: not in the download");
  CHECK(refusal(repository_tree(duplicate(tree.fd().get())), "a\x1b") ==
        "COPY a\\x1b: not in the repository");
}

TEST_CASE("links that lead nowhere are told with where they lead") {
  const TempTree tree;
  tree.link("out", "/etc/passwd");
  tree.link("a", "b");
  tree.link("b", "a");
  CHECK(refusal(context_of(tree), "out") ==
        "COPY out: links to etc/passwd, which is not in the build context");
  CHECK(refusal(context_of(tree), "a") == "COPY a: its symbolic links form a loop");
  CHECK(refusal(context_of(tree), "a/x") == "COPY a/x: its symbolic links form a loop");
}

TEST_CASE("an ignored source is told with the line that hides it") {
  const TempTree tree;
  tree.directory("dir");
  tree.file("dir/kept", "");
  tree.file("secret", "");
  const auto ignore = IgnorePatterns::parse_file("# a comment\nsecret\ndir\n!dir/kept\n");
  const FileTree context = context_of(tree, ignore);
  CHECK(refusal(context, "secret") == "COPY secret: excluded by .dockerignore:2 `secret`");
  CHECK(refusal(context, "dir/kept") == "");
  CHECK(refusal(context, "dir") == "");  // for what is kept in it
}

TEST_CASE("a pattern may match nothing, but its directory must be there") {
  const TempTree tree;
  tree.directory("src");
  tree.file("file", "");
  const FileTree context = context_of(tree);
  const graph::Copy op;
  const auto check = [&](const std::string& word) {
    return error_of([&] { SourceCheck(context, op, word).require_literal_directory(word); });
  };
  CHECK(check("*.none") == "");
  CHECK(check("src/*.none") == "");
  CHECK(check("srcc/*.c") == "COPY srcc/*.c: not in the build context (did you mean src?)");
  CHECK(check("file/*") == "COPY file/*: not in the build context");
}

TEST_CASE("what is found is free of links") {
  const TempTree tree;
  tree.directory("dir");
  tree.file("dir/file", "content");
  tree.link("link", "dir");
  tree.link("dir/up", "../link/file");
  const FileTree context = context_of(tree);
  const std::string word = "link/up";
  CHECK(SourceCheck(context, {}, word).require(word, word).path == "dir/file");
}

TEST_CASE("a file that was changed since it was selected is refused, where it may change") {
  const TempTree tree;
  tree.file("file", "content");
  SelectedEntry entry;
  entry.path = "file";
  entry.status = *tree.stat("file");
  const FileTree context = context_of(tree);
  const FileTree stage = stage_tree(layer::tree_of(tree));
  CHECK(open_selected(entry, context));
  tree.file("file", "other");
  CHECK(error_of([&] { open_selected(entry, context); }) == "file was changed while it was copied");
  CHECK(open_selected(entry, stage));  // only this build writes there
  ::unlink(tree.at("file").c_str());
  REQUIRE(::mkfifo(tree.at("file").c_str(), 0600) == 0);
  CHECK(error_of([&] { open_selected(entry, context); }) == "file was changed while it was copied");
}

TEST_CASE("COPY keeps the attributes of people, and capabilities") {
  std::vector<Xattr> xattrs;
  for (const char* name :
       {"security.capability", "security.selinux", "system.posix_acl_access",
        "trusted.overlay.opaque", "user.a", "user.overlay.opaque", "user.overlayed", "user."})
    xattrs.push_back({name, "v"});
  std::vector<std::string> kept;
  for (const Xattr& xattr : kept_xattrs(xattrs))
    kept.push_back(xattr.name);
  CHECK(kept ==
        std::vector<std::string>{"security.capability", "user.a", "user.overlayed", "user."});
}

}  // namespace cbuild::ops
