// Images, names, resolutions, records.
#include "cbuild/store/images.h"

#include <doctest/doctest.h>

#include "src/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

oci::Digest digest(const std::string& beginning) {
  return oci::Digest::parse("sha256:" + beginning + std::string(64 - beginning.size(), '7'));
}

oci::Descriptor manifest(const std::string& text) {
  return oci::describe(oci::media_type::kManifest, text);
}

}  // namespace

TEST_CASE("a name stands for one image at a time") {
  const TempDirectory temp;
  Store store(temp.store());
  Images& images = store.images();
  const auto name = oci::Reference::parse("app:1");
  images.add(digest("aa"), manifest("a"));
  images.add(digest("aa"), manifest("other"));
  images.add(digest("bb"), manifest("b"));
  CHECK(!images.find(name));
  CHECK_THROWS_AS(images.tag(name, digest("cc")), Error);
  CHECK(!images.find(name));

  images.tag(name, digest("aa"));
  images.tag(name, digest("aa"));
  images.tag(oci::Reference::parse("app:2"), digest("aa"));
  REQUIRE(images.find(name));
  CHECK(images.find(name)->id == digest("aa"));
  CHECK(images.find(name)->manifest.digest == manifest("a").digest);
  CHECK(images.find(name)->names.size() == 2);

  images.tag(name, digest("bb"));
  CHECK(images.find(name)->id == digest("bb"));
  CHECK(images.find(digest("aa"))->names == std::vector{oci::Reference::parse("app:2")});
  CHECK(Store(temp.store()).images().find(name)->id == digest("bb"));
  CHECK(images.list().size() == 2);

  CHECK(images.untag(name));
  CHECK(!images.untag(name));
  CHECK(!images.find(name));
  CHECK(images.find(digest("bb")));
  CHECK(images.remove(digest("aa")));
  CHECK(!images.remove(digest("aa")));
  CHECK(!images.find(oci::Reference::parse("app:2")));
  CHECK(images.list().size() == 1);
}

TEST_CASE("an image is found by what people type") {
  const TempDirectory temp;
  Store store(temp.store());
  Images& images = store.images();
  images.add(digest("abc1"), manifest("1"));
  images.add(digest("abc2"), manifest("2"));
  images.add(digest("d0"), manifest("3"));
  images.tag(oci::Reference::parse("abc2"), digest("d0"));

  struct Row {
    std::string text;
    std::optional<oci::Digest> found;
  };

  const Row rows[] = {
      {"abc1", digest("abc1")},
      {"sha256:abc1", digest("abc1")},
      {digest("abc1").hex(), digest("abc1")},
      {digest("abc1").to_string(), digest("abc1")},
      {"abc2", digest("d0")},  // a name wins
      {"abc27", digest("abc2")},
      {"docker.io/library/abc2:latest", digest("d0")},
      {"abc2@" + manifest("1").digest.to_string(), digest("abc1")},
      {"abc2@" + manifest("4").digest.to_string(), std::nullopt},
      {"d0", digest("d0")},
      {"d", std::nullopt},  // too short
      {"", std::nullopt},
      {"ee", std::nullopt},
      {"D0", std::nullopt},
      {digest("d0").hex() + "0", std::nullopt},
      {"no such image", std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto found = images.find(row.text);
    CHECK(found.has_value() == row.found.has_value());
    if (found && row.found) CHECK(found->id == *row.found);
  }
  for (const char* text : {"ab", "abc", "sha256:ab"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(images.find(text), doctest::Contains("more than one"), Error);
  }
}

TEST_CASE("what a name meant is remembered for each platform") {
  const TempDirectory temp;
  Store store(temp.store());
  Images& images = store.images();
  const auto name = oci::Reference::parse("debian:12");
  const auto amd64 = oci::Platform::parse("linux/amd64");
  const auto arm64 = oci::Platform::parse("linux/arm64");
  CHECK(!images.remembered(name, amd64));
  images.remember(name, amd64, manifest("1"));
  images.remember(name, arm64, manifest("2"));
  images.remember(name, amd64, manifest("3"));
  CHECK(images.remembered(name, amd64) == manifest("3"));
  CHECK(images.remembered(name, arm64) == manifest("2"));
}

TEST_CASE("a tag is the old one or the new one when its writer is killed") {
  const TempDirectory temp;
  const auto name = oci::Reference::parse("app");
  {
    Store store(temp.store());
    store.images().add(digest("aa"), manifest("a"));
    store.images().add(digest("bb"), manifest("b"));
    store.images().tag(name, digest("aa"));
  }
  for (int trial = 0; trial < 20; ++trial) {
    const pid_t child = start_child([&] {
      Store store(temp.store());
      for (int i = 0;; ++i)
        store.images().tag(name, digest(i % 2 == 0 ? "bb" : "aa"));
    });
    ::usleep(static_cast<unsigned>(1000 * trial));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    CHECK(Store(temp.store()).images().find(name).has_value());
  }
}

TEST_CASE("records are kept by kind and key") {
  const TempDirectory temp;
  Store store(temp.store());
  Records& records = store.records();
  const auto key = oci::Digest::of("key");
  CHECK(!records.find(RecordKind::step, key));
  CHECK(!records.created(RecordKind::step, key));
  records.save(RecordKind::step, key, "1");
  records.save(RecordKind::content, key, "");
  CHECK(records.find(RecordKind::step, key) == "1");
  CHECK(records.find(RecordKind::content, key) == "");
  CHECK(records.created(RecordKind::step, key).value_or(0) > 1'600'000'000);
  records.save(RecordKind::step, key, "2");
  CHECK(records.find(RecordKind::step, key) == "2");
  records.forget(RecordKind::step, key);
  CHECK(!records.find(RecordKind::step, key));
  CHECK(records.find(RecordKind::content, key));
}

TEST_CASE("a record found is marked as used once an hour") {
  const TempDirectory temp;
  { const Store store(temp.store()); }
  std::int64_t now = 1'000'000;
  Database database(temp.store() + "/store.db", [&] { return now; });
  Records records(database);
  const auto key = oci::Digest::of("key");
  const auto used = [&] {
    Query query = database.query("SELECT used FROM records");
    query.next();
    return query.integer(0);
  };
  records.save(RecordKind::step, key, "value");

  struct Row {
    std::int64_t now;
    std::int64_t used;
  };

  for (const Row& row : {Row{1'000'000, 1'000'000}, Row{1'003'599, 1'000'000},
                         Row{1'003'600, 1'003'600}, Row{500, 500}}) {  // the clock was wrong
    now = row.now;
    CHECK(records.find(RecordKind::step, key) == "value");
    CHECK(used() == row.used);
  }
  CHECK(records.created(RecordKind::step, key) == 1'000'000);
}

}  // namespace cbuild::store
