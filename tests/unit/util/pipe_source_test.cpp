// Reading what a function writes.
#include "cbuild/util/pipe_source.h"

#include <doctest/doctest.h>

#include <atomic>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild {

TEST_CASE("PipeSource gives the bytes written, whatever the sizes of writes and reads") {
  for (const std::size_t piece : {std::size_t{1000}, kIoBlock, 3 * kIoBlock + 7}) {
    CAPTURE(piece);
    std::string all;
    for (int i = 0; i < 6; ++i)
      all += std::string(piece, static_cast<char>('a' + i));
    PipeSource source([&](Sink& sink, const CancelToken&) {
      for (int i = 0; i < 6; ++i)
        sink.write(as_bytes(std::string_view(all).substr(i * piece, piece)));
    });
    CHECK(read_all(source, all.size()) == all);
    std::byte more;
    CHECK(source.read({&more, 1}) == 0);
  }
}

TEST_CASE("PipeSource passes on what came before an error, then the error") {
  PipeSource source([](Sink& sink, const CancelToken&) {
    sink.write(std::vector<std::byte>(kIoBlock));
    throw Error("broken");
  });
  std::vector<std::byte> buffer(kIoBlock);
  CHECK(source.read(buffer) == kIoBlock);
  for (int i = 0; i < 2; ++i)
    CHECK_THROWS_WITH_AS(source.read(buffer), "broken", Error);
}

TEST_CASE("PipeSource stops its producer when it is destroyed") {
  std::atomic<bool> stopped = false;
  {
    PipeSource source([&](Sink& sink, const CancelToken& cancel) {
      try {
        for (;;)
          sink.write(std::vector<std::byte>(kIoBlock));
      } catch (const Interrupted&) {
        stopped = cancel.cancelled();
        throw;
      }
    });
    std::byte first;
    CHECK(source.read({&first, 1}) == 1);
  }
  CHECK(stopped);
  std::atomic<bool> ran = false;
  {
    const PipeSource unread([&](Sink&, const CancelToken&) { ran = true; });
  }
  CHECK(!ran);
}

}  // namespace cbuild
