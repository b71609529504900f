// The client against Debian's docker-registry: plain, and with TLS and passwords.
#include "cbuild/registry/registry.h"

#include <doctest/doctest.h>

#include <random>
#include <thread>

#include "cbuild/oci/manifest.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/credential_files.h"
#include "cbuild/registry/credentials.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/repository.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/text.h"
#include "tests/registry/servers.h"

namespace cbuild::registry {

namespace {

using std::chrono::milliseconds;

Options quick() {
  Options options;
  options.times.first_delay = milliseconds(10);
  return options;
}

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes)
    c = static_cast<char>(random());
  return bytes;
}

std::string read_blob(oci::BlobStore& store, const oci::Descriptor& blob) {
  const auto source = store.open(blob);
  return read_all(*source, 1 << 30);
}

/// An image of one layer.
struct Image {
  std::string layer;
  std::string config = R"({"architecture":"amd64","os":"linux","config":{},"rootfs":{}})";
  oci::Descriptor layer_blob;
  oci::Descriptor config_blob;
  oci::Descriptor manifest_blob;
  std::string manifest;

  explicit Image(std::size_t size, unsigned seed = 1) : layer(random_bytes(size, seed)) {
    layer_blob = oci::describe(oci::media_type::kLayerGzip, layer);
    config_blob = oci::describe(oci::media_type::kConfig, config);
    oci::Manifest document;
    document.config = config_blob;
    document.layers = {layer_blob};
    manifest = document.to_json();
    manifest_blob = oci::describe(oci::media_type::kManifest, manifest);
  }
};

void push(Repository& repository, const Image& image, const std::string& tag) {
  oci::write_blob(repository, image.layer_blob, image.layer);
  oci::write_blob(repository, image.config_blob, image.config);
  oci::write_blob(repository, image.manifest_blob, image.manifest);
  repository.tag(image.manifest_blob, tag);
}

}  // namespace

