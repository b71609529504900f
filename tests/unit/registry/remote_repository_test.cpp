// A repository of a registry: what is asked, believed, sent and given up.
#include <doctest/doctest.h>

#include "cbuild/oci/manifest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/util/cancel.h"
#include "tests/support/errors.h"
#include "tests/unit/registry/web_server.h"

namespace cbuild::registry {

namespace {

const std::string kManifest =
    R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
    R"("config":{"mediaType":"x","digest":"sha256:)" +
    std::string(64, 'a') + R"(","size":1},"layers":[]})";
const oci::Descriptor kDescriptor = oci::describe(oci::media_type::kManifest, kManifest);
const std::string kBytes = "the bytes of a blob";
const oci::Descriptor kBlob = oci::describe(oci::media_type::kLayer, kBytes);

WebAnswer manifest_answer() {
  return {.headers = {"Content-Type: " + std::string(oci::media_type::kManifest)},
          .body = kManifest};
}

/// A repository of a registry that answers as it is told.
struct Remote {
  explicit Remote(std::function<WebAnswer(const WebRequest&)> answer) : server(std::move(answer)) {}

  std::string error(const std::function<void()>& action) { return error_of(action); }

  std::string read(const oci::Descriptor& blob) {
    return read_all(*repository->open(blob), 1 << 20);
  }

  void write(const oci::Descriptor& blob, const std::string& bytes) {
    const auto writer = repository->create(blob);
    writer->write(as_bytes(bytes));
    writer->commit();
  }

  WebServer server;
  CancelToken cancel;
  Registry registry{quick_options(), cancel};
  std::unique_ptr<Repository> repository =
      registry.repository(oci::Reference::parse(server.host() + "/team/app:1"));
};

}  // namespace

TEST_CASE("a tag is resolved with one request, and what was found is not asked for again") {
  Remote remote([](const WebRequest&) { return manifest_answer(); });
  const auto found = remote.repository->resolve("1");
  REQUIRE(found);
  CHECK(*found == kDescriptor);
  CHECK(remote.read(*found) == kManifest);
  CHECK(remote.server.lines() == std::vector<std::string>{"GET /v2/team/app/manifests/1"});
  const std::string accept = remote.server.requests()[0].header("accept");
  CHECK(accept.starts_with(oci::media_type::kIndex));
  CHECK(holds(accept, oci::media_type::kDockerManifest.data()));
}

TEST_CASE("a manifest that is not there is none; a name that is none is not asked for") {
  Remote remote([](const WebRequest&) { return WebAnswer{.status = 404}; });
  CHECK_FALSE(remote.repository->resolve("1"));
  CHECK_FALSE(remote.repository->resolve(kDescriptor.digest.to_string()));
  for (const std::string name : {"", "a/b", "../x", "a?b", "sha256:short"}) {
    CAPTURE(name);
    CHECK(holds(remote.error([&] { remote.repository->resolve(name); }),
                "is neither a tag nor a digest"));
  }
  CHECK(remote.server.requests().size() == 2);
}

TEST_CASE("a manifest is believed when its bytes, digest and type are what is said of them") {
  const std::string other = oci::Digest::of("other").to_string();

  struct Row {
    std::string tag;
    std::vector<std::string> headers;
    std::string body;
    std::string error;
  };

  const std::string type = "Content-Type: " + std::string(oci::media_type::kManifest);
  const Row rows[] = {
      {other, {type}, kManifest, "the registry sent other bytes: "},
      {"1",
       {type, "Docker-Content-Digest: " + other},
       kManifest,
       "the registry announces " + other},
      {"1", {"Content-Type: text/html"}, kManifest, "it is of type text/html"},
      {"1", {type}, "<html>", ""},
      {"1", {type}, std::string((4 << 20) + 1, ' '), "larger than 4194304 bytes"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.error);
    Remote remote(
        [&](const WebRequest&) { return WebAnswer{.headers = row.headers, .body = row.body}; });
    const std::string error = remote.error([&] { remote.repository->resolve(row.tag); });
    CAPTURE(error);
    CHECK_FALSE(error.empty());
    CHECK(holds(error, row.error));
  }
}

