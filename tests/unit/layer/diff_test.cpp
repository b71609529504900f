// Tests of writing directories as layers and of dropping what did not change.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <string>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/string_stream.h"
#include "src/layer/tar_reader.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

std::vector<TarEntry> entries_of(std::string bytes) {
  StringSource source(std::move(bytes));
  TarReader reader(source);
  std::vector<TarEntry> entries;
  for (TarEntry entry; reader.next(entry);)
    entries.push_back(entry);
  return entries;
}

std::string names_of(const std::string& bytes) {
  std::string names;
  for (const TarEntry& entry : entries_of(bytes))
    names += entry.path + " ";
  return names;
}

std::string sample(std::size_t size, char seed) {
  std::string text(size, seed);
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(text[i] + i * 7);
  return text;
}

}  // namespace

TEST_CASE("a tree is written depth first, in byte order, hard links after their target") {
  const Tree tree;
  tree.directory("b");
  tree.file("b/x", "1");
  tree.file("b.txt", "2");
  tree.file("a", "3");
  tree.file("Z", "4");
  tree.link("l", "a");
  REQUIRE(::link(tree.at("a").c_str(), tree.at("c").c_str()) == 0);
  const std::string bytes = tar_of(tree);
  CHECK(names_of(bytes) == "Z a b/ b/x b.txt c l ");
  const auto entries = entries_of(bytes);
  CHECK(entries[5].type == TarEntry::Type::hard_link);
  CHECK(entries[5].link == "a");
  CHECK(entries[6].link == "a");
}

TEST_CASE("an empty directory is an empty archive") {
  CHECK(tar_of(Tree()) == std::string(1024, '\0'));
}

TEST_CASE("the bytes depend on what is in the tree, not on readers or order of creation") {
  const Tree one;
  const Tree two;
  for (int pass = 0; pass < 2; ++pass) {
    const Tree& tree = pass == 0 ? one : two;
    for (int i = 0; i < 300; ++i) {
      const int n = pass == 0 ? i : 299 - i;
      const std::string directory = "d" + std::to_string(n % 10);
      tree.directory(directory);
      tree.file(directory + "/f" + std::to_string(n),
                sample(static_cast<std::size_t>(n * 37), 'a'));
    }
    tree.file("large", sample(3 << 20, 'b'));
    for (int i = 0; i < 10; ++i)
      tree.set_time("d" + std::to_string(i), 1000);
  }
  const std::string bytes = tar_of(one, {.readers = 0});
  CHECK(bytes == tar_of(one, {.readers = 2}));
  CHECK(bytes == tar_of(two, {.readers = 4}));
  StringSink whole;
  write_tar(tree_of(two), whole, {.readers = 1});
  CHECK(bytes == whole.take());
}

