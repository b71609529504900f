// The report of `cbuild doctor`.
#include "src/cli/doctor_report.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "cbuild/util/fs.h"

namespace cbuild::cli {

namespace {

const std::vector<Finding> kFindings = {
    {"kernel", Finding::State::good, "Linux 6.1"},
    {"snapshots", Finding::State::lesser, "copies", "move the store"},
    {"isolation", Finding::State::missing, "refused\x1b[31m", "as root: sysctl\n-w"}};

}  // namespace

TEST_CASE("every finding is one line, its remedy is below it, and nothing escapes") {
  CHECK(to_text(kFindings) ==
        "ok    kernel     Linux 6.1\n"
        "note  snapshots  copies\n"
        "                 move the store\n"
        "no    isolation  refused\\x1b[31m\n"
        "                 as root: sysctl\\x0a-w\n"
        "1 of 3 do not work here.\n");
  CHECK(is_anything_missing(kFindings));
}

TEST_CASE("what is lesser works") {
  const std::vector<Finding> findings(kFindings.begin(), kFindings.begin() + 2);
  CHECK_FALSE(is_anything_missing(findings));
  CHECK(to_text(findings).ends_with("Everything works here.\n"));
}

TEST_CASE("a remedy for several findings is said once") {
  const Finding finding{"limit", Finding::State::lesser, "cannot be kept", "delegate"};
  CHECK(to_text({finding, finding}) ==
        "note  limit  cannot be kept\n"
        "             delegate\n"
        "note  limit  cannot be kept\n"
        "Everything works here.\n");
}

TEST_CASE("the report as JSON has the same words") {
  CHECK(to_json({kFindings[1]}) ==
        "[\n"
        "  {\n"
        "    \"Subject\": \"snapshots\",\n"
        "    \"State\": \"note\",\n"
        "    \"Text\": \"copies\",\n"
        "    \"Remedy\": \"move the store\"\n"
        "  }\n"
        "]\n");
}

TEST_CASE("the profile that is printed is the one that ships") {
  const std::string testdata = std::getenv("CBUILD_TESTDATA");
  CHECK(apparmor_profile() == read_file(testdata + "/../packaging/apparmor/cbuild"));
}

}  // namespace cbuild::cli