TEST_CASE("an answer that is cut off is asked for again") {
  int count = 0;
  Remote remote([&](const WebRequest&) {
    WebAnswer answer = manifest_answer();
    if (++count == 1) answer.cut = 10;
    return answer;
  });
  CHECK(remote.repository->resolve("1") == kDescriptor);
  CHECK(remote.server.requests().size() == 2);
}

TEST_CASE("whether a blob is there is asked by HEAD, or by GET where there is none") {
  struct Row {
    std::vector<int> statuses;
    std::optional<bool> has;
    std::string last;
  };

  const Row rows[] = {
      {{200}, true, "HEAD"},      {{404}, false, "HEAD"},        {{405, 200}, true, "GET"},
      {{405, 404}, false, "GET"}, {{403}, std::nullopt, "HEAD"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.last);
    std::size_t count = 0;
    Remote remote([&](const WebRequest&) { return WebAnswer{.status = row.statuses.at(count++)}; });
    std::optional<bool> has;
    const std::string error = remote.error([&] { has = remote.repository->has(kBlob); });
    CHECK(has == row.has);
    CHECK(error.empty() == row.has.has_value());
    CHECK(remote.server.lines().back() ==
          row.last + " /v2/team/app/blobs/" + kBlob.digest.to_string());
  }
  Remote documents([](const WebRequest&) { return WebAnswer{}; });
  CHECK(documents.repository->has(kDescriptor));
  CHECK(documents.server.lines().back() ==
        "HEAD /v2/team/app/manifests/" + kDescriptor.digest.to_string());
}

TEST_CASE("a blob is read to its end, over a connection that breaks") {
  const auto from = [](const WebRequest& request) {
    return parse_uint(std::string_view(request.header("range")).substr(6, 1)).value_or(0);
  };
  Remote ranges([&](const WebRequest& request) {
    if (request.header("range").empty()) return WebAnswer{.body = kBytes, .cut = 4};
    const std::size_t begin = from(request);
    return WebAnswer{.status = 206,
                     .headers = {fmt::format("Content-Range: bytes {}-{}/{}", begin,
                                             kBytes.size() - 1, kBytes.size())},
                     .body = kBytes.substr(begin)};
  });
  CHECK(ranges.read(kBlob) == kBytes);
  CHECK(ranges.server.requests().at(1).header("range") == "bytes=4-");

  int count = 0;
  Remote whole([&](const WebRequest&) {
    WebAnswer answer{.body = kBytes};
    if (++count == 1) answer.cut = 4;
    return answer;
  });
  CHECK(whole.read(kBlob) == kBytes);

  count = 0;
  Remote refusing([&](const WebRequest& request) {
    if (!request.header("range").empty()) return WebAnswer{.status = 416};
    WebAnswer answer{.body = kBytes};
    if (++count == 1) answer.cut = 4;
    return answer;
  });
  CHECK(refusing.read(kBlob) == kBytes);
}

TEST_CASE("bytes that are not those of the descriptor are no blob") {
  std::string sent = kBytes + "more";
  Remote remote([&](const WebRequest&) { return WebAnswer{.body = sent}; });
  CHECK(holds(remote.error([&] { remote.read(kBlob); }), "23 bytes, but the descriptor says 19"));
  sent = std::string(kBytes.size(), 'x');
  CHECK_FALSE(remote.error([&] { remote.read(kBlob); }).empty());
  CHECK(remote.server.requests().size() == 2);  // neither is tried again
}

TEST_CASE("a blob is sent in one request, to where the registry says") {
  Remote remote([](const WebRequest& request) {
    if (request.method == "POST")
      return WebAnswer{.status = 202, .headers = {"Location: /upload/1?state=a%2Fb"}};
    return WebAnswer{.status = 201};
  });
  remote.write(kBlob, kBytes);
  const auto requests = remote.server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].line() == "POST /v2/team/app/blobs/uploads/");
  CHECK(requests[1].line() == "PUT /upload/1?state=a%2Fb&digest=sha256%3A" + kBlob.digest.hex());
  CHECK(requests[1].header("content-type") == "application/octet-stream");
  CHECK(requests[1].body == kBytes);
}

TEST_CASE("what is not the blob is never sent") {
  Remote remote([](const WebRequest&) { return WebAnswer{.status = 500}; });
  CHECK(holds(remote.error([&] { remote.write(kBlob, kBytes + "x"); }), "more bytes written"));
  CHECK(holds(remote.error([&] { remote.write(kBlob, "short"); }), "5 bytes were written, 19"));
  CHECK(holds(remote.error([&] { remote.write(kBlob, std::string(19, 'x')); }),
              "the bytes written are sha256:"));
  CHECK(remote.server.requests().empty());
}

