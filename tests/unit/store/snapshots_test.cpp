// Layers: committed, dropped, raced for, unpacked.
#include "cbuild/store/snapshots.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "cbuild/layer/compression.h"
#include "cbuild/layer/compressor.h"
#include "cbuild/layer/diff.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/hashing_stream.h"
#include "cbuild/util/mount.h"
#include "cbuild/util/string_stream.h"
#include "src/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

using Names = std::vector<std::string>;

std::size_t row_count(const std::string& root) {
  Database database(root + "/store.db");
  Query query = database.query("SELECT count(*) FROM snapshots");
  query.next();
  return query.size(0);
}

/// A gzipped layer as a registry would serve it.
struct Pulled {
  std::string bytes;
  oci::Descriptor blob;
  oci::Digest diff_id;

  explicit Pulled(const TestFile& file) {
    const TempDirectory temp;
    const Fd directory = open_directory(temp.path());
    put(directory, file);
    StringSink packed;
    const auto gzip = layer::compress(layer::Compression::gzip, packed);
    HashingSink tar(gzip.get());
    layer::write_tar(directory, tar, {.latest_time = std::nullopt});
    gzip->finish();
    bytes = packed.take();
    blob = oci::describe(oci::media_type::kLayerGzip, bytes);
    diff_id = oci::Digest(tar.finish());
  }
};

void unpack(Store& store, const oci::Digest& chain, const std::string& bytes) {
  StringSource source(bytes);
  store.snapshots().unpack(chain, source, CancelToken());
}

}  // namespace

TEST_CASE("a snapshot is there after its commit, not before") {
  const TempDirectory temp;
  Store store(temp.store());
  ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
  put(active.upper(), {"file", "content"});
  CHECK(row_count(temp.store()) == 0);
  CHECK(names_in(temp.store() + "/snapshots") == Names{"0"});

  const Snapshot layer = std::move(active).commit(CancelToken());
  CHECK(layer.chain_id == layer.diff_id);
  CHECK(!layer.parent);
  CHECK(layer.unpacked);
  CHECK(layer.made_here);
  CHECK(!layer.blob);
  CHECK(layer.size > 0);
  CHECK(names_in(temp.store() + "/snapshots") == Names{"0", "1"});
  CHECK(names_in(temp.store() + "/staging").empty());
  CHECK(read_file(temp.store() + "/snapshots/1/file") == "content");
  CHECK(Store(temp.store()).snapshots().find(layer.chain_id).has_value());
  CHECK(store.snapshots().find_by_diff_id(layer.diff_id)->chain_id == layer.chain_id);
}

TEST_CASE("a snapshot dropped leaves nothing") {
  const TempDirectory temp;
  Store store(temp.store());
  {
    const ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
    put(active.upper(), {"file", "content"});
    CHECK(names_in(temp.store() + "/staging").size() == 1);
  }
  CHECK(names_in(temp.store() + "/staging").empty());
  SUBCASE("also when its commit is cancelled") {
    ActiveSnapshot active = store.snapshots().prepare(std::nullopt);
    put(active.upper(), {"file", "content"});
    CancelToken cancel;
    cancel.cancel();
    CHECK_THROWS_AS(std::move(active).commit(cancel), Interrupted);
    CHECK(names_in(temp.store() + "/staging").empty());
  }
  CHECK(row_count(temp.store()) == 0);
}

