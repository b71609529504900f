// Images, names, digests of registries, records.
#include "cbuild/store/images.h"

#include <doctest/doctest.h>

#include "cbuild/oci/blob_store.h"
#include "cbuild/store/records.h"
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
  images.tag(oci::Reference::parse("named"), digest("abc1"));

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
      {"named@" + manifest("1").digest.to_string(), digest("abc1")},
      {"named:any@" + manifest("1").digest.to_string(), digest("abc1")},
      {"abc2@" + manifest("1").digest.to_string(), std::nullopt},  // a name that it has not
      {"named@" + manifest("4").digest.to_string(), std::nullopt},
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

TEST_CASE("a base has its name for one platform") {
  const TempDirectory temp;
  Store store(temp.store());
  Images& images = store.images();
  const auto name = oci::Reference::parse("debian:12");
  const auto here = oci::Platform::host();
  const auto riscv = oci::Platform::parse("linux/riscv64");
  const auto add_base = [&](const oci::Platform& platform, const char* id) {
    images.add_base(name, platform, digest(id), manifest(id));
  };
  const auto holders = [&] {
    std::vector<std::string> texts;
    for (const Holder& holder : images.holders(name))
      texts.push_back(holder.image.id.hex().substr(0, 2) + " " + holder.platform);
    return texts;
  };
  CHECK(holders().empty());

  add_base(riscv, "aa");
  CHECK(images.find(name)->id == digest("aa"));
  add_base(here, "bb");
  CHECK(images.find(name)->id == digest("bb"));  // this machine's comes first
  CHECK(holders() == std::vector<std::string>{"bb " + here.to_string(), "aa linux/riscv64"});
  CHECK(images.find(digest("aa"))->names == std::vector{name});

  add_base(here, "cc");
  CHECK(holders() == std::vector<std::string>{"cc " + here.to_string(), "aa linux/riscv64"});
  CHECK(images.find(digest("bb"))->names.empty());

  images.tag(name, digest("bb"));  // takes it from all
  CHECK(holders() == std::vector<std::string>{"bb "});
  add_base(riscv, "aa");
  CHECK(holders() == std::vector<std::string>{"bb ", "aa linux/riscv64"});
  CHECK(images.untag(name));
  CHECK(holders().empty());
}

TEST_CASE("an image shows the digests by which registries have it") {
  const TempDirectory temp;
  Store store(temp.store());
  Images& images = store.images();
  const auto id = digest("aa");
  images.add(id, manifest("a"));
  images.add(digest("bb"), manifest("b"));
  const auto app = oci::Reference::parse("r:5000/app:1");
  const auto other = oci::Reference::parse("r:5000/other:1");
  const auto with = [](oci::Reference name, const oci::Digest& its) {
    name.tag.clear();
    name.digest = its;
    return name;
  };
  const auto shown = [&] { return images.find(id)->digests; };
  images.tag(app, id);
  CHECK(shown().empty());  // of its manifest nobody has heard yet
  images.note_digest(app, digest("11"), id);
  CHECK(shown() == std::vector{with(app, digest("11"))});
  images.note_digest(app, digest("12"), id);  // pushed again, packed otherwise
  CHECK(shown() == std::vector{with(app, digest("12"))});
  CHECK(images.find(with(app, digest("12")))->id == id);
  CHECK(!images.find(with(app, digest("11"))));
  CHECK(!images.find(with(other, digest("12"))));

  SUBCASE("each repository has its own") {
    images.note_digest(other, digest("33"), id);
    CHECK(shown().size() == 1);  // no name there yet
    images.tag(other, id);
    CHECK(shown() == std::vector{with(app, digest("12")), with(other, digest("33"))});
  }
  SUBCASE("not when the name went to another image") {
    images.tag(app, digest("bb"));
    CHECK(shown().empty());
    CHECK(images.find(app)->digests.empty());
    CHECK(!images.find(with(app, digest("12"))));
    CHECK(images.origin(manifest("a").digest) == with(app, manifest("a").digest));
  }
  SUBCASE("it can be taken away without the name") {
    CHECK(images.untag(with(app, digest("12"))));
    CHECK(!images.untag(with(app, digest("12"))));
    CHECK(shown().empty());
    CHECK(images.find(app)->id == id);
  }
  SUBCASE("an image is gone with all of it") {
    images.remove(id);
    images.add(id, manifest("a"));
    images.tag(app, id);
    CHECK(shown().empty());
    CHECK(!images.origin(manifest("a").digest));
  }
  SUBCASE("a name that is a digest") {
    images.tag(with(other, digest("44")), id);
    images.note_digest(with(other, digest("44")), digest("44"), id);
    auto tagged = with(other, digest("44"));
    tagged.tag = "any";
    CHECK(images.find(tagged)->id == id);
    CHECK(shown().size() == 2);
  }
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