TEST_SUITE("registry") {
  TEST_CASE("an image that was pushed is pulled again, whatever the size of its layer") {
    const test::DockerRegistry server;
    const CancelToken cancel;
    Registry registry(quick(), cancel);
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{40} << 20}) {
      CAPTURE(size);
      const Image image(size);
      const auto reference =
          oci::Reference::parse(server.host() + "/team/app" + std::to_string(size));
      const auto target = registry.repository(reference);
      CHECK_FALSE(target->has(image.layer_blob));
      push(*target, image, "1.0");
      CHECK(target->has(image.layer_blob));
      CHECK(target->has(image.manifest_blob));

      Registry other(quick(), cancel);
      const auto source = other.repository(reference);
      const auto found = source->resolve("1.0");
      REQUIRE(found);
      CHECK(*found == image.manifest_blob);
      CHECK(oci::read_document(*source, *found) == image.manifest);
      CHECK(read_blob(*source, image.layer_blob) == image.layer);
      CHECK(source->resolve(image.manifest_blob.digest.to_string()) == image.manifest_blob);
      CHECK_FALSE(source->resolve("2.0"));
    }
  }

  TEST_CASE("passwords, TLS with an authority of our own, and what goes wrong with them") {
    const test::DockerRegistry server({.tls = true, .htpasswd = true});
    const CancelToken cancel;
    const Image image(6 << 20);
    const auto reference = oci::Reference::parse(server.host() + "/team/app");
    const Credentials good{"u", "p", ""};
    const auto failure = [&](const Options& options) -> std::string {
      try {
        Registry registry(options, cancel);
        push(*registry.repository(reference), image, "1");
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::network);
        return std::string(error.what()) + " | " + error.hint();
      }
      return {};
    };

    Options options = quick();
    // Loopback or not: a certificate that cannot be checked is no reason for http.
    CHECK(failure(options).find("certificate") != std::string::npos);
    options.ca_files = {server.ca_file()};
    const std::string refused = failure(options);
    CHECK(refused.find("401 Unauthorized") != std::string::npos);
    CHECK(refused.find("run \"cbuild login " + server.host() + "\"") != std::string::npos);

    Registry registry(options, cancel);
    CHECK_NOTHROW(registry.check_login(server.host(), good));
    CHECK_THROWS_WITH_AS(registry.check_login(server.host(), {"u", "wrong", ""}),
                         doctest::Contains("does not accept this user name"), Error);

    const test::TempDirectory home;
    options.credentials.config_file = home.path() + "/config.json";
    options.credentials.read_files = {options.credentials.config_file};
    store_credentials(options.credentials, server.host(), good, cancel);
    options.ca_files.clear();
    options.certificate_directory = home.path() + "/certs.d";
    make_directories(options.certificate_directory + "/" + server.host());
    write_file_atomically(options.certificate_directory + "/" + server.host() + "/ca.crt",
                          read_file(server.ca_file()));
    CHECK(failure(options).empty());
    Registry reader(options, cancel);
    const auto repository = reader.repository(reference);
    CHECK(repository->resolve("1") == image.manifest_blob);
    CHECK(read_blob(*repository, image.layer_blob) == image.layer);
  }

  TEST_CASE("a blob is mounted from another repository, a manifest tagged without its bytes") {
    const test::DockerRegistry server;
    const CancelToken cancel;
    Registry registry(quick(), cancel);
    const Image image(1000);
    push(*registry.repository(oci::Reference::parse(server.host() + "/base")), image, "1");
    const auto app = registry.repository(oci::Reference::parse(server.host() + "/app"));
    CHECK(app->mount(image.layer_blob, "base"));
    CHECK(app->has(image.layer_blob));
    CHECK_FALSE(app->mount(oci::describe(oci::media_type::kLayer, "absent"), "base"));
    oci::write_blob(*app, oci::describe(oci::media_type::kLayer, "absent"), "absent");

    const auto base = registry.repository(oci::Reference::parse(server.host() + "/base"));
    base->tag(image.manifest_blob, "2");
    CHECK(base->resolve("2") == image.manifest_blob);
  }

  TEST_CASE("many blobs move at once, there and back") {
    const test::DockerRegistry server;
    const CancelToken cancel;
    constexpr std::size_t kBlobs = 12;
    std::vector<std::string> blobs;
    for (std::size_t i = 0; i < kBlobs; ++i)
      blobs.push_back(random_bytes(i * (600U << 10), static_cast<unsigned>(i)));
    const auto reference = oci::Reference::parse(server.host() + "/many");
    Registry registry(quick(), cancel);
    const auto repository = registry.repository(reference);
    parallel_for(kBlobs, 4, [&](std::size_t i) {
      oci::write_blob(*repository, oci::describe(oci::media_type::kLayer, blobs[i]), blobs[i]);
    });
    parallel_for(kBlobs, 4, [&](std::size_t i) {
      const auto blob = oci::describe(oci::media_type::kLayer, blobs[i]);
      if (read_blob(*repository, blob) != blobs[i]) throw Error("blob {} differs", i);
    });
  }

  TEST_CASE("an upload that is given up leaves nothing") {
    const test::DockerRegistry server;
    const CancelToken cancel;
    Registry registry(quick(), cancel);
    const auto repository = registry.repository(oci::Reference::parse(server.host() + "/given/up"));
    const std::string bytes = random_bytes(8 << 20, 7);
    const auto blob = oci::describe(oci::media_type::kLayer, bytes);
    {
      const auto writer = repository->create(blob);
      writer->write(as_bytes(bytes));  // all of it, but no commit()
    }
    CHECK_FALSE(repository->has(blob));

    // docker-registry can take back a session only while it is empty; it purges the others itself.
    const auto clean = registry.repository(oci::Reference::parse(server.host() + "/clean"));
    clean->create(blob).reset();
    const std::string uploads = server.data() + "/docker/registry/v2/repositories/clean/_uploads/";
    for (const DirectoryEntry& session : list_directory(open_directory(uploads).get())) {
      CHECK_FALSE(read_file_if_exists(uploads + session.name + "/data"));
    }
  }

  TEST_CASE("nobody there: said after a few tries, with the address") {
    const CancelToken cancel;
    Registry registry(quick(), cancel);
    const std::string host = "127.0.0.1:" + std::to_string(test::free_port());
    const auto repository = registry.repository(oci::Reference::parse(host + "/a"));
    CHECK_THROWS_WITH_AS(repository->resolve("1"), doctest::Contains(host.c_str()), Error);
  }
}

}  // namespace cbuild::registry