TEST_CASE("a layer put upon another base shares its directory") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot alone = make_layer(store, std::nullopt, {{"link", "1"}});
  const Snapshot base = make_layer(store, std::nullopt, {{"base", "2"}});
  const Snapshot put = store.snapshots().rebase(alone.chain_id, base.chain_id);
  CHECK(put.chain_id == oci::chain_id(base.chain_id, alone.diff_id));
  CHECK(put.parent == base.chain_id);
  CHECK(put.size == alone.size);
  CHECK(put.created == alone.created);
  CHECK(put.unpacked);
  CHECK(put.made_here);
  CHECK(store.snapshots().rebase(alone.chain_id, base.chain_id).chain_id == put.chain_id);
  CHECK(names_in(temp.store() + "/snapshots") == Names{"0", "1", "2"});
  CHECK(store.snapshots().view(put.chain_id).lower == Names{"1", "2"});
  store.snapshots().sync();

  SUBCASE("and is the same tar") {
    HashingSink tar;
    store.snapshots().write_tar(put.chain_id, tar, std::nullopt, CancelToken());
    CHECK(oci::Digest(tar.finish()) == alone.diff_id);
  }
  SUBCASE("once in a stack, for overlayfs takes no directory twice") {
    const Snapshot top = make_layer(store, put.chain_id, {{"top", "3"}});
    const Snapshot again = store.snapshots().rebase(alone.chain_id, top.chain_id);
    CHECK(store.snapshots().view(again.chain_id).lower == Names{"1", "3", "2"});
  }
  SUBCASE("and the root of the stack looks as before") {
    REQUIRE(::chmod((temp.store() + "/snapshots/2").c_str(), 0711) == 0);
    const ActiveSnapshot active = store.snapshots().prepare(put.chain_id);

    struct stat status {};

    REQUIRE(::fstat(active.upper().get(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0711);
  }
  SUBCASE("and is what a step that makes the same layer comes to") {
    const Snapshot same = make_layer(store, base.chain_id, {{"link", "1"}});
    CHECK(same.chain_id == put.chain_id);
    CHECK(names_in(temp.store() + "/snapshots") == Names{"0", "1", "2"});
  }
  CHECK_THROWS_AS(store.snapshots().rebase(oci::Digest::of("unknown"), base.chain_id), Error);
  CHECK_THROWS_AS(store.snapshots().rebase(alone.chain_id, oci::Digest::of("unknown")), Error);
}

TEST_CASE("a layer can be put upon a base that is not unpacked") {
  const TempDirectory temp;
  Store store(temp.store());
  const Pulled pulled({"base", "2"});
  const oci::Digest base = oci::chain_id(std::nullopt, pulled.diff_id);
  store.snapshots().declare(std::nullopt, pulled.diff_id, pulled.blob);
  const Snapshot alone = make_layer(store, std::nullopt, {{"link", "1"}});
  const Snapshot put = store.snapshots().rebase(alone.chain_id, base);
  CHECK(put.unpacked);
  CHECK_THROWS_AS(store.snapshots().view(put.chain_id), Error);
  HashingSink tar;
  store.snapshots().write_tar(put.chain_id, tar, std::nullopt, CancelToken());
  CHECK(oci::Digest(tar.finish()) == alone.diff_id);
}

TEST_CASE("mounts name directories relative to one base") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot base = make_layer(store, std::nullopt, {{"a", "1"}});
  const Snapshot top = make_layer(store, base.chain_id, {{"b", "2"}});
  CHECK(top.parent == base.chain_id);
  CHECK(top.chain_id == oci::chain_id(base.chain_id, top.diff_id));

  const OverlayMount view = store.snapshots().view(top.chain_id);
  CHECK(view.base == temp.store() + "/snapshots");
  CHECK(view.lower == Names{"2", "1"});
  CHECK(view.upper.empty());
  CHECK(view.work.empty());

  const ActiveSnapshot active = store.snapshots().prepare(top.chain_id);
  const OverlayMount mount = active.mount();
  CHECK(mount.lower == Names{"2", "1"});

  struct stat by_name {};

  struct stat by_fd {};

  REQUIRE(::stat((mount.base + "/" + mount.upper).c_str(), &by_name) == 0);
  REQUIRE(::fstat(active.upper().get(), &by_fd) == 0);
  CHECK(by_name.st_ino == by_fd.st_ino);
  CHECK(::stat((mount.base + "/" + mount.work).c_str(), &by_name) == 0);

  CHECK(store.snapshots().prepare(std::nullopt).mount().lower == Names{"0"});
  CHECK(store.snapshots().stack(top.chain_id).front().chain_id == base.chain_id);
  CHECK_THROWS_AS(store.snapshots().prepare(oci::Digest::of("unknown")), Error);
  CHECK_THROWS_AS(store.snapshots().view(oci::Digest::of("unknown")), Error);
  CHECK_THROWS_AS(store.snapshots().stack(oci::Digest::of("unknown")), Error);
}

TEST_CASE("the root of a snapshot has the mode of its parent's") {
  const TempDirectory temp;
  Store store(temp.store());
  ActiveSnapshot base = store.snapshots().prepare(std::nullopt);
  REQUIRE(::fchmod(base.upper().get(), 01770) == 0);
  const Snapshot layer = std::move(base).commit(CancelToken());
  const ActiveSnapshot top = store.snapshots().prepare(layer.chain_id);

  struct stat status {};

  REQUIRE(::fstat(top.upper().get(), &status) == 0);
  CHECK((status.st_mode & 07777) == 01770);
}

TEST_CASE("equal layers become one, wherever they are made") {
  const TempDirectory temp;
  Store store(temp.store());
  const Snapshot first = make_layer(store, std::nullopt, {{"file", "content"}});
  CHECK(make_layer(store, std::nullopt, {{"file", "content"}}).chain_id == first.chain_id);

  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    children.push_back(start_child([&] {
      Store other(temp.store());
      std::optional<oci::Digest> parent;
      for (int layer = 0; layer < 10; ++layer)
        parent = make_layer(other, parent, {{"n", std::to_string(layer)}}).chain_id;
    }));
  }
  for (const pid_t child : children)
    CHECK(ended_well(child));
  CHECK(row_count(temp.store()) == 11);
  CHECK(names_in(temp.store() + "/snapshots").size() == 12);
  CHECK(names_in(temp.store() + "/staging").empty());
}

