// Digests of context files from build to build.
#include "src/ops/file_digests.h"

#include <doctest/doctest.h>

#include "cbuild/store/kept_data.h"
#include "cbuild/util/boot_id.h"
#include "cbuild/util/sha256.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

namespace {

constexpr std::uint64_t kLimit = 1 << 20;
constexpr std::int64_t kLong = 3600LL * 1'000'000'000;

const oci::Digest kDigest = oci::Digest::of("content");

/// The file of one context in the store below `tree`.
store::KeptFile digest_file(const TempTree& tree) {
  return store::KeptData(tree.at("store")).file({store::KeptKind::context_digests, "context"});
}

}  // namespace

TEST_CASE("a digest is remembered for the file it was made of") {
  const TempTree tree;
  tree.file("f", "content");
  const struct stat status = *tree.stat("f");
  const store::KeptFile file = digest_file(tree);
  {
    FileDigests digests(file);
    CHECK_FALSE(digests.find("f", status));
    digests.put("f", status, kDigest, now_in_nanoseconds() + kLong);
    CHECK(digests.find("f", status) == kDigest);
    digests.save();
  }
  FileDigests digests(file);
  CHECK(digests.find("f", status) == kDigest);
  CHECK_FALSE(digests.find("g", status));

  const auto changed = [&](auto&& change) {
    struct stat other = status;
    change(other);
    return !digests.find("f", other).has_value();
  };
  CHECK(changed([](struct stat& s) { ++s.st_size; }));
  CHECK(changed([](struct stat& s) { ++s.st_ino; }));
  CHECK(changed([](struct stat& s) { ++s.st_dev; }));
  CHECK(changed([](struct stat& s) { ++s.st_mtim.tv_nsec; }));
  CHECK(changed([](struct stat& s) { ++s.st_ctim.tv_nsec; }));
  CHECK_FALSE(changed([](struct stat& s) { ++s.st_atim.tv_sec; }));
}

TEST_CASE("a rewrite with the old size and mtime is seen by its ctime") {
  const TempTree tree;
  tree.file("f", "content");
  FileDigests digests(digest_file(tree));
  digests.put("f", *tree.stat("f"), kDigest, now_in_nanoseconds() + kLong);
  ::usleep(20'000);
  tree.file("f", "CONTENT");
  CHECK(tree.stat("f")->st_mtim.tv_sec == 1000);
  CHECK_FALSE(digests.find("f", *tree.stat("f")));
}

TEST_CASE("what was remembered under another boot is not believed") {
  const TempTree tree;
  tree.file("f", "content");
  const store::KeptFile file = digest_file(tree);
  FileDigests digests(file);
  digests.put("f", *tree.stat("f"), kDigest, now_in_nanoseconds() + kLong);
  digests.save();
  std::string content = file.read(kLimit).value();
  const auto boot = content.find(boot_id());
  REQUIRE(boot != std::string::npos);
  content[boot] = content[boot] == '0' ? '1' : '0';
  content.resize(content.size() - sizeof(Sha256Sum));
  const Sha256Sum sum = Sha256::of(content);
  content.append(reinterpret_cast<const char*>(sum.data()), sum.size());
  file.replace(content);
  CHECK_FALSE(FileDigests(file).find("f", *tree.stat("f")));
}

TEST_CASE("what was changed just before it was hashed is not remembered") {
  const TempTree tree;
  tree.file("f", "content");
  const struct stat status = *tree.stat("f");
  const std::int64_t changed = FileIdentity::of(status).changed;

  struct Row {
    std::int64_t later;
    bool remembered;
  };

  for (const Row& row : {Row{0, false}, Row{10'000'000, false}, Row{-kLong, false},
                         Row{60'000'000, true}, Row{kLong, true}}) {
    CAPTURE(row.later);
    FileDigests digests(digest_file(tree));
    digests.put("f", status, kDigest, changed + row.later);
    CHECK(digests.find("f", status).has_value() == row.remembered);
  }
}

TEST_CASE("a damaged file means that everything is hashed") {
  const TempTree tree;
  tree.file("f", "content");
  const struct stat status = *tree.stat("f");
  const store::KeptFile file = digest_file(tree);
  {
    FileDigests digests(file);
    digests.put("f", status, kDigest, now_in_nanoseconds() + kLong);
    digests.save();
  }
  const std::string good = file.read(kLimit).value();
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 1), good.substr(0, 20), good + "x", flipped,
        std::string(1000, 'x'), "cbuild-files-2\n" + std::string(40, '\0')}) {
    CAPTURE(bad.size());
    file.replace(bad);
    FileDigests digests(file);
    CHECK_FALSE(digests.find("f", status));
    digests.put("f", status, kDigest, now_in_nanoseconds() + kLong);
    digests.save();
    CHECK(FileDigests(file).find("f", status) == kDigest);
  }
}

TEST_CASE("nothing is written when nothing is new") {
  const TempTree tree;
  FileDigests digests(digest_file(tree));
  digests.save();
  CHECK_FALSE(tree.stat("store"));
}

}  // namespace cbuild::ops
