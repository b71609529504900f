// The client against a server that does all that servers should not.
#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "cbuild/oci/manifest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/oci/transient_error.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/text.h"
#include "tests/registry/servers.h"

namespace cbuild::registry {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What the server serves.
std::string good_bytes() {
  std::string bytes(std::size_t{1} << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(i % 256);
  return bytes;
}

oci::Descriptor good_blob() {
  return oci::describe(oci::media_type::kLayer, good_bytes());
}

/// A server, and a client that knows a password for it.
struct Fixture {
  test::HostileRegistry server;
  CancelToken cancel;
  Options options;
  std::mutex mutex;
  std::vector<std::string> announced;

  Fixture() {
    options.times = {
        .first_delay = milliseconds(5), .connect = seconds(5), .stall = milliseconds(2000)};
    options.announce = [this](std::string_view line) {
      const std::lock_guard lock(mutex);
      announced.emplace_back(line);
    };
    options.credentials.inline_config =
        R"({"auths":{")" + server.host() + R"(":{"auth":")" + base64_encode("u:secret") + R"("}}})";
  }

  std::unique_ptr<Repository> repository(const std::string& name) {
    Registry registry(options, cancel);
    return registry.repository(oci::Reference::parse(server.host() + "/" + name));
  }

  std::string pull(const std::string& name) {
    const auto store = repository(name);
    const auto source = store->open(good_blob());
    return read_all(*source, 2 << 20);
  }

  /// The message of the Error that pulling from `name` ends with.
  std::string failure(const std::string& name) {
    try {
      pull(name);
    } catch (const Error& error) {
      CHECK(error.kind() != ErrorKind::build);
      return std::string(error.what()) + " | " + error.hint();
    }
    return "no failure";
  }

  std::size_t requests(const std::string& text) const {
    std::size_t count = 0;
    for (const std::string& line : split(server.log(), '\n')) {
      count += line.find(text) != std::string::npos ? 1 : 0;
    }
    return count;
  }
};

/// Without asking whether it is there.
void upload(oci::BlobStore& store, const oci::Descriptor& blob, const std::string& bytes) {
  const auto writer = store.create(blob);
  writer->write(as_bytes(bytes));
  writer->commit();
}

bool contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("registry") {
  TEST_CASE("Authorization stays with its origin") {
    Fixture fixture;
    for (const std::string name : {"redirect-port", "redirect-name"}) {
      CAPTURE(name);
      CHECK(fixture.pull(name) == good_bytes());
    }
    CHECK(fixture.requests("/elsewhere -") == 2);
    CHECK(fixture.requests("/elsewhere Basic") == 0);

    const auto store = fixture.repository("push-elsewhere");
    upload(*store, oci::describe(oci::media_type::kLayer, "x"), "x");
    std::string big(std::size_t{5} << 20, 'b');
    upload(*store, oci::describe(oci::media_type::kLayer, big), big);
    CHECK(fixture.requests("PUT /upload?state=a%2Fb%3D&x&digest=sha256%3A") == 2);
    CHECK(fixture.requests(" /upload?") == 2);
    for (const std::string& line : split(fixture.server.log(), '\n')) {
      if (line.find(" /upload?") != std::string::npos) CHECK(line.ends_with(" -"));
    }
  }

  TEST_CASE("redirects end, and lead to http and https only") {
    Fixture fixture;
    contains(fixture.failure("redirect-loop"), "more than 5 redirects");
    CHECK(fixture.requests("redirect-loop") == 6);
    contains(fixture.failure("redirect-file"), "without a usable Location");
  }

  TEST_CASE("a relative Location with a query is where the upload goes") {
    Fixture fixture;
    const auto store = fixture.repository("push-relative");
    upload(*store, oci::describe(oci::media_type::kLayer, "x"), "x");
    CHECK(fixture.requests(
              "PUT /v2/push-relative/blobs/uploads/session/1?state=a%2Fb%3D&digest=sha256%3A") ==
          1);
  }

  TEST_CASE("a blob that is cut is resumed") {
    Fixture fixture;
    for (const std::string name : {"cut", "cut-no-range", "cut-wrong-range", "cut-416"}) {
      CAPTURE(name);
      CHECK(fixture.pull(name) == good_bytes());
    }
    CHECK(fixture.requests("/v2/cut/") == 4);
    contains(fixture.failure("cut-always"), "given up after 5 tries");
    CHECK(fixture.requests("/v2/cut-always/") == 5);
  }

  TEST_CASE("wrong bytes are refused") {
    Fixture fixture;
    for (const std::string name : {"flipped", "short", "short-chunked", "endless"}) {
      CAPTURE(name);
      const std::string message = fixture.failure(name);
      CAPTURE(message);
      CHECK(message != "no failure");
      CHECK(fixture.requests("/v2/" + name + "/") == 1);
    }
  }

  TEST_CASE("a server that says nothing is given up") {
    Fixture fixture;
    fixture.options.times.stall = milliseconds(300);
    const auto begin = Clock::now();
    contains(fixture.failure("mute"), "silent");
    contains(fixture.failure("silent"), "silent");
    CHECK(Clock::now() - begin < seconds(15));
  }

  TEST_CASE("all tries of one request have one deadline, whatever the server drags out") {
    for (const std::string name : {"mute", "silent", "slow", "parts", "slow-headers", "interim",
                                   "silent-error", "token-mute"}) {
      CAPTURE(name);
      Fixture fixture;
      fixture.options.times.stall = milliseconds(1000);
      fixture.options.times.whole = milliseconds(1700);
      const auto begin = Clock::now();
      const std::string message = fixture.failure(name);
      CAPTURE(message);
      CHECK(message != "no failure");
      // Five tries that stall, or one that drags on, would take longer, however busy the machine is.
      CHECK(fixture.requests("/v2/" + name + "/") <= 2);
      CHECK(Clock::now() - begin < seconds(15));
    }
  }

  TEST_CASE("a silent server is told of, once for all who wait") {
    Fixture fixture;
    fixture.options.times.stall = milliseconds(5000);
    fixture.options.times.whole = milliseconds(5000);
    fixture.options.times.notice = milliseconds(1000);
    const auto store = fixture.repository("mute");
    std::vector<std::jthread> pulls;
    for (int i = 0; i < 3; ++i)
      pulls.emplace_back([&] { CHECK_THROWS_AS(store->open(good_blob()), Error); });
    pulls.clear();
    std::erase_if(fixture.announced, [](const std::string& line) {
      return line.find("trying again") != std::string::npos;
    });
    REQUIRE(fixture.announced.size() == 1);
    // The seconds are those of a machine that may be busy.
    const std::regex told(R"( has been silent for [1-4] s, try 1 of 5; cbuild gives up in [0-4] s)");
    CAPTURE(fixture.announced[0]);
    REQUIRE(fixture.announced[0].starts_with(fixture.server.host()));
    CHECK(std::regex_match(fixture.announced[0].substr(fixture.server.host().size()), told));
  }

  TEST_CASE("an upload that is not answered is not begun again and again") {
    Fixture fixture;
    fixture.options.times.whole = milliseconds(1000);
    const std::string big(std::size_t{6} << 20, 'b');
    for (const std::string& bytes : {std::string("x"), big}) {
      const oci::Descriptor blob = oci::describe(oci::media_type::kLayer, bytes);
      try {
        upload(*fixture.repository("push-mute"), blob, bytes);
        FAIL("no failure");
      } catch (const oci::TransientError&) {
        FAIL("copy() would try again");
      } catch (const Error& error) {
        contains(error.what(), "silent");
      }
    }
    CHECK(fixture.requests("POST ") == 2);
  }

  TEST_CASE("an upload session gets no bytes twice") {
    Fixture fixture;
    const auto store = fixture.repository("push-cut-once");
    for (const std::string bytes : {"first", "second", "third"})
      upload(*store, oci::describe(oci::media_type::kLayer, bytes), bytes);
    CHECK(fixture.requests("POST ") == 4);
    CHECK(fixture.requests("PUT ") == 4);
    upload(*fixture.repository("push-spoilt"), oci::describe(oci::media_type::kLayer, "x"), "x");
    CHECK(fixture.requests("PUT /v2/push-spoilt/session/2") == 1);
  }

  TEST_CASE("tokens for one request are enough for several at once") {
    Fixture fixture;
    const auto store = fixture.repository("token-once");
    std::vector<std::jthread> pulls;
    for (int i = 0; i < 4; ++i) {
      pulls.emplace_back([&] {
        for (int blob = 0; blob < 3; ++blob) {
          try {
            const auto source = store->open(good_blob());
            CHECK(read_all(*source, 2 << 20) == good_bytes());
          } catch (const Error& error) {
            FAIL_CHECK(error.what());
          }
        }
      });
    }
    pulls.clear();
    CHECK(fixture.requests("/v2/token-once/") <= 4 * 12);
  }

  TEST_CASE("every wait ends when cancelled") {
    for (const std::string name :
         {"mute", "silent", "busy", "broken", "slow", "slow-headers", "token-mute"}) {
      CAPTURE(name);
      Fixture fixture;
      fixture.options.times.first_delay = seconds(30);
      fixture.options.times.stall = seconds(30);
      fixture.options.times.whole = seconds(300);
      Clock::time_point cancelled;
      std::jthread stopper([&] {
        std::this_thread::sleep_for(milliseconds(400));
        cancelled = Clock::now();
        fixture.cancel.cancel();
      });
      CHECK_THROWS_AS(fixture.pull(name), Interrupted);
      CHECK(Clock::now() - cancelled < seconds(15));  // half of each wait
    }
  }

  TEST_CASE("headers and error texts have limits") {
    Fixture fixture;
    contains(fixture.failure("long-headers"), "headers");
    const std::string message = fixture.failure("long-error");
    CHECK(message.size() < 1500);
    CHECK(message.find('\x1b') == std::string::npos);
    contains(message, "\\x1b[31meee");
  }

  TEST_CASE("busy servers are asked again, as late as they wish") {
    Fixture fixture;
    const auto begin = Clock::now();
    CHECK(fixture.pull("busy") == good_bytes());
    CHECK(Clock::now() - begin >= milliseconds(1900));
    contains(fixture.failure("busy-long"), "asks for a pause until 20");
    CHECK(fixture.requests("/busy-long/") == 1);
    contains(fixture.failure("broken"), "given up after 5 tries");
    contains(fixture.failure("broken"), "out of order");
    CHECK(fixture.requests("/broken/") == 10);
  }

  TEST_CASE("has() knows servers without HEAD") {
    Fixture fixture;
    CHECK(fixture.repository("no-head")->has(good_blob()));
    CHECK_FALSE(fixture.repository("nothing-here")->has(good_blob()));
  }

  TEST_CASE("the type of a manifest is what header and content agree on") {
    Fixture fixture;
    CHECK(fixture.repository("type-parameters")->resolve("1")->media_type ==
          oci::media_type::kManifest);
    CHECK(fixture.repository("type-missing")->resolve("1")->media_type ==
          oci::media_type::kManifest);
    CHECK_THROWS_AS(fixture.repository("type-lies")->resolve("1"), Error);
    CHECK_THROWS_AS(fixture.repository("schema1")->resolve("1"), Error);
    CHECK_THROWS_AS(fixture.repository("digest-lies")->resolve("1"), Error);
    CHECK_THROWS_AS(fixture.repository("manifest-bomb")->resolve("1"), Error);
    CHECK_THROWS_AS(fixture.repository("type-lies")->resolve("../../x"), Error);
  }

  TEST_CASE("tokens are fetched from good realms, kept, renewed once, and never go astray") {
    Fixture fixture;
    const auto store = fixture.repository("token-ok");
    for (int i = 0; i < 3; ++i) {
      const auto source = store->open(good_blob());
      CHECK(read_all(*source, 2 << 20) == good_bytes());
    }
    CHECK(fixture.requests("/token?service=s%2C%20%22x%22&scope=repository%3Atoken-ok%3Apull&"
                           "account=u Basic ") == 1);
    contains(fixture.failure("token-file"), "is not an http or https URL");
    contains(fixture.failure("token-injection"), "not allowed in a token");
    contains(fixture.failure("token-bad"), "cbuild login 127.0.0.1");
    CHECK(fixture.requests("repository%3Atoken-bad") == 3);

    const auto renewing = fixture.repository("token-renewed");
    for (int i = 0; i < 4; ++i) {
      const auto source = renewing->open(good_blob());
      CHECK(read_all(*source, 2 << 20) == good_bytes());
    }
  }

  TEST_CASE("a long upload that fails can be tried again, and is called off") {
    Fixture fixture;
    const std::string big(std::size_t{6} << 20, 'b');
    const oci::Descriptor blob = oci::describe(oci::media_type::kLayer, big);
    CHECK_THROWS_AS(upload(*fixture.repository("push-busy"), blob, big), oci::TransientError);
    try {
      upload(*fixture.repository("push-refused"), blob, big);
      FAIL("no failure");
    } catch (const oci::TransientError&) {
      FAIL("not transient");
    } catch (const Error& error) {
      contains(error.what(), "DIGEST_INVALID");
    }
    CHECK(fixture.requests("DELETE /v2/push-refused/session") == 1);
  }

  TEST_CASE("wrong bytes are never uploaded to their end") {
    Fixture fixture;
    const std::string big(std::size_t{6} << 20, 'b');
    const oci::Descriptor blob = oci::describe(oci::media_type::kLayer, big);
    const auto store = fixture.repository("push-relative");
    CHECK_THROWS_AS(upload(*store, blob, std::string(big.size(), 'c')), Error);
    CHECK_THROWS_AS(upload(*store, blob, big + "d"), Error);
    CHECK_THROWS_AS(upload(*store, blob, "short"), Error);
    CHECK(fixture.requests("DELETE ") == 3);
  }

  TEST_CASE("a refused mount begins an upload; a denied one is no failure") {
    Fixture fixture;
    const oci::Descriptor blob = oci::describe(oci::media_type::kLayer, "x");
    const auto store = fixture.repository("mount");
    CHECK_FALSE(store->mount(blob, "library/other"));
    upload(*store, blob, "x");
    CHECK(fixture.requests("POST ") == 1);
    CHECK(fixture.requests("PUT /v2/mount/session?digest=") == 1);
    CHECK_FALSE(fixture.repository("mount-denied")->mount(blob, "library/other"));
  }
}

}  // namespace cbuild::registry
