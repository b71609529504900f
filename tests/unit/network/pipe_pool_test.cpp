// Rules of the pool: what comes out of it.
#include "src/network/pipe_pool.h"

#include <doctest/doctest.h>

#include <utility>

namespace cbuild::network {

TEST_CASE("a pipe that was given back is taken again; two at once are different") {
  PipePool pool;
  Pipe first = pool.take();
  const Pipe second = pool.take();
  const int number = first.read.get();
  CHECK(number != second.read.get());
  pool.give_back(std::move(first));
  CHECK(pool.take().read.get() == number);
}

}  // namespace cbuild::network
