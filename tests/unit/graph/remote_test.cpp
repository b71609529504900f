// URLs of repositories.
#include "cbuild/graph/remote.h"

#include <doctest/doctest.h>

#include "cbuild/graph/op.h"
#include "cbuild/util/error.h"

using namespace cbuild;
using namespace cbuild::graph;

namespace {

std::string to_text(const GitSource& source) {
  return source.url + " " + source.ref + ":" + source.subdirectory +
         (source.checksum.empty() ? "" : " =" + source.checksum) +
         (source.keep_git_directory ? " kept" : "") + (source.submodules ? "" : " bare") +
         (source.fetch_by_commit ? " unasked" : "");
}

}  // namespace

TEST_CASE("parse_git_source knows repositories by scheme, form and ending") {
  struct Row {
    std::string text;
    std::string source;  // "" = none
  };

  const Row rows[] = {
      {"https://h/a.git", "https://h/a.git :"},
      {"http://h:80/a.git#main", "http://h:80/a.git main:"},
      {"https://h/a.git#main:sub/./dir/", "https://h/a.git main:sub/dir"},
      {"https://h/a.git#:../../etc", "https://h/a.git :etc"},
      {"https://h/a", ""},
      {"https://h/a.git/b", ""},
      {"https://h/a.git?ref=x", "https://h/a.git x:"},
      {"https://h/a.git?branch=x&subdir=%2Fs", "https://h/a.git refs/heads/x:s"},
      {"https://h/a.git?tag=v1&checksum=ABCDEF0", "https://h/a.git refs/tags/v1: =abcdef0"},
      {"https://h/a.git?keep-git-dir=1&submodules=false", "https://h/a.git : kept bare"},
      {"https://h/a.git?keep-git-dir&submodules=F", "https://h/a.git : kept bare"},
      {"https://h/a.git?commit=abc", "https://h/a.git abc: =abc"},
      {"https://h/a.git?branch=refs/heads/x", "https://h/a.git refs/heads/x:"},
      {"https://h/a.git?tag=v1#refs/tags/v1", "https://h/a.git refs/tags/v1:"},
      {"https://h/a.git?subdir=/s&mtime=commit#v1:s", "https://h/a.git v1:s"},
      {"git@h:a.git?subdir=s#v1", "git@h:a.git v1:s"},
      {"https://h/a.git?fetch-by-commit&checksum=" + std::string(40, 'a') + "&tag=v1",
       "https://h/a.git refs/tags/v1: =" + std::string(40, 'a') + " unasked"},
      {"git://h/a", "git://h/a :"},
      {"ssh://git@h:22/a#b", "ssh://git@h:22/a b:"},
      {"git@h:a/b.git#refs/pull/1/head", "git@h:a/b.git refs/pull/1/head:"},
      {"user-1@host.example:~me/x", "user-1@host.example:~me/x :"},
      {"file:///a.git", ""},
      {"ext::sh -c x", ""},
      {"./a@b:c", ""},
      {"a.git", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto source = parse_git_source(row.text);
    CHECK((source ? to_text(*source) : "") == row.source);
  }
}

TEST_CASE("parse_git_source refuses what would be an option to git or ssh") {
  for (const char* text : {"https://h/a.git#-x",
                           "https://h/a.git?ref=--upload-pack=x",
                           "ssh://-oProxyCommand=x/a",
                           "ssh://u@-oProxyCommand=x/a",
                           "git:///a",
                           "https://h/a.git#a..b",
                           "https://h/a.git#a b",
                           "https://h/a.git?ref=a#b",
                           "https://h/a.git?submodules=maybe",
                           "https://h/ a.git",
                           "git@-h:x",
                           "https://h/a.git?ref=a&tag=b",
                           "https://h/a.git?x=y",
                           "https://h/a.git?ref=",
                           "https://h/a.git?ref=a&ref=a",
                           "https://h/a.git?tag=a&branch=a",
                           "https://h/a.git?tag=v1#refs/heads/v1",
                           "https://h/a.git?subdir=a#b:c",
                           "https://h/a.git?checksum=foobar",
                           "https://h/a.git?mtime=now",
                           "https://h/a.git?ref=a&fetch-by-commit=true",
                           "https://h/a.git?checksum=abc&fetch-by-commit=true"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_git_source(text), Error);
  }
}
