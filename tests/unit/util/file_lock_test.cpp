// Locks between processes and between threads.
#include "cbuild/util/file_lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "tests/support/temporary_directory.h"

namespace cbuild {

namespace {

/// A file that can be opened several times, as several processes would.
struct File {
  Fd open() const { return open_file(directory.at("lock"), O_RDWR | O_CREAT, 0600); }

  TemporaryDirectory directory;
};

}  // namespace

TEST_CASE("readers share a lock, a writer has it alone") {
  const File file;
  const Fd a = file.open();
  const Fd b = file.open();
  CHECK(try_lock(a, LockMode::shared));
  CHECK(try_lock(b, LockMode::shared));
  CHECK_FALSE(try_lock(b, LockMode::exclusive));
  const Fd c = file.open();
  CHECK_FALSE(try_lock(c, LockMode::exclusive));
}

TEST_CASE("a lock is changed in place, and ends with its descriptor") {
  const File file;
  const Fd other = file.open();
  {
    const Fd own = file.open();
    CHECK(try_lock(own, LockMode::shared));
    CHECK(try_lock(own, LockMode::exclusive));
    CHECK_FALSE(try_lock(other, LockMode::shared));
    CHECK(try_lock(own, LockMode::shared));
    CHECK(try_lock(other, LockMode::shared));
  }
  CHECK(try_lock(other, LockMode::exclusive));
}

TEST_CASE("who waits for a lock gets it when it is free") {
  const File file;
  const Fd waiting = file.open();
  std::atomic<bool> held{true};
  Fd holder = file.open();
  REQUIRE(try_lock(holder, LockMode::exclusive));
  std::thread release([&] {
    ::usleep(50'000);
    held = false;
    holder = Fd();
  });
  lock(waiting, LockMode::exclusive, "a test", nullptr);
  CHECK_FALSE(held);
  release.join();
}

TEST_CASE("waiting ends when it is cancelled") {
  const File file;
  const Fd holder = file.open();
  const Fd waiting = file.open();
  REQUIRE(try_lock(holder, LockMode::exclusive));
  CancelToken cancel;
  std::thread stop([&] {
    ::usleep(50'000);
    cancel.cancel();
  });
  CHECK_THROWS_AS(lock(waiting, LockMode::shared, "a test", &cancel), Interrupted);
  stop.join();
}

TEST_CASE("a locked file that lost its name is known as such") {
  const File file;
  const Fd fd = file.open();
  CHECK(still_linked(fd));
  REQUIRE(::unlink(file.directory.at("lock").c_str()) == 0);
  CHECK_FALSE(still_linked(fd));
}

TEST_CASE("one thread at a time holds a name, and the file goes with the last") {
  const TemporaryDirectory directory;
  const std::string path = directory.at("name");
  const CancelToken cancel;
  std::atomic<int> inside{0};
  std::atomic<bool> alone{true};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 5; ++turn) {
        const NameLock held(path, "a test", cancel);
        if (++inside != 1) alone = false;
        ::usleep(500);
        --inside;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(alone);
  CHECK(list_directory(directory.fd().get()).empty());
}

}  // namespace cbuild