TEST_CASE("threads and Store objects may commit at the same time") {
  const TempDirectory temp;
  Store one(temp.store());
  Store two(temp.store());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 5; ++n)
        make_layer(i % 2 == 0 ? one : two, std::nullopt, {{"n", std::to_string(i * n)}});
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(row_count(temp.store()) + 1 == names_in(temp.store() + "/snapshots").size());
}

TEST_CASE("a number whose directory is taken by an orphan is skipped, and the orphan swept") {
  const TempDirectory temp;
  Store store(temp.store());
  make_directories(temp.store() + "/snapshots/1/left/behind");
  const Snapshot layer = make_layer(store, std::nullopt, {{"a", "1"}});
  CHECK(store.snapshots().view(layer.chain_id).lower == Names{"2"});
  make_directories(temp.store() + "/staging/dead/fs");
  write_file_atomically(temp.store() + "/ingest/dead", "x");
  const ActiveSnapshot living = store.snapshots().prepare(std::nullopt);
  store.snapshots().sweep();
  CHECK(names_in(temp.store() + "/snapshots") == Names{"0", "2"});
  CHECK(names_in(temp.store() + "/staging").size() == 1);
  CHECK(names_in(temp.store() + "/ingest").empty());
}

TEST_CASE("more than 500 layers are refused") {
  const TempDirectory temp;
  Store store(temp.store());
  std::optional<oci::Digest> top;
  {
    Database database(temp.store() + "/store.db");
    Transaction transaction(database);
    for (int i = 0; i < 501; ++i) {
      const oci::Digest diff = oci::Digest::of(std::to_string(i));
      const oci::Digest chain = oci::chain_id(top, diff);
      database.run(
          "INSERT INTO snapshots(chain, parent, diff, created, directory) VALUES(?, ?, ?, 0, ?)",
          chain, top, diff, i + 1000);
      make_directories(fmt::format("{}/snapshots/{}", temp.store(), i + 1000));
      top = chain;
    }
    transaction.commit();
  }
  CHECK_THROWS_WITH_AS(store.snapshots().view(*top), doctest::Contains("501"), Error);
  CHECK(store.snapshots().stack(*top).size() == 501);
  const auto fits = store.snapshots().view(*store.snapshots().find(*top)->parent);
  CHECK(fits.lower.size() == 500);
  CHECK(fits.lower.front() == "1499");
}

TEST_CASE("a declared layer is unpacked once") {
  const TempDirectory temp;
  Store store(temp.store());
  const Pulled base({"base", "1"});
  const Pulled top({"top", "2"});
  store.snapshots().declare(std::nullopt, base.diff_id, base.blob);
  store.snapshots().declare(base.diff_id, top.diff_id, top.blob);
  CHECK_THROWS_AS(store.snapshots().declare(oci::Digest::of("?"), top.diff_id, top.blob), Error);
  const oci::Digest chain = oci::chain_id(base.diff_id, top.diff_id);
  CHECK(!store.snapshots().find(chain)->unpacked);
  CHECK(store.snapshots().find(chain)->blob == top.blob);
  CHECK_THROWS_AS(store.snapshots().prepare(chain), Error);
  CHECK(!store.snapshots().find_by_diff_id(top.diff_id));

  unpack(store, chain, top.bytes);
  unpack(store, base.diff_id, base.bytes);
  unpack(store, base.diff_id, "not even looked at");
  CHECK(store.snapshots().find(chain)->unpacked);
  CHECK(!store.snapshots().find(chain)->made_here);
  CHECK(store.snapshots().view(chain).lower == Names{"1", "2"});
  CHECK(read_file(temp.store() + "/snapshots/1/top") == "2");
  CHECK(names_in(temp.store() + "/staging").empty());
  CHECK(names_in(temp.store() + "/locks").empty());
  StringSink tar;
  CHECK_THROWS_AS(store.snapshots().write_tar(chain, tar, std::nullopt, CancelToken()), Error);
}