TEST_CASE("a session that is spoilt is begun anew, once") {
  std::size_t refused = 0;
  std::size_t refusals = 1;
  Remote remote([&](const WebRequest& request) {
    if (request.method == "POST") return WebAnswer{.status = 202, .headers = {"Location: /up"}};
    return WebAnswer{.status = refused++ < refusals ? 400 : 201};
  });
  remote.write(kBlob, kBytes);
  CHECK(remote.server.requests().size() == 4);
  refused = 0;
  refusals = 9;
  CHECK(holds(remote.error([&] { remote.write(kBlob, kBytes); }), "400 Bad Request"));
  CHECK(remote.server.requests().size() == 8);
}

TEST_CASE("a blob of another repository is mounted, or its upload is begun by that") {
  int status = 201;
  Remote remote([&](const WebRequest& request) {
    if (request.method == "PUT") return WebAnswer{.status = 201};
    return WebAnswer{.status = status, .headers = {"Location: /begun"}};
  });
  CHECK(remote.repository->mount(kBlob, "team/base"));
  CHECK(remote.server.lines().back() == "POST /v2/team/app/blobs/uploads/?mount=sha256%3A" +
                                            kBlob.digest.hex() + "&from=team%2Fbase");
  status = 202;
  CHECK_FALSE(remote.repository->mount(kBlob, "team/base"));
  remote.write(kBlob, kBytes);
  CHECK(remote.server.requests().size() == 3);
  CHECK(remote.server.lines().back().starts_with("PUT /begun?digest="));
  status = 403;
  CHECK_FALSE(remote.repository->mount(kBlob, "team/base"));
  status = 500;
  CHECK_FALSE(remote.repository->mount(kBlob, "team/base"));
  CHECK(remote.server.requests().size() == 5);  // it only saves time: nothing is repeated
}

TEST_CASE("a manifest is put under its digest, and once more under each tag") {
  Remote remote([](const WebRequest&) { return WebAnswer{.status = 201}; });
  remote.write(kDescriptor, kManifest);
  remote.repository->tag(kDescriptor, "1");
  CHECK(remote.server.lines() ==
        std::vector<std::string>{"PUT /v2/team/app/manifests/" + kDescriptor.digest.to_string(),
                                 "PUT /v2/team/app/manifests/1"});
  CHECK(remote.server.requests()[1].header("content-type") == oci::media_type::kManifest);
  CHECK(remote.server.requests()[1].body == kManifest);
  CHECK(remote.error([&] { remote.repository->tag(kDescriptor, "a/b\n"); }) ==
        "'a/b\\x0a' is not a tag");
  oci::Descriptor huge = kDescriptor;
  huge.size = 5 << 20;
  CHECK(holds(remote.error([&] { remote.repository->create(huge); }), "more than the 4194304"));
}

TEST_CASE("a refusal is told in the words of the registry, with what may help") {
  struct Row {
    int status;
    std::vector<std::string> headers;
    std::string body;
    std::string message;
    std::string hint;
  };

  const Row rows[] = {
      {401, {}, "", ": 401 Unauthorized", "run \"cbuild login"},
      {403,
       {},
       R"({"errors":[{"code":"DENIED","message":"no\u001b"}]})",
       ": 403 Forbidden: DENIED: no\\x1b",
       "lacks the permission"},
      {413,
       {"Content-Type: text/plain"},
       " too large \n",
       ": 413 Content Too Large: too large",
       "limits the size of uploads"},
      {418, {"Content-Type: text/html"}, "<html>", ": 418", ""},
      {400, {"Content-Type: text/plain"}, std::string(5000, 'x'), std::string(1024, 'x'), ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    Remote remote([&](const WebRequest&) {
      return WebAnswer{.status = row.status, .headers = row.headers, .body = row.body};
    });
    try {
      remote.repository->resolve("1");
      FAIL("it was accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::network);
      CHECK(std::string(error.what()).ends_with(row.message));
      CHECK(std::string(error.what()).size() < 1200);
      CHECK(holds(error.hint(), row.hint));
    }
  }
}

}  // namespace cbuild::registry