TEST_CASE("what is written unpacks to the same tree") {
  const Tree tree;
  tree.directory("d", 0750);
  for (const std::size_t size : {0, 1, 511, 512, 513, 300'000, 1 << 20, (1 << 20) + 1, 5 << 20}) {
    tree.file("d/" + std::to_string(size), sample(size, 'x'), 0640);
  }
  tree.file("d/caf\xc3\xa9\xff", "odd");
  tree.file("d/setuid", "s", 04755);
  tree.file("hole", "");
  REQUIRE(::truncate(tree.at("hole").c_str(), 1'500'000) == 0);
  tree.set_time("hole", -5);
  tree.link("dangling", std::string(200, 't'));
  REQUIRE(::mkfifo(tree.at("fifo").c_str(), 0600) == 0);
  REQUIRE(::link(tree.at("d/513").c_str(), tree.at("d/z").c_str()) == 0);
  REQUIRE(::setxattr(tree.at("d/1").c_str(), "user.k", "v", 1, 0) == 0);
  tree.set_time("d", 42);
  tree.set_time("fifo", 42);
  tree.set_time("dangling", 42);
  const std::string bytes = tar_of(tree);
  const Tree copy;
  apply_text(bytes, copy);
  CHECK(tar_of(copy) == bytes);
  CHECK(copy.text("d/513") == tree.text("d/513"));
  CHECK(copy.stat("d/513")->st_nlink == 2);
}

TEST_CASE("an upper directory becomes a layer and comes back from it") {
  const Tree tree;
  tree.directory("d");
  white_out(tree, "d/gone");
  white_out(tree, "also");
  tree.directory("o");
  tree.file("o/new", "n");
  tree.file("o/-", "");
  set_opaque(tree, "o");
  tree.set_time("d", 42);
  tree.set_time("o", 42);
  const std::string bytes = tar_of(tree);
  CHECK(names_of(bytes) == ".wh.also d/ d/.wh.gone o/ o/.wh..wh..opq o/- o/new ");
  for (const TarEntry& entry : entries_of(bytes)) {
    CHECK(entry.xattrs.empty());
    if (entry.path.find(".wh.") == std::string::npos) continue;
    CHECK(entry.type == TarEntry::Type::file);
    CHECK(entry.mtime.seconds == 0);
  }
  const Tree copy;
  apply_text(bytes, copy);
  CHECK(tar_of(copy) == bytes);
}

TEST_CASE("a file that is named as a deletion cannot be put in a layer") {
  const Tree tree;
  tree.directory("d");
  tree.file("d/.wh.x", "");
  try {
    tar_of(tree);
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(std::string_view(error.what()).find("d/.wh.x") != std::string_view::npos);
  }
}

TEST_CASE("overlay files that are not what they seem are refused") {
  const Tree tree;
  tree.directory("d");
  REQUIRE(::setxattr(tree.at("d").c_str(), "user.overlay.redirect", "/x", 2, 0) == 0);
  CHECK_THROWS_AS(tar_of(tree), Error);
}

TEST_CASE("sockets are left out, later times are cut") {
  const Tree tree;
  tree.file("f", "");
  tree.set_time("f", 2000);
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  tree.at("s").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  const auto entries = entries_of(tar_of(tree, {.latest_time = 1500}));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].mtime.seconds == 1500);
  CHECK(entries_of(tar_of(tree, {.latest_time = 3000}))[0].mtime.seconds == 2000);
}

TEST_CASE("writing stops when it is told to") {
  const Tree tree;
  tree.file("f", "");
  CancelToken token;
  token.cancel();
  CHECK_THROWS_AS(tar_of(tree, {.cancel = &token}), Interrupted);
}

TEST_CASE("a sink that fails stops the readers, too") {
  struct Full final : Sink {
    void write(std::span<const std::byte>) override { throw Error("full"); }
  };

  const Tree tree;
  for (int i = 0; i < 500; ++i)
    tree.file(std::to_string(i), sample(5000, 'x'));
  Full sink;
  CHECK_THROWS_AS(write_tar(tree.fd(), sink, {}), Error);
}

TEST_CASE("a tree 10 000 directories deep is written") {
  const Tree tree;
  tree.directory("top");
  Fd at = open_directory(tree.at("top"));
  constexpr int kDepth = 10'000;
  for (int i = 0; i < kDepth; ++i) {
    REQUIRE(::mkdirat(at.get(), "d", 0755) == 0);
    at = open_at(at.get(), "d", O_RDONLY | O_DIRECTORY);
  }
  HashingSink sink;
  write_tar(tree.fd(), sink, {});
  CHECK(sink.count() > kDepth * 512);
  const Tree lower;
  lower.directory("top");
  CHECK_NOTHROW(drop_unchanged(tree.fd(), nullptr, tree_of(lower)));
}

TEST_CASE("what a step only touched is dropped") {
  const Tree lower;
  const Tree upper;
  for (const Tree* tree : {&lower, &upper}) {
    tree->directory("same");
    tree->file("same/f", "x");
    tree->link("same/l", "f");
    tree->set_time("same/l", 1000);
    tree->directory("mixed");
    tree->file("mixed/same", "x");
    tree->file("mixed/content", tree == &lower ? "x" : "y");
    tree->file("mixed/mode", "x", tree == &lower ? 0644 : 0600);
    tree->file("mixed/time", "x");
    tree->directory("touched");
    tree->directory("empty");
  }
  upper.set_time("mixed/time", 1001);
  upper.file("mixed/new", "x");
  white_out(upper, "mixed/pointless");
  lower.file("mixed/gone", "");
  white_out(upper, "mixed/gone");
  for (const char* name : {"same", "mixed", "touched", "empty", ""}) {
    lower.set_time(name, 50);
    upper.set_time(name, 50);
  }
  upper.set_time("touched", 51);
  drop_unchanged(upper.fd(), nullptr, tree_of(lower));
  CHECK(names_of(tar_of(upper)) ==
        "mixed/ mixed/content mixed/.wh.gone mixed/mode mixed/new mixed/time touched/ ");
  CHECK(upper.stat("mixed")->st_mtim.tv_sec == 50);
  CHECK(upper.stat("")->st_mtim.tv_sec == 50);
}

