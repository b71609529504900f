// Names and paths of kept data.
#include "src/store/kept_layout.h"

#include <doctest/doctest.h>

#include <set>

#include "cbuild/util/error.h"

namespace cbuild::store {

TEST_CASE("a name is a letter or digit, then letters, digits, _ and -; a volume's may have dots") {
  struct Row {
    std::string name;
    bool of_cache;
    bool of_volume;
  };

  const Row rows[] = {
      {"a", true, true},
      {"Z9", true, true},
      {"0_-", true, true},
      {std::string(128, 'a'), true, true},
      {std::string(129, 'a'), false, false},
      {"a.b", false, true},
      {"a.lock", false, true},
      {"", false, false},
      {".", false, false},
      {"..", false, false},
      {"_a", false, false},
      {"-a", false, false},
      {"a/b", false, false},
      {"a b", false, false},
      {"a\n", false, false},
      {std::string("a\0", 2), false, false},
      {"\xC3\xA4", false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(is_valid({KeptKind::cache_mount, row.name}) == row.of_cache);
    CHECK(is_valid({KeptKind::repository, row.name}) == row.of_cache);
    CHECK(is_valid({KeptKind::context_digests, row.name}) == row.of_cache);
    CHECK(is_valid({KeptKind::volume, row.name}) == row.of_volume);
  }
}

TEST_CASE("each kind has a directory of its own") {
  std::set<std::string> parents;
  for (const KeptLayout& layout : kKeptLayouts) {
    CHECK(&layout_of(layout.kind) == &layout);
    parents.insert(kept_parent("/s", layout.kind));
  }
  CHECK(parents == std::set<std::string>{"/s/cache-mounts", "/s/contexts", "/s/git", "/s/networks",
                                         "/s/volumes"});
  CHECK(kept_path("/s", {KeptKind::volume, "a.b"}) == "/s/volumes/a.b");
}

TEST_CASE("a prune may remove every kind but volumes and networks") {
  for (const KeptLayout& layout : kKeptLayouts) {
    const bool is_of_user = layout.kind == KeptKind::volume || layout.kind == KeptKind::network;
    CHECK(layout.is_disposable == !is_of_user);
  }
}

TEST_CASE("a lock file has no name that its entry's kind may have") {
  for (const KeptLayout& layout : kKeptLayouts) {
    if (layout.has_lock_file) CHECK_FALSE(is_valid({layout.kind, lock_path("a")}));
  }
  CHECK(lock_path(kept_path("/s", {KeptKind::repository, "a"})) == "/s/git/a.lock");
}

TEST_CASE("a name that is a path is refused, and shown shortened and printable") {
  const auto refusal = [](const std::string& name) {
    try {
      return kept_path("/s", {KeptKind::repository, name});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      CHECK(error.hint() == "use at most 128 letters, digits, '_' and '-'");
      return std::string(error.what());
    }
  };
  CHECK(refusal("../x") == "'../x' cannot be the name of a repository");
  CHECK(refusal("\x1b") == "'\\x1b' cannot be the name of a repository");
  CHECK(refusal(std::string(200, 'a')) ==
        "'" + std::string(40, 'a') + "' cannot be the name of a repository");
}

}  // namespace cbuild::store
