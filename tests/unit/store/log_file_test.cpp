// What is seen of a damaged write-ahead log, and what a sweep then leaves alone.
#include "src/store/log_file.h"

#include <doctest/doctest.h>

#include "cbuild/store/images.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/util/cancel.h"
#include "src/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kFrame = 24 + 4096;

/// The log of a store with some transactions in it, as a killed process leaves it.
std::string make_log(const TempDirectory& temp) {
  const std::string path = temp.store() + "/store.db";
  Database database(path);
  for (int i = 0; i < 3; ++i) {
    Transaction transaction(database);
    database.run("INSERT INTO names(name, image) VALUES(?, ?)", fmt::format("name{}", i),
                 oci::Digest::of("image"));
    transaction.commit();
  }
  return read_file(path + "-wal");
}

}  // namespace

TEST_CASE("each damaged bit of a log is seen, but in what tells where its last page belongs") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  const std::string log = make_log(temp);
  REQUIRE(log.size() > kHeader + 2 * kFrame);
  REQUIRE((log.size() - kHeader) % kFrame == 0);
  CHECK_FALSE(is_damaged_log(log));
  const std::size_t last = log.size() - kFrame;
  for (std::size_t at = 0; at < log.size(); at += at < 600 ? 1 : 37) {
    if (at >= last && at < last + 16) continue;
    CAPTURE(at);
    std::string damaged = log;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    CHECK(is_damaged_log(damaged));
  }
}

TEST_CASE("what a killed process or a power loss leaves of a log is no damage") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  const std::string log = make_log(temp);
  CHECK_FALSE(is_damaged_log(""));
  CHECK_FALSE(is_damaged_log(log.substr(0, 20)));
  CHECK_FALSE(is_damaged_log(std::string(8192, '\0')));
  for (const std::size_t size : {log.size() - 100, log.size() - 4096})
    CHECK_FALSE(is_damaged_log(log.substr(0, size)));
  for (const std::size_t size : {kHeader, kHeader + kFrame}) {
    CHECK_FALSE(is_damaged_log(log.substr(0, size)));
    CHECK_FALSE(is_damaged_log(log.substr(0, size) + std::string(log.size(), '\0')));
  }
}

TEST_CASE("names are in the database itself once their writer has closed it") {
  const TempDirectory temp;
  {
    Store store(temp.store());
    store.images().tag(oci::Reference::parse("app"), make_image(store, {}));
  }
  CHECK(log_size(temp.store() + "/store.db") == 0);
  ::unlink((temp.store() + "/store.db-wal").c_str());
  ::unlink((temp.store() + "/store.db-shm").c_str());
  CHECK(Store(temp.store()).images().find(oci::Reference::parse("app")));
}

TEST_CASE("a log that could not be folded in is missed when it is gone") {
  const TempDirectory temp;
  const std::string path = temp.store() + "/store.db";
  { const Store store(temp.store()); }
  CHECK_FALSE(log_lacks_something(path));
  {
    Database reader(path);
    reader.run("BEGIN");
    {
      Query query = reader.query("SELECT * FROM names");
      CHECK_FALSE(query.next());
    }
    {
      Store store(temp.store());
      store.images().tag(oci::Reference::parse("app"), make_image(store, {}));
    }
    reader.run("ROLLBACK");
  }
  REQUIRE(log_size(path) > 0);
  CHECK_FALSE(log_lacks_something(path));
  REQUIRE(::truncate((path + "-wal").c_str(), 0) == 0);
  CHECK(log_lacks_something(path));
  CHECK(Database(path).lost_rows());
}

TEST_CASE("a sweep leaves layers alone that the database has lost") {
  const TempDirectory temp;
  {
    Store store(temp.store());
    make_layer(store, std::nullopt, {{"a", "1"}});
    make_layer(store, std::nullopt, {{"b", "1"}});
  }
  const auto layers = names_in(temp.store() + "/snapshots");
  REQUIRE(layers.size() == 3);
  Database(temp.store() + "/store.db").run("DELETE FROM snapshots");
  {
    Store store(temp.store());
    store.snapshots().sweep();
    store.collect_if_idle(CancelToken());
    CHECK(names_in(temp.store() + "/snapshots") == layers);
    make_layer(store, std::nullopt, {{"c", "1"}});
    make_layer(store, std::nullopt, {{"d", "1"}});
    make_layer(store, std::nullopt, {{"e", "1"}});
    store.snapshots().sweep();
    CHECK(names_in(temp.store() + "/snapshots").size() == 6);
    store.prune({}, CancelToken());
  }
  CHECK(names_in(temp.store() + "/snapshots") == std::vector<std::string>{"0"});
}

}  // namespace cbuild::store