TEST_CASE("bytes that are not the declared layer leave nothing") {
  const TempDirectory temp;
  Store store(temp.store());
  const Pulled right({"file", "right"});
  const Pulled wrong({"file", "wrong"});

  struct Row {
    const char* what;
    oci::Descriptor blob;
    oci::Digest diff_id;
    std::string bytes;
  };

  const Row rows[] = {
      {"another blob", right.blob, right.diff_id, wrong.bytes},
      {"another diff ID", wrong.blob, right.diff_id, wrong.bytes},
      {"cut", right.blob, right.diff_id, right.bytes.substr(0, right.bytes.size() / 2)},
      {"more behind it", right.blob, right.diff_id, right.bytes + "x"},
      {"nothing", right.blob, right.diff_id, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    store.snapshots().declare(std::nullopt, row.diff_id, row.blob);
    CHECK_THROWS_AS(unpack(store, row.diff_id, row.bytes), Error);
    CHECK(!store.snapshots().find(row.diff_id)->unpacked);
    CHECK(names_in(temp.store() + "/staging").empty());
    CHECK(names_in(temp.store() + "/snapshots") == Names{"0"});
    CHECK(names_in(temp.store() + "/locks").empty());
  }
}

TEST_CASE("several unpack the same layer at the same time") {
  const TempDirectory temp;
  const Pulled layer({"file", std::string(300'000, 'x')});
  Store(temp.store()).snapshots().declare(std::nullopt, layer.diff_id, layer.blob);
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(start_child([&] {
      Store store(temp.store());
      unpack(store, layer.diff_id, layer.bytes);
      if (!store.snapshots().find(layer.diff_id)->unpacked) throw Error("not there");
    }));
  }
  for (const pid_t child : children)
    CHECK(ended_well(child));
  CHECK(names_in(temp.store() + "/snapshots") == Names{"0", "1"});
}

TEST_CASE("a step that comes to the bytes of a pulled layer makes it a layer made here") {
  const TempDirectory temp;
  Store store(temp.store());
  const Pulled pulled({"file", "content"});
  store.snapshots().declare(std::nullopt, pulled.diff_id, pulled.blob);
  SUBCASE("not unpacked yet") {}
  SUBCASE("unpacked") {
    unpack(store, pulled.diff_id, pulled.bytes);
  }
  const Snapshot made = make_layer(store, std::nullopt, {{"file", "content"}});
  CHECK(made.chain_id == pulled.diff_id);
  CHECK(made.made_here);
  CHECK(made.unpacked);
  CHECK(made.blob == pulled.blob);
  StringSink tar;
  store.snapshots().write_tar(made.chain_id, tar, std::nullopt, CancelToken());
  CHECK(oci::Digest::of(tar.take()) == made.diff_id);
}

TEST_CASE("sync marks what was written before it") {
  const TempDirectory temp;
  Store store(temp.store());
  make_layer(store, std::nullopt, {{"a", "1"}});
  Database database(temp.store() + "/store.db");
  const auto synced = [&] {
    Query query = database.query("SELECT synced, boot_id FROM snapshots");
    query.next();
    CHECK(query.text(1).size() == 36);
    return query.integer(0);
  };
  CHECK(synced() == 0);
  store.snapshots().sync();
  CHECK(synced() == 1);
}

TEST_CASE("a kill at any instant loses only the work under way") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same every time
  for (int trial = 0; trial < 100; ++trial) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const Fd reading(ends[0]);
    const Fd writing(ends[1]);
    const pid_t child = start_child([&] {
      Store store(temp.store());
      std::optional<oci::Digest> parent;
      for (int i = 0;; ++i) {
        const std::string text = fmt::format("{} {}", trial, i);
        parent = make_layer(store, i % 5 == 0 ? std::nullopt : parent, {{"f", text}}).chain_id;
        if (i == 0) write_all(writing.get(), as_bytes("x"), "pipe");
        oci::write_blob(store.blobs(), oci::describe("x/y", text), text);
        store.records().save(RecordKind::step, oci::Digest::of(text), parent->to_string());
      }
    });
    // Every second one is given the time to commit something, however busy the machine is.
    char done = 0;
    if (trial % 2 == 0) CHECK(::read(reading.get(), &done, 1) == 1);
    ::usleep(std::uniform_int_distribution<unsigned>(0, 20'000)(random));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  Store store(temp.store());
  store.snapshots().sweep();
  CHECK(names_in(temp.store() + "/staging").empty());
  CHECK(names_in(temp.store() + "/ingest").empty());
  CHECK(names_in(temp.store() + "/snapshots").size() == row_count(temp.store()) + 1);
  std::vector<oci::Digest> chains;
  {
    Database database(temp.store() + "/store.db");
    Query query = database.query("SELECT chain FROM snapshots");
    while (query.next())
      chains.push_back(query.digest(0));
  }
  CHECK(chains.size() >= 50);
  for (const oci::Digest& chain : chains) {
    StringSink tar;
    CHECK_NOTHROW(store.snapshots().write_tar(chain, tar, std::nullopt, CancelToken()));
    CHECK(store.snapshots().stack(chain).back().chain_id == chain);
  }
  for (const std::string& prefix : names_in(temp.store() + "/blobs/sha256")) {
    const std::string directory = temp.store() + "/blobs/sha256/" + prefix;
    for (const std::string& name : names_in(directory))
      CHECK(oci::Digest::of(read_file(directory + "/" + name)).hex() == name);
  }
}

}  // namespace cbuild::store
