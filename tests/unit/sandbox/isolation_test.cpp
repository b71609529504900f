// Rules of choosing an isolation.
#include "cbuild/sandbox/isolation.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "src/sandbox/isolation_choice.h"

namespace cbuild::sandbox {

namespace {

Error refusal(const char* what) {
  return Error("{}", what);
}

IsolationFacts facts(bool namespaces, bool chroot, const char* disposable) {
  IsolationFacts facts;
  if (!namespaces) facts.namespaces_refused = refusal("no namespaces");
  if (!chroot) facts.chroot_refused = refusal("no chroot");
  facts.disposable = disposable;
  return facts;
}

}  // namespace

TEST_CASE("what works best is chosen, and chroot by itself only in a disposable container") {
  struct Row {
    bool namespaces;
    bool chroot;
    const char* disposable;
    Isolation chosen;
  };

  for (const Row& row :
       {Row{true, true, "a sign", Isolation::namespaces},
        Row{true, false, "", Isolation::namespaces},
        Row{false, true, "/.dockerenv", Isolation::chroot}, Row{false, true, "", Isolation::none},
        Row{false, false, "/.dockerenv", Isolation::none}}) {
    CAPTURE(row.namespaces);
    CAPTURE(row.chroot);
    CAPTURE(row.disposable);
    const auto choice =
        choose_isolation(std::nullopt, facts(row.namespaces, row.chroot, row.disposable));
    CHECK(choice.isolation == row.chosen);
    CHECK(choice.run_refused.has_value() == (row.chosen == Isolation::none));
  }
}

TEST_CASE("what was asked for is kept, whatever else works") {
  const IsolationFacts all = facts(true, true, "");
  for (const Isolation wanted : {Isolation::namespaces, Isolation::chroot, Isolation::none})
    CHECK(choose_isolation(wanted, all).isolation == wanted);
}

TEST_CASE("what was asked for and cannot be had is refused with its cause") {
  const IsolationFacts nothing = facts(false, false, "a sign");
  const auto message = [&](Isolation wanted) -> std::string {
    try {
      choose_isolation(wanted, nothing);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message(Isolation::namespaces) == "--isolation namespaces: no namespaces");
  CHECK(message(Isolation::chroot) == "--isolation chroot: no chroot");
  CHECK(message(Isolation::none) == "");
}

TEST_CASE("a RUN is refused with the cause, and with chroot as a way out where it works") {
  const auto hint = [](const IsolationFacts& place) {
    const auto choice = choose_isolation(std::nullopt, place);
    REQUIRE(choice.run_refused);
    CHECK(choice.run_refused->what() == std::string("no namespaces"));
    return choice.run_refused->hint();
  };
  CHECK(hint(facts(false, true, "")).find("--isolation chroot") != std::string::npos);
  CHECK(hint(facts(false, false, "a sign")) == "");
}

TEST_CASE("isolations have the words of --isolation") {
  for (const Isolation isolation : {Isolation::namespaces, Isolation::chroot, Isolation::none})
    CHECK(parse_isolation(to_text(isolation)) == isolation);
  for (const char* word : {"auto", "", "Chroot", "oci"})
    CHECK(!parse_isolation(word));
}

}  // namespace cbuild::sandbox