TEST_CASE("a directory stays that was touched in the second in which an earlier step touched it") {
  const Tree lower;
  const Tree upper;
  for (const Tree* tree : {&lower, &upper}) {
    tree->directory("tmp");
    tree->file("f", "x");
  }
  lower.set_time("tmp", 50, 1);
  upper.set_time("tmp", 50, 2);
  upper.set_time("f", lower.stat("f")->st_mtim.tv_sec, 7);
  drop_unchanged(upper.fd(), nullptr, tree_of(lower));
  CHECK(names_of(tar_of(upper)) == "f tmp/ ");
}

TEST_CASE("opaque directories are kept whole; a mark that hides nothing goes") {
  const Tree lower;
  const Tree upper;
  for (const Tree* tree : {&lower, &upper}) {
    tree->directory("again");
    tree->file("again/f", "x");
    tree->set_time("again", 50);
  }
  set_opaque(upper, "again");
  upper.directory("new");
  upper.file("new/f", "x");
  upper.directory("new/deeper");
  set_opaque(upper, "new");
  set_opaque(upper, "new/deeper");
  lower.file("was-file", "");
  upper.directory("was-file");
  set_opaque(upper, "was-file");
  drop_unchanged(upper.fd(), nullptr, tree_of(lower));
  CHECK(names_of(tar_of(upper)) ==
        "again/ again/.wh..wh..opq again/f new/ new/deeper/ new/f was-file/ ");
}

TEST_CASE("deletions that hide nothing go from a layer, and nothing else does") {
  const Tree lower;
  const Tree between;
  const Tree layer;
  const Tree nothing;
  lower.directory("both");
  lower.file("both/gone", "x");
  lower.file("both/deeper", "x");
  between.directory("both");
  between.directory("emptied");
  lower.directory("emptied");
  lower.file("emptied/hidden", "x");
  set_opaque(between, "emptied");
  lower.file("twice", "x");
  white_out(between, "twice");
  white_out(layer, "twice");
  lower.directory("anew");
  lower.file("anew/f", "x");
  lower.file("file", "x");
  for (const char* name : {"both", "anew", "anew/deeper", "emptied", "file", "own", "own/deeper"}) {
    layer.directory(name);
    white_out(layer, fmt::format("{}/never", name));
    layer.file(fmt::format("{}/kept", name), "x");
    layer.set_time(name, 50);
  }
  white_out(layer, "both/gone");
  white_out(layer, "emptied/hidden");
  white_out(layer, "anew/f");
  set_opaque(layer, "anew");
  layer.set_time("both", 50);
  layer.set_time("anew", 50);
  drop_idle_whiteouts(layer.fd(), stack_of({&between, &lower}));
  CHECK(
      names_of(tar_of(layer)) ==
      "anew/ anew/.wh..wh..opq anew/deeper/ anew/deeper/kept anew/kept both/ both/.wh.gone "
      "both/kept emptied/ emptied/kept file/ file/kept own/ own/deeper/ own/deeper/kept own/kept ");
  CHECK(layer.stat("both")->st_mtim.tv_sec == 50);
  CHECK(layer.stat("own/deeper")->st_mtim.tv_sec == 50);
  drop_idle_whiteouts(layer.fd(), stack_of({&nothing}));
  CHECK(names_of(tar_of(layer)).find(".wh.gone") == std::string::npos);
}

TEST_CASE("names of one file are kept together") {
  const Tree lower;
  const Tree upper;
  for (const Tree* tree : {&lower, &upper})
    tree->file("a", "x");
  REQUIRE(::link(upper.at("a").c_str(), upper.at("b").c_str()) == 0);
  drop_unchanged(upper.fd(), nullptr, tree_of(lower));
  CHECK(names_of(tar_of(upper)) == "a b ");
}

}  // namespace cbuild::layer
