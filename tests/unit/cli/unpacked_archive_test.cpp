// Archives of images in temporary directories.
#include "src/cli/unpacked_archive.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <optional>

#include "cbuild/layer/diff.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::cli {

namespace {

/// $TMPDIR is a directory of its own.
struct Temporary : layer::Tree {
  Temporary() {
    if (const char* value = ::getenv("TMPDIR")) former = value;  // NOLINT(concurrency-mt-unsafe)
    ::setenv("TMPDIR", at("").c_str(), 1);                       // NOLINT(concurrency-mt-unsafe)
  }

  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  ~Temporary() {
    if (former) {
      ::setenv("TMPDIR", former->c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    } else {
      ::unsetenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
    }
  }

  bool is_empty() const { return list_directory(open_directory(at("")).get()).empty(); }

  std::optional<std::string> former;
};

const CancelToken kNever;

Fd open_file(const std::string& path) {
  return Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

}  // namespace

TEST_CASE("an archive is unpacked beneath TMPDIR, and its files go with the object") {
  layer::Tree files;
  files.directory("tree");
  files.file("tree/manifest.json", "[]");
  {
    const Fd tar = open_file(files.at("archive"));
    FdSink sink(tar.get(), "archive");
    layer::write_tar(open_directory(files.at("tree")), sink,
                     {.latest_time = std::nullopt, .cancel = &kNever});
  }
  const Temporary temporary;
  {
    const UnpackedArchive archive(open_file(files.at("archive")), "archive", kNever);
    CHECK(archive.directory().starts_with(temporary.at("")));
    CHECK(read_file_if_exists(archive.directory() + "/manifest.json") == "[]");
  }
  CHECK(temporary.is_empty());
}

TEST_CASE("what is no archive is the user's mistake, and leaves no directory behind") {
  layer::Tree files;
  files.file("archive", std::string(2048, 'x'));
  const Temporary temporary;
  try {
    const UnpackedArchive archive(open_file(files.at("archive")), "text", kNever);
    FAIL("it was unpacked");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()).starts_with("load text: "));
  }
  CHECK(temporary.is_empty());
}

}  // namespace cbuild::cli
