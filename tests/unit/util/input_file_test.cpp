// What is opened to be read, and what is refused without being opened.
#include "cbuild/util/input_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"

namespace cbuild {

namespace {

struct Place {
  Place() { REQUIRE(::mkdtemp(path.data()) != nullptr); }

  ~Place() { remove_tree(AT_FDCWD, path); }

  std::string at(const char* name) const { return path + "/" + name; }

  std::string path = "/tmp/cbuild-input-XXXXXX";
};

std::string text_of(Fd fd) {
  FdSource source(std::move(fd), "input");
  return read_all(source, 1 << 20);
}

}  // namespace

TEST_CASE("regular files are read, other kinds refused by name") {
  const Place place;
  write_file_atomically(place.at("file"), "text");
  REQUIRE(::symlink("file", place.at("link").c_str()) == 0);
  REQUIRE(::mkfifo(place.at("fifo").c_str(), 0600) == 0);
  CHECK(read_file(place.at("file")) == "text");
  CHECK(read_file_if_exists(place.at("link")) == "text");
  CHECK(read_file_if_exists("/dev/null") == "");
  CHECK_FALSE(try_open_regular(place.at("none")));
  CHECK_FALSE(read_file_if_exists(place.at("file/below")));
  for (const std::string& path : {place.at("fifo"), std::string("/dev/zero"), place.path}) {
    CAPTURE(path);
    CHECK_THROWS_WITH_AS(read_file(path), doctest::Contains(path.c_str()), Error);
    CHECK_THROWS_WITH_AS(read_file_if_exists(path), doctest::Contains(path.c_str()), Error);
  }
  CHECK_THROWS_AS(open_regular(place.at("none")), SysError);
}

TEST_CASE("a pipe is waited for, and read to its end") {
  const Place place;
  REQUIRE(::mkfifo(place.at("fifo").c_str(), 0600) == 0);
  std::thread writer([&] {
    const Fd fifo = open_file(place.at("fifo"), O_WRONLY);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    write_all(fifo.get(), as_bytes("first "), "fifo");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    write_all(fifo.get(), as_bytes("second"), "fifo");
  });
  CHECK(text_of(open_input(place.at("fifo"))) == "first second");
  writer.join();
}

TEST_CASE("a FIFO that nobody writes to is given up") {
  const Place place;
  REQUIRE(::mkfifo(place.at("fifo").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(open_input(place.at("fifo")), doctest::Contains("no process writes to it"),
                       Error);
}

}  // namespace cbuild
