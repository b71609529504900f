// Who keeps us waiting is told once for all who wait.
#include "src/registry/http_silences.h"

#include <doctest/doctest.h>

#include <thread>

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = *Url::try_parse(url);
  return request;
}

/// Writes down what is told.
struct Told {
  std::vector<std::string> lines;

  Announce announce() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

}  // namespace

TEST_CASE("a host is told of once within the pause, whatever is asked of it") {
  Told told;
  HttpSilences silences(told.announce(), seconds(100));
  silences.tell(request_to("https://a.example/1"), seconds(10));
  silences.tell(request_to("https://a.example/2"), seconds(20));
  silences.tell(request_to("https://a.example:444/"), seconds(30));
  silences.tell(request_to("https://b.example/"), seconds(40));
  CHECK(told.lines == std::vector<std::string>{"a.example has been silent for 10 s, try 1 of 5",
                                               "a.example:444 has been silent for 30 s, try 1 of 5",
                                               "b.example has been silent for 40 s, try 1 of 5"});
}

TEST_CASE("after the pause a host is told of again") {
  Told told;
  HttpSilences silences(told.announce(), milliseconds(1));
  silences.tell(request_to("https://a.example/"), seconds(1));
  std::this_thread::sleep_for(milliseconds(2));
  silences.tell(request_to("https://a.example/"), seconds(2));
  CHECK(told.lines.size() == 2);
}

TEST_CASE("the try and the time that is left are told") {
  Told told;
  HttpSilences silences(told.announce(), seconds(0));
  HttpRequest request = request_to("http://a.example/");
  request.attempt = {Attempt::Clock::now() + milliseconds(59'900), 3};
  silences.tell(request, seconds(10));
  request.attempt.deadline = Attempt::Clock::now() - seconds(5);
  silences.tell(request, seconds(10));
  CHECK(told.lines ==
        std::vector<std::string>{
            "a.example has been silent for 10 s, try 3 of 5; cbuild gives up in 60 s",
            "a.example has been silent for 10 s, try 3 of 5; cbuild gives up in 0 s"});
}

TEST_CASE("nobody needs to listen") {
  HttpSilences({}, seconds(0)).tell(request_to("https://a.example/"), seconds(1));
}

}  // namespace cbuild::registry
