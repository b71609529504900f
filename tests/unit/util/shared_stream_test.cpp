// Waits for streams that others share.
#include "cbuild/util/shared_stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "cbuild/util/cancel.h"

namespace cbuild {

TEST_CASE("a cancelled token without a signal loses no output of a full pipe") {
  CancelToken token;
  cancel_on_signals(token);
  token.cancel();  // as the solver does when a step fails
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const std::string text(300'000, 'x');  // more than a pipe holds
  std::size_t count = 0;
  std::thread slow([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; got > 0; count += static_cast<std::size_t>(got))
      got = ::read(reading.get(), buffer.data(), buffer.size());
  });
  CHECK(SharedSink(writing.get()).try_write(as_bytes(text)));
  writing = Fd();
  slow.join();
  CHECK(count == text.size());
}

}  // namespace cbuild
