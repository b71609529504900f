// Streams that are shared with others.
#include "cbuild/util/shared_stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"

namespace cbuild {

namespace {

struct Ends {
  Fd ours;
  Fd theirs;
};

Ends make_pipe(int flags = 0) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | flags) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

Ends make_sockets() {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

/// Writes more than the stream holds while a slow reader takes it; returns what that one got.
std::string pass_through(Ends ends, const std::string& text) {
  std::string got;
  std::thread reader([&] {
    ::usleep(100'000);
    SharedSource source(std::move(ends.ours));
    got = read_all(source, 1 << 24);
  });
  {
    const Fd writer = std::move(ends.theirs);
    const int flags = ::fcntl(writer.get(), F_GETFL);
    SharedSink(writer.get()).write(as_bytes(text));
    CHECK(::fcntl(writer.get(), F_GETFL) == flags);
  }
  reader.join();
  return got;
}

}  // namespace

TEST_CASE("all bytes arrive, whoever else set O_NONBLOCK, and the flags stay") {
  std::string text;
  for (int i = 0; text.size() < 1'000'000; ++i)
    text += std::to_string(i) + " ";
  CHECK(pass_through(make_pipe(), text) == text);
  CHECK(pass_through(make_pipe(O_NONBLOCK), text) == text);
  CHECK(pass_through(make_sockets(), text) == text);
}

TEST_CASE("a cancelled token without a signal loses no output") {
  static CancelToken token;  // signal handlers keep it
  cancel_on_signals(token);
  token.cancel();  // as the solver does when a step fails
  const std::string text(300'000, 'x');
  CHECK(pass_through(make_pipe(), text) == text);
}

TEST_CASE("a reader that went away is an error that names the stream") {
  ::signal(SIGPIPE, SIG_IGN);
  Ends ends = make_pipe();
  ends.ours = Fd();
  CHECK_THROWS_WITH_AS(SharedSink(ends.theirs.get(), "standard output").write(as_bytes("x")),
                       "write standard output: Broken pipe", SysError);
}

}  // namespace cbuild
