// What counts for the key of a COPY, and what must not.
#include "src/ops/selection_digest.h"

#include <doctest/doctest.h>
#include <sys/xattr.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "cbuild/store/kept_data.h"
#include "cbuild/store/kept_file.h"
#include "src/ops/file_digests.h"
#include "src/ops/kept_xattrs.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

void fill(const TempTree& tree) {
  tree.directory("dir");
  tree.file("dir/file", "content");
  tree.file("dir/other", "other");
  tree.link("dir/link", "file");
  tree.directory("dir/sub");
  tree.file("outside", "x");
}

oci::Digest digest(const TempTree& tree, const DigestOptions& options = {}) {
  return digest_of(select_from(tree, copy_of({"dir"})), options, CancelToken());
}

void must(int result) {
  REQUIRE(result == 0);
}

}  // namespace

TEST_CASE("the digest changes with what is copied, and with nothing else") {
  struct Row {
    const char* what;
    bool changes;
    std::function<void(const TempTree&)> change;
  };

  const Row rows[] = {
      {"nothing", false, [](const TempTree&) {}},
      {"time of a file", false, [](const TempTree& t) { t.set_time("dir/file", 77); }},
      {"time of a directory", false, [](const TempTree& t) { t.set_time("dir/sub", 77); }},
      {"a file beside it", false, [](const TempTree& t) { t.file("outside", "y"); }},
      {"mode of the directory itself", false, [](const TempTree& t) { t.directory("dir", 0700); }},
      {"another file of equal content", false,
       [](const TempTree& t) {
         must(::unlink(t.at("dir/file").c_str()));
         t.file("dir/file", "content");
       }},
      {"content", true, [](const TempTree& t) { t.file("dir/file", "Content"); }},
      {"mode", true, [](const TempTree& t) { t.file("dir/file", "content", 0755); }},
      {"suid", true, [](const TempTree& t) { t.file("dir/file", "content", 04644); }},
      {"mode of a directory", true, [](const TempTree& t) { t.directory("dir/sub", 0700); }},
      {"name", true,
       [](const TempTree& t) {
         must(::rename(t.at("dir/file").c_str(), t.at("dir/fil").c_str()));
       }},
      {"names swapped", true,
       [](const TempTree& t) {
         t.file("dir/file", "other");
         t.file("dir/other", "content");
       }},
      {"link text", true,
       [](const TempTree& t) {
         must(::unlink(t.at("dir/link").c_str()));
         t.link("dir/link", "filE");
       }},
      {"link becomes file", true,
       [](const TempTree& t) {
         must(::unlink(t.at("dir/link").c_str()));
         t.file("dir/link", "file");
       }},
      {"new file", true, [](const TempTree& t) { t.file("dir/sub/new", ""); }},
      {"new directory", true, [](const TempTree& t) { t.directory("dir/sub/new"); }},
      {"file gone", true, [](const TempTree& t) { must(::unlink(t.at("dir/other").c_str())); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const TempTree tree;
    fill(tree);
    const oci::Digest before = digest(tree);
    row.change(tree);
    CHECK((digest(tree) != before) == row.changes);
  }
}

TEST_CASE("user.* attributes count where the file system has them") {
  const TempTree tree;
  fill(tree);
  const oci::Digest before = digest(tree);
  if (::setxattr(tree.at("dir/file").c_str(), "user.cbuild", "1", 1, 0) != 0) return;
  const oci::Digest with = digest(tree);
  CHECK(with != before);
  REQUIRE(::setxattr(tree.at("dir/file").c_str(), "user.overlay.opaque", "y", 1, 0) == 0);
  CHECK(digest(tree) == with);
  CHECK(kept_xattrs(list_xattrs(tree.at("dir/file"))).size() == 1);
}

TEST_CASE("owners count when asked only") {
  if (!layer::is_root()) return;
  const TempTree tree;
  fill(tree);
  const oci::Digest before = digest(tree);
  const oci::Digest before_owned = digest(tree, {.owners = true});
  REQUIRE(::chown(tree.at("dir/file").c_str(), 5, 6) == 0);
  CHECK(digest(tree) == before);
  CHECK(digest(tree, {.owners = true}) != before_owned);
}

TEST_CASE("the name of a file counts, that of a directory does not") {
  const TempTree tree;
  tree.file("a", "x");
  tree.file("b", "x");
  tree.directory("c");
  tree.directory("d");
  tree.file("c/f", "");
  tree.file("d/f", "");
  const auto of = [&](const std::string& path) {
    return digest_of(select_from(tree, copy_of({path})), {}, CancelToken());
  };
  CHECK(of("a") != of("b"));
  CHECK(of("c") == of("d"));
}

TEST_CASE("remembered digests are taken instead of reading") {
  const TempTree tree;
  fill(tree);
  const TempTree memory;
  const store::KeptFile file =
      store::KeptData(memory.at("store")).file({store::KeptKind::context_digests, "context"});
  const oci::Digest plain = digest(tree);
  ::usleep(60'000);  // not racily clean any more
  FileDigests digests(file);
  CHECK(digest(tree, {.remembered = &digests}) == plain);
  digests.save();

  FileDigests again(file);
  const auto selection = select_from(tree, copy_of({"dir/file"}));
  CHECK(again.find("dir/file", selection.sources[0].entries[0].status) ==
        oci::Digest::of("content"));
  CHECK(digest(tree, {.remembered = &again}) == plain);
  tree.file("dir/file", "CONTENT");  // same size, same mtime
  CHECK(digest(tree, {.remembered = &again}) != plain);
}

TEST_CASE("a file that cannot be read any more is named") {
  const TempTree tree;
  fill(tree);
  const auto selection = select_from(tree, copy_of({"dir"}));
  REQUIRE(::unlink(tree.at("dir/file").c_str()) == 0);
  const std::string message = error_of([&] { digest_of(selection, {}, CancelToken()); });
  CHECK(holds(message, "dir/file"));
}

TEST_CASE("every byte of a file that is hashed in blocks counts, and its place") {
  constexpr std::size_t kBlock = 16 << 20;
  const TempTree tree;
  tree.directory("dir");
  std::string content(2 * kBlock + 1, 'a');
  const auto digest_with = [&](std::size_t size) {
    tree.file("dir/file", content.substr(0, size));
    return digest(tree);
  };
  const oci::Digest whole = digest_with(content.size());
  CHECK(digest_with(content.size()) == whole);
  CHECK(digest_with(2 * kBlock) != whole);
  CHECK(digest_with(kBlock) != digest_with(2 * kBlock));
  std::vector<oci::Digest> seen = {whole};
  for (const std::size_t at : {std::size_t{0}, kBlock - 1, kBlock, 2 * kBlock}) {
    CAPTURE(at);
    content[at] = 'b';
    const oci::Digest changed = digest_with(content.size());
    CHECK(std::ranges::find(seen, changed) == seen.end());
    seen.push_back(changed);
    content[at] = 'a';
  }
}

}  // namespace cbuild::ops
