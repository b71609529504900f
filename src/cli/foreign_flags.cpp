// The flags of other builders, with hints to cbuild's own; see foreign_flags.h.
#include "src/cli/foreign_flags.h"

#include "src/cli/args.h"

namespace cbuild::cli {

namespace {

constexpr const char* kPlatform = "use --platform OS/ARCH[/VARIANT]";
constexpr const char* kCertificates =
    "put the certificate of the registry's authority into "
    "~/.config/containers/certs.d/HOST/ca.crt; registries on localhost may use plain http";
constexpr const char* kStoreIsCache =
    "the build cache is in the store (--root DIR); --no-cache runs the steps again";
constexpr const char* kRunLimits =
    "a RUN step always has the same capabilities, which hold in its user namespace only";

constexpr Args::Foreign kForeign[] = {
    // docker
    {"--attest", ""},
    {"--cache-from", ""},
    {"--cache-to", ""},
    {"--policy", ""},
    {"--resource", ""},
    {"--squash", "a last stage FROM scratch with COPY --from=STAGE / / is one layer"},
    {"--stream", ""},
    {"--trace", ""},
    // buildah
    {"--all-platforms", "use --platform with a list of platforms"},
    {"--arch", kPlatform},
    {"--authfile", "set REGISTRY_AUTH_FILE in the environment"},
    {"--cache-ttl", kStoreIsCache},
    {"--cap-add", kRunLimits},
    {"--cap-drop", kRunLimits},
    {"--cert-dir", kCertificates},
    {"--cgroupns", ""},
    {"--compat-volumes", ""},
    {"--compression-format", "use --compression KIND[:LEVEL]"},
    {"--compression-level", "use --compression KIND[:LEVEL]"},
    {"--cpp-flag", ""},
    {"--created-annotation", ""},
    {"--creds", "'cbuild login REGISTRY' stores credentials"},
    {"--decryption-key", ""},
    {"--device", ""},
    {"--disable-compression", "use --compression uncompressed"},
    {"--dns", ""},
    {"--dns-option", ""},
    {"--dns-search", ""},
    {"--env", "write ENV into the Dockerfile"},
    {"--force-compression", "use --output type=image,force-compression=true"},
    {"--from", "use --build-context IMAGE=docker-image://OTHER, with the name of the base"},
    {"--group-add", ""},
    {"--hooks-dir", ""},
    {"--http-proxy", "use --build-arg http_proxy, which takes the value from the environment"},
    {"--iidfile-raw", "use --iidfile"},
    {"--inherit-annotations", ""},
    {"--inherit-labels", ""},
    {"--ipc", ""},
    {"--logfile", "redirect standard error: 2>FILE"},
    {"--manifest", "use --tag with --platform: several platforms become one index"},
    {"--no-hostname", ""},
    {"--no-hosts", ""},
    {"--omit-history", ""},
    {"--os", kPlatform},
    {"--os-feature", ""},
    {"--os-version", ""},
    {"--pid", ""},
    {"--pull-always", "use --pull"},
    {"--pull-never",
     "without --pull cbuild asks the registry only for images that are not in the store"},
    {"--retry", "temporary failures are always retried"},
    {"--retry-delay", "temporary failures are always retried"},
    {"--rewrite-timestamp", "use --timestamp, which sets the times of files, too"},
    {"--runtime", "cbuild runs RUN steps itself, without an OCI runtime"},
    {"--runtime-flag", "cbuild runs RUN steps itself, without an OCI runtime"},
    {"--save-stages", "use --target to build a stage"},
    {"--sign-by", ""},
    {"--source-date-epoch", "use --timestamp SECONDS"},
    {"--squash-all", "a last stage FROM scratch with COPY --from=STAGE / / is one layer"},
    {"--stdin", "a RUN step has an empty standard input; use a heredoc or a bind mount"},
    {"--tls-verify", kCertificates},
    {"--unsetannotation", ""},
    {"--unsetenv", ""},
    {"--unsetlabel", ""},
    {"--userns", ""},
    {"--uts", ""},
    {"--variant", kPlatform},
    {"--volume", "use RUN --mount=type=bind with --build-context NAME=DIRECTORY"},
    {"-v", "use RUN --mount=type=bind with --build-context NAME=DIRECTORY"},
    // kaniko
    {"--cache", kStoreIsCache},
    {"--cache-dir", kStoreIsCache},
    {"--cache-repo", ""},
    {"--context", "give the context as the argument"},
    {"--context-sub-path", "give the subdirectory as the argument"},
    {"--custom-platform", kPlatform},
    {"--destination", "use --tag NAME with --push"},
    {"-d", "use --tag NAME with --push"},
    {"--digest-file", "use --metadata-file FILE"},
    {"--dockerfile", "use --file"},
    {"--image-name-with-digest-file", "use --metadata-file FILE"},
    {"--insecure", kCertificates},
    {"--no-push", "nothing is pushed without --push"},
    {"--oci-layout-path", "use --output type=oci,dest=PATH"},
    {"--registry-mirror", ""},
    {"--reproducible", "use --timestamp 0"},
    {"--single-snapshot", "a last stage FROM scratch with COPY --from=STAGE / / is one layer"},
    {"--skip-tls-verify", kCertificates},
    {"--snapshot-mode", "a snapshot always consists of the files that the step wrote"},
    {"--tar-path", "use --output type=docker,dest=PATH"},
    {"--verbosity", "use --log-level"},
};

}  // namespace

void declare_foreign_flags(Args& args) {
  args.ineffective_flags(
      {"--compress", "-D,--debug", "--rm", "--force-rm", "--layers", "--skip-unused-stages"});
  args.ineffective_options({"--builder", "--cgroup-parent", "--security-opt"});
  args.foreign(kForeign);
}

}  // namespace cbuild::cli
