// Rules of the loop: who is called, in which order, and who is not any more.
#include "cbuild/util/event_loop.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "cbuild/util/pipe.h"

namespace cbuild {

namespace {

struct Probe : Handler {
  void ready(std::uint32_t events) override { on_ready(events); }

  void expired() override { on_expired(); }

  ~Probe() override { on_end(); }

  std::function<void(std::uint32_t)> on_ready = [](std::uint32_t) {};
  std::function<void()> on_expired = [] {};
  std::function<void()> on_end = [] {};
};

}  // namespace

TEST_CASE("a handler hears of its descriptor; stop() of another thread ends the loop") {
  EventLoop loop;
  Probe probe;
  const Pipe pipe = make_pipe();
  const Pipe told = make_pipe();
  probe.on_ready = [&](std::uint32_t) { (void)!::write(told.write.get(), "t", 1); };
  loop.watch(pipe.read.get(), probe);
  std::thread thread([&] { loop.run(); });
  (void)!::write(pipe.write.get(), "x", 1);
  char byte = 0;
  REQUIRE(::read(told.read.get(), &byte, 1) == 1);
  CHECK(byte == 't');
  loop.stop();
  thread.join();
}

TEST_CASE("what other threads post is called in order, by the loop's thread") {
  EventLoop loop;
  std::thread::id caller;
  std::string order;
  std::thread poster([&] {
    loop.post([&] {
      caller = std::this_thread::get_id();
      order += "a";
    });
    loop.post([] { throw std::runtime_error("bad"); });
    loop.post([&] {
      order += "b";
      loop.stop();
    });
  });
  loop.run();
  poster.join();
  CHECK(order == "ab");
  CHECK(caller == std::this_thread::get_id());
}

TEST_CASE("a handler that another one drops is not told of its event, and lives until then") {
  EventLoop loop;
  int calls = 0;
  int ended = 0;
  std::array<Probe*, 2> both{};
  const std::array<Pipe, 2> pipes{make_pipe(), make_pipe()};
  for (std::size_t i = 0; i < 2; ++i) {
    auto probe = std::make_unique<Probe>();
    both[i] = probe.get();
    probe->on_ready = [&, i](std::uint32_t) {
      ++calls;
      loop.drop(*both[1 - i]);
      CHECK(ended == 0);
      loop.stop();
    };
    probe->on_end = [&] { ++ended; };
    loop.watch(pipes[i].read.get(), *probe);
    loop.own(std::move(probe));
    (void)!::write(pipes[i].write.get(), "x", 1);
  }
  loop.run();
  CHECK(calls == 1);
  CHECK(ended == 2);
}

TEST_CASE("the destructor of a handler may drop others, in the loop and at its end") {
  for (const bool at_the_end : {false, true}) {
    EventLoop loop;
    int ended = 0;
    std::vector<Probe*> all;
    for (int i = 0; i < 40; ++i) {
      auto probe = std::make_unique<Probe>();
      Probe* const former = all.empty() ? nullptr : all.back();
      probe->on_end = [&, former] {
        ++ended;
        if (former != nullptr) loop.drop(*former);
      };
      all.push_back(probe.get());
      loop.own(std::move(probe));
    }
    if (!at_the_end) loop.drop(*all.back());
    loop.post([&] { loop.stop(); });
    loop.run();
    CHECK(ended == 40);
  }
}

TEST_CASE("call_again() calls once, without events") {
  EventLoop loop;
  Probe probe;
  int calls = 0;
  probe.on_ready = [&](std::uint32_t events) {
    CHECK(events == 0);
    if (++calls < 3) return loop.call_again(probe);
    loop.stop();
  };
  loop.call_again(probe);
  loop.run();
  CHECK(calls == 3);
}

TEST_CASE("times come in their order; a later call_at() replaces the earlier one") {
  EventLoop loop;
  std::string order;
  Probe a;
  Probe b;
  Probe c;
  a.on_expired = [&] { order += "a"; };
  b.on_expired = [&] { order += "b"; };
  c.on_expired = [&] {
    order += "c";
    loop.stop();
  };
  const auto now = Clock::now();
  using std::chrono::milliseconds;
  loop.call_at(a, now);
  loop.call_at(b, now + milliseconds(2));
  loop.call_at(c, now + milliseconds(6));
  loop.call_at(a, now + milliseconds(4));
  loop.run();
  CHECK(order == "bac");
  CHECK(Clock::now() >= now + milliseconds(6));
}

TEST_CASE("an owned handler that throws is dropped; the others are destroyed when run() returns") {
  EventLoop loop;
  std::string ended;
  auto bad = std::make_unique<Probe>();
  bad->on_ready = [](std::uint32_t) { throw std::runtime_error("bad"); };
  bad->on_end = [&] { ended += "bad "; };
  auto good = std::make_unique<Probe>();
  good->on_expired = [&] {
    CHECK(ended == "bad ");
    loop.stop();
  };
  good->on_end = [&] { ended += "good"; };
  loop.call_again(*bad);
  loop.call_at(*good, Clock::now() + std::chrono::milliseconds(5));
  loop.own(std::move(bad));
  loop.own(std::move(good));
  loop.run();
  CHECK(ended == "bad good");
}

TEST_CASE("children end with their parent, and without it by drop_children()") {
  EventLoop loop;
  std::string ended;
  Probe root;
  const auto own = [&](const char* name, Handler* parent) {
    auto probe = std::make_unique<Probe>();
    Probe* const made = probe.get();
    made->on_end = [&ended, name] { ended += name; };
    made->on_ready = [](std::uint32_t) { FAIL("called"); };
    loop.own(std::move(probe), parent);
    loop.call_again(*made);
    return made;
  };
  Probe* const child = own("b", &root);
  own("a", child);
  own("c", &root);
  loop.drop(*child);
  loop.drop_children(root);
  CHECK(ended.empty());
  Probe next;
  next.on_ready = [&](std::uint32_t) { loop.stop(); };
  loop.call_again(next);
  loop.run();
  CHECK(ended == "abc");
}

TEST_CASE("a handler that is gone hears nothing of a descriptor that somebody keeps open") {
  EventLoop loop;
  const Pipe pipe = make_pipe();
  auto owned = std::make_unique<Probe>();
  Probe& probe = *owned;
  probe.on_ready = [](std::uint32_t) { FAIL("called"); };
  loop.watch(pipe.read.get(), probe);
  loop.own(std::move(owned));
  loop.drop(probe);
  Probe last;
  int rounds = 0;
  last.on_ready = [&](std::uint32_t) {
    (void)!::write(pipe.write.get(), "x", 1);
    if (++rounds < 3) return loop.call_again(last);
    loop.stop();
  };
  loop.call_again(last);
  loop.run();
  CHECK(rounds == 3);
}

}  // namespace cbuild
