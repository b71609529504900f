// Build contexts: opened once, by identity, with the digests of their files.
#include "src/ops/sources/contexts.h"

#include <doctest/doctest.h>

#include "cbuild/ops/context.h"
#include "cbuild/store/store.h"
#include "src/ops/file_digests.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

const graph::ContextSource kContext{"context", "files"};
const graph::ContextSource kOther{"context", "other files"};

struct Fixture {
  TempTree directory;
  TempTree files;
  store::Store store{directory.at("store")};

  std::map<std::string, Context> known(bool temporary = false) const {
    return {{"files", {files.at(""), {}, "", temporary}}};
  }
};

}  // namespace

TEST_CASE("a context is opened once; one that was not given is refused") {
  Fixture fixture;
  const auto known = fixture.known();
  Contexts contexts(known, fixture.store);
  CHECK(contexts.has(kContext));
  CHECK_FALSE(contexts.has(kOther));
  CHECK(&contexts.open(kContext) == &contexts.open(kContext));
  CHECK(holds(error_of([&] { contexts.open(kOther); }), "there is no build context"));
}

TEST_CASE("archives are their contents to ADD only") {
  Fixture fixture;
  const auto known = fixture.known();
  Contexts contexts(known, fixture.store);
  const OpenContext& opened = contexts.open(kContext);
  graph::Copy op;
  CHECK_FALSE(opened.tree_for(op).unpack);
  op.unpack_archives = true;
  CHECK(opened.tree_for(op).unpack);
  CHECK_FALSE(opened.tree().unpack);
}

TEST_CASE("digests are found again by the next build, unless the context is temporary") {
  Fixture fixture;
  fixture.files.file("file", "content");
  const auto status = *fixture.files.stat("file");
  const oci::Digest digest = oci::Digest::of("content");
  constexpr std::int64_t kFarAhead = std::int64_t{1} << 62;  // long after its last change
  {
    const auto known = fixture.known();
    Contexts contexts(known, fixture.store);
    contexts.open(kContext).remembered()->put("file", status, digest, kFarAhead);
    contexts.save_digests();
  }
  const auto known = fixture.known();
  Contexts contexts(known, fixture.store);
  CHECK(contexts.open(kContext).remembered()->find("file", status) == digest);

  const auto temporary = fixture.known(/*temporary=*/true);
  Contexts of_one_build(temporary, fixture.store);
  CHECK(of_one_build.open(kContext).remembered() == nullptr);
}

}  // namespace cbuild::ops
