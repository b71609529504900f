// What other builders' flags are called here; see foreign_flags.h.
#include "src/cli/foreign_flags.h"

namespace cbuild::cli {

namespace {

constexpr const char* kPlatform = "use --platform OS/ARCH[/VARIANT]";
constexpr const char* kCertificates =
    "put the certificate of the registry's authority into "
    "~/.config/containers/certs.d/HOST/ca.crt; "
    "registries of this machine may be without";
constexpr const char* kStoreIsCache =
    "steps are remembered in the store (--root DIR); --no-cache runs them again";
constexpr const char* kRunLimits =
    "a RUN has the rights of its user namespace, no more and no less";

constexpr Args::Foreign kForeign[] = {
    // docker
    {"--attest", ""},
    {"--cache-from", ""},
    {"--cache-to", ""},
    {"--cpus", "use systemd-run --scope -p CPUQuota=..., or taskset"},
    {"--isolation", "every RUN has namespaces of its own"},
    {"--policy", ""},
    {"--resource", ""},
    {"--squash", "a last stage FROM scratch with COPY --from=STAGE / / is one layer"},
    {"--stream", ""},
    {"--trace", ""},
    // buildah
    {"--all-platforms", "use --platform with a list of them"},
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
    {"--pull-never", "without --pull the registry is asked only for what is not in the store"},
    {"--retry", "what failed for the moment is tried again anyway"},
    {"--retry-delay", "what failed for the moment is tried again anyway"},
    {"--rewrite-timestamp", "use --timestamp, which holds for files, too"},
    {"--runtime", "RUN needs no runtime"},
    {"--runtime-flag", "RUN needs no runtime"},
    {"--save-stages", "use --target to build a stage"},
    {"--sign-by", ""},
    {"--source-date-epoch", "use --timestamp SECONDS"},
    {"--squash-all", "a last stage FROM scratch with COPY --from=STAGE / / is one layer"},
    {"--stdin", "a RUN reads nothing; use a heredoc or a bind mount"},
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
    {"--context-sub-path", "give the directory as the argument"},
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
    {"--snapshot-mode", "only what a step wrote is looked at"},
    {"--tar-path", "use --output type=docker,dest=PATH"},
    {"--verbosity", "use --log-level"},
};

}  // namespace

void declare_foreign_flags(Args& args) {
  args.ineffective_flags(
      {"--compress", "-D,--debug", "--rm", "--force-rm", "--layers", "--skip-unused-stages"});
  args.ineffective_options({"--builder", "--cgroup-parent", "-m,--memory", "--memory-swap",
                            "--cpu-period", "--cpu-quota", "-c,--cpu-shares", "--cpuset-cpus",
                            "--cpuset-mems", "--security-opt"});
  args.foreign(kForeign);
}

}  // namespace cbuild::cli
