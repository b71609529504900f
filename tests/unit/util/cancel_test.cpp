// One word reaches every wait.
#include "cbuild/util/cancel.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>

using namespace cbuild;

namespace {

bool is_readable(const CancelToken& token) {
  pollfd poll{token.fd(), POLLIN, 0};
  return ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLIN) != 0;
}

}  // namespace

TEST_CASE("a cancelled token stays readable and throws at each check") {
  CancelToken token;
  CHECK_FALSE(is_readable(token));
  CHECK_NOTHROW(token.check());
  token.cancel();
  token.cancel();
  for (int i = 0; i < 2; ++i) {
    CHECK(is_readable(token));
    CHECK_THROWS_AS(token.check(), Interrupted);
  }
}

TEST_CASE("a parent cancels its children and theirs") {
  CancelToken parent;
  const CancelToken child = CancelToken::child_of(parent);
  const CancelToken grandchild = CancelToken::child_of(child);
  CHECK_FALSE(is_readable(grandchild));
  parent.cancel();
  for (const CancelToken* token : {&child, &grandchild}) {
    CHECK(token->cancelled());
    CHECK(is_readable(*token));
  }
}

TEST_CASE("a child cancels neither its parent nor its siblings") {
  CancelToken parent;
  CancelToken child = CancelToken::child_of(parent);
  const CancelToken sibling = CancelToken::child_of(parent);
  child.cancel();
  CHECK(is_readable(child));
  for (const CancelToken* token : {static_cast<const CancelToken*>(&parent), &sibling}) {
    CHECK_FALSE(token->cancelled());
    CHECK_FALSE(is_readable(*token));
  }
}

TEST_CASE("a wait ends when another thread cancels") {
  CancelToken token;
  std::thread other([&] { token.cancel(); });
  pollfd poll{token.fd(), POLLIN, 0};
  CHECK(::poll(&poll, 1, 10'000) == 1);
  other.join();
}
