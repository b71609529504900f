// Containers, names and records among several processes, some of which are killed.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <array>

#include "cbuild/store/containers.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/kept_directory.h"
#include "cbuild/store/prune_options.h"
#include "cbuild/util/file_lock.h"
#include "cbuild/util/pipe.h"
#include "tests/unit/store/store_fixture.h"

namespace cbuild::store {

namespace {

std::string id_of(char digit) {
  return std::string(64, digit);
}

/// Runs `action` in a child; returns how that ended, as waitpid(2) says.
int in_child(const std::function<void()>& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      action();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

void add(Store& store, const std::string& id, const Containers::Fill& fill) {
  const ContainerBase base{oci::Digest::of("image"), std::nullopt};
  store.containers().add(id, store.snapshots().prepare(base.chain), base, fill);
}

constexpr int kTaken = 1;
constexpr int kFailed = 2;

/// Waits at the gate, and takes the name. @return an exit code
int try_to_take(const Pipe& gate,
                const std::string& root,
                const std::string& name,
                const std::string& id) {
  char byte = 0;
  (void)!::read(gate.read.get(), &byte, 1);
  try {
    return Containers(root).take_name(name, id) ? kTaken : 0;
  } catch (const Error&) {
    return kFailed;
  }
}

std::size_t count_entries(const std::string& path) {
  return list_directory(open_directory(path).get()).size();
}

}  // namespace

TEST_CASE("a process that is killed while it makes a container leaves none") {
  const TempDirectory temp;
  { const Store made(temp.store()); }
  const int status = in_child([&] {
    Store store(temp.store());
    add(store, id_of('a'), [](const Fd& directory) {
      put(directory, {"config.json", "half of it"});
      ::kill(::getpid(), SIGKILL);
    });
  });
  REQUIRE(WIFSIGNALED(status));
  Store store(temp.store());
  CHECK(store.containers().list().empty());
  CHECK(count_entries(temp.store() + "/staging") == 1);
  store.snapshots().sweep();
  CHECK(count_entries(temp.store() + "/staging") == 0);
}

TEST_CASE("a sweep leaves a container alone that another process is making") {
  const TempDirectory temp;
  Store store(temp.store());
  add(store, id_of('a'), [&](const Fd&) {
    const int status = in_child([&] {
      Store other(temp.store());
      other.snapshots().sweep();
    });
    CHECK(status == 0);
  });
  CHECK(store.containers().contains(id_of('a')));
  CHECK(store.containers().base(id_of('a')).image == oci::Digest::of("image"));
}

TEST_CASE(
    "of several processes that want one name, one has it, be it free or of one that is gone") {
  constexpr int kProcesses = 8;
  constexpr int kRounds = 40;
  const TempDirectory temp;
  Store store(temp.store());
  for (int i = 0; i < kProcesses; ++i)
    add(store, id_of(static_cast<char>('0' + i)), [](const Fd&) {});
  for (int round = 0; round < kRounds; ++round) {
    CAPTURE(round);
    const std::string name = "web" + std::to_string(round);
    if (round % 2 == 1) store.containers().take_name(name, id_of('f'));  // of no container
    const Pipe gate = make_pipe();
    std::array<pid_t, kProcesses> children{};
    for (int i = 0; i < kProcesses; ++i) {
      children[i] = ::fork();
      if (children[i] != 0) continue;
      ::_exit(try_to_take(gate, temp.store(), name, id_of(static_cast<char>('0' + i))));
    }
    REQUIRE(::write(gate.write.get(), "12345678", kProcesses) == kProcesses);
    int winners = 0;
    std::string winner;
    for (int i = 0; i < kProcesses; ++i) {
      int status = 0;
      ::waitpid(children[i], &status, 0);
      REQUIRE(WIFEXITED(status));
      REQUIRE(WEXITSTATUS(status) != kFailed);
      if (WEXITSTATUS(status) != kTaken) continue;
      ++winners;
      winner = id_of(static_cast<char>('0' + i));
    }
    CHECK(winners == 1);
    CHECK(store.containers().find_name(name) == winner);
  }
}

TEST_CASE("a container whose base is damaged is told, and can be removed") {
  const TempDirectory temp;
  Store store(temp.store());
  add(store, id_of('a'), [](const Fd&) {});
  const std::string base = store.containers().path(id_of('a')) + "/base";
  for (const char* text : {"", "sha256:xyz\n", "sha256:00\nsha256:00\n"}) {
    CAPTURE(text);
    write_file_atomically(base, text);
    CHECK_THROWS_WITH_AS(store.containers().base(id_of('a')), doctest::Contains(base.c_str()),
                         Error);
    // A prune that does not know what the container stands on removes nothing.
    CHECK_THROWS_AS(store.prune({.all = true}, CancelToken()), Error);
  }
  CHECK(store.containers().remove(id_of('a')));
  CHECK_NOTHROW(store.prune({.all = true}, CancelToken()));
}

TEST_CASE("a reader of a record sees the old text or the new one") {
  constexpr int kTexts = 200;
  const TempDirectory temp;
  KeptData kept(temp.path());
  const KeptName name{KeptKind::volume, "data"};
  const auto text_of = [](int i) {
    return std::string(1 + 37 * (i % 100), static_cast<char>('a' + i % 26));
  };
  const KeptDirectory volume = kept.open(name, LockMode::exclusive, "test", CancelToken());
  volume.set_record(text_of(0));
  const pid_t writer = ::fork();
  if (writer == 0) {
    for (int i = 0; i < kTexts; ++i)
      volume.set_record(text_of(i));
    ::_exit(0);
  }
  int reads = 0;
  for (int status = 0; ::waitpid(writer, &status, WNOHANG) == 0; ++reads) {
    const auto text = kept.record(name);
    REQUIRE(text);
    CHECK(std::ranges::all_of(*text, [&](char c) { return c == text->front(); }));
    CHECK((text->size() - 1) % 37 == 0);
  }
  CHECK(reads > 0);
  CHECK(kept.record(name) == text_of(kTexts - 1));
}

TEST_CASE("names of volumes and networks are never paths") {
  const TempDirectory temp;
  KeptData kept(temp.path());
  for (const KeptKind kind : {KeptKind::volume, KeptKind::network}) {
    for (const std::string& text : {std::string(), std::string("."), std::string("../x"),
                                    std::string("a/b"), std::string("-a"), std::string(129, 'a')}) {
      CAPTURE(text);
      CHECK_FALSE(kept.contains({kind, text}));
      CHECK_THROWS_AS(kept.record({kind, text}), Error);
      CHECK_THROWS_AS(kept.open({kind, text}, LockMode::exclusive, "test", CancelToken()), Error);
    }
  }
  CHECK(kept.content_path({KeptKind::volume, "a.b"}) == temp.path() + "/volumes/a.b/data");
}

}  // namespace cbuild::store
