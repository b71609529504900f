// Every rule: what it finds, and what it leaves alone.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "cbuild/frontend/check.h"
#include "cbuild/frontend/context_files.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/frontend/outline.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"
#include "tests/support/fake_resolver.h"
#include "tests/support/golden.h"

using namespace cbuild;
using namespace cbuild::frontend;
using cbuild::test::FakeResolver;

namespace {

/// A build context of few files.
class FakeContext final : public ContextFiles {
 public:
  bool is_ignored(const std::string& path) const override {
    return std::ranges::find(ignored, path) != ignored.end();
  }

  std::optional<std::uint64_t> size_of(const std::string& path) const override {
    if (is_directory(path)) {
      std::uint64_t sum = 0;
      for (const auto& [name, size] : files)
        if (path.empty() || name.starts_with(path + "/")) sum += size;
      return sum;
    }
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }

  bool is_directory(const std::string& path) const override {
    return path.empty() || std::ranges::any_of(files, [&](const auto& file) {
             return file.first.starts_with(path + "/");
           });
  }

  std::map<std::string, std::uint64_t> files = {
      {"run.sh", 1200}, {"src/main.c", 3000}, {"src/lib/a.c", 2000}, {"package.json", 100}};
  std::vector<std::string> ignored = {"secret.txt", "node_modules"};
};

const FakeContext kContext;

Options options_for_test() {
  Options options;
  options.platform = options.build_platform = oci::Platform::parse("linux/amd64");
  options.context_files = &kContext;
  return options;
}

/// "LINE RULE: MESSAGE" each.
std::vector<std::string> findings_of(const std::string& text,
                                     const Options& options = options_for_test()) {
  FakeResolver resolver;
  resolver.configs["shell:1"] = FakeResolver::config_of("shell:1");
  resolver.configs["shell:1"].config.shell = {"/bin/bash", "-c"};
  const CheckResult result = check(text, options, resolver);
  std::vector<std::string> lines;
  for (const Diagnostic& one : result.findings)
    lines.push_back(fmt::format("{} {}: {}", one.range.line, one.rule, one.message));
  if (result.error) lines.push_back(fmt::format("error: {}", result.error->what()));
  return lines;
}

std::string first_finding(const std::string& text, const Options& options = options_for_test()) {
  const std::vector<std::string> lines = findings_of(text, options);
  return lines.empty() ? "" : lines.front();
}

bool finds(const std::string& rule, const std::string& text) {
  const std::vector<std::string> lines = findings_of(text);
  CAPTURE(join(lines, "\n"));
  return std::ranges::any_of(lines, [&](const std::string& line) {
    return line.find(" " + rule + ": ") != std::string::npos;
  });
}

}  // namespace

TEST_CASE("rules say what BuildKit says") {
  struct Row {
    std::string dockerfile;
    std::string finding;
  };

  const Row rows[] = {
      {"FROM a AS Builder\n", "1 StageNameCasing: Stage name 'Builder' should be lowercase"},
      {"FROM a as b\n", "1 FromAsCasing: 'as' and 'FROM' keywords' casing do not match"},
      {"FROM a\nRUN b && \\\n\n c\n", "3 NoEmptyContinuation: Empty continuation line"},
      {"FROM a\nRUN x\nrun y\n",
       "3 ConsistentInstructionCasing: Command 'run' should match the case of the command majority "
       "(uppercase)"},
      {"from a\nrun x\nRun y\n",
       "3 ConsistentInstructionCasing: Command 'Run' should match the case of the command majority "
       "(lowercase)"},
      {"FROM a AS x\nFROM b AS x\n",
       "2 DuplicateStageName: Duplicate stage name \"x\", stage names should be unique"},
      {"FROM a AS scratch\n",
       "1 ReservedStageName: Stage name should not use the same name as reserved stage "
       "\"scratch\""},
      {"FROM a\nCMD x\n",
       "2 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior "
       "related to OS signals"},
      {"FROM a\nMAINTAINER me\n",
       "2 MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label"},
      {"ARG TAG=1\nFROM a:1$TAH\n",
       "2 UndefinedArgInFrom: FROM argument 'TAH' is not declared (did you mean TAG?)"},
      {"FROM a\nWORKDIR app\n",
       "2 WorkdirRelativePath: Relative workdir \"app\" can have unexpected results if the base "
       "image changes"},
      {"FROM a\nARG FOO2=1\nCOPY run.sh $FOO\n",
       "3 UndefinedVar: Usage of undefined variable '$FOO' (did you mean $FOO2?)"},
      {"FROM a\nCMD [\"x\"]\nCMD [\"y\"]\n",
       "2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same "
       "stage because only the last one will be used"},
      {"FROM a\nENV k v\n",
       "2 LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key "
       "value\" format"},
      {"FROM --platform=$TARGETPLATFORM a\n",
       "1 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is "
       "redundant as this is the default behavior"},
      {"FROM a\nARG PASSWORD\n",
       "2 SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ARG "
       "\"PASSWORD\")"},
      {"FROM --platform=linux/arm64 a AS x\n",
       "1 FromPlatformFlagConstDisallowed: FROM --platform flag should not use constant value "
       "\"linux/arm64\""},
      {"FROM a\nCOPY secret.txt /\n",
       "2 CopyIgnoredFile: Attempting to Copy file \"secret.txt\" that is excluded by "
       ".dockerignore"},
      {"FROM a\nADD ./node_modules/ /m\n",
       "2 CopyIgnoredFile: Attempting to Add file \"./node_modules/\" that is excluded by "
       ".dockerignore"},
      {"FROM a\nEXPOSE 80/TcP\n",
       "2 ExposeProtoCasing: Defined protocol '80/TcP' in EXPOSE instruction should be lowercase"},
      {"FROM a\nEXPOSE 127.0.0.1:80:80\n",
       "2 ExposeInvalidFormat: EXPOSE instruction should not define an IP address or host-port "
       "mapping, found '127.0.0.1:80:80'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.dockerfile);
    CHECK(first_finding(row.dockerfile) == row.finding);
  }
}

TEST_CASE("a frontend that is not run is told") {
  CHECK(first_finding("# syntax=example.com/frontend:1\nFROM a\n") ==
        "1 UnknownSyntax: the frontend example.com/frontend:1 is not run: the file is read as a "
        "Dockerfile");
  CHECK(findings_of("# syntax=docker/dockerfile:1.7-labs\nFROM a\n").empty());
  CHECK(findings_of("# syntax=example.com/x\n# check=skip=UnknownSyntax\nFROM a\n").empty());
}

TEST_CASE("a default that makes no name of a base is told, whatever --build-arg says") {
  const std::string text = "ARG TAG\nFROM busybox:${TAG}\n";
  Options options = options_for_test();
  options.build_args["TAG"] = "1";
  CHECK(first_finding(text, options) ==
        "2 InvalidDefaultArgInFrom: Default value for ARG busybox:${TAG} results in empty or "
        "invalid base image name");
  CHECK(findings_of("ARG TAG=1\nFROM busybox:${TAG}\n").empty());
  CHECK(findings_of("ARG TAG\nFROM busybox:${TAG:-1}\n").empty());
}

TEST_CASE("a base of another platform is told") {
  class OtherPlatform final : public ImageResolver {
   public:
    ResolvedImage resolve(const oci::Reference& reference, const oci::Platform&) override {
      return fake_.resolve(reference, oci::Platform::parse("linux/arm64"));
    }

    ResolvedImage resolve_context(const std::string& name, const oci::Platform&) override {
      return fake_.resolve_context(name, oci::Platform::parse("linux/arm64"));
    }

   private:
    FakeResolver fake_;
  } resolver;

  const CheckResult result = check("FROM a\n", options_for_test(), resolver);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].rule == "InvalidBaseImagePlatform");
  CHECK(result.findings[0].message ==
        "Base image a was pulled with platform \"linux/arm64\", expected \"linux/amd64\" for "
        "current build");
}

TEST_CASE("rules leave alone what is right") {
  const std::string rows[] = {
      "FROM a AS builder\nFROM builder\n",
      "from a as b\nrun x\n",
      "FROM a AS b\n",
      "FROM a\nRUN b && \\\n# comment\n c\n",
      "FROM a\nSHELL [\"/bin/bash\", \"-c\"]\nCMD x\n",
      "FROM shell:1\nCMD x\n",
      "FROM shell:1 AS base\nFROM base\nENTRYPOINT x\n",
      "FROM a\nHEALTHCHECK CMD curl localhost\n",
      "FROM a\nWORKDIR /app\nWORKDIR src\n",
      "FROM a AS base\nWORKDIR /app\nFROM base\nWORKDIR src\n",
      "FROM a\nENV D=/app\nWORKDIR $D\n",
      "FROM a\nWORKDIR \"/my app\"\n",
      "FROM a\nENV PATH=$PATH:/opt/bin\n",
      "FROM a\nARG X\nENV Y=$X\n",
      "FROM a\nENV Y=${X:-1} Z=${X+1}\n",
      "FROM a\nRUN echo $UNDEFINED\n",
      "FROM a\nENV Y='$X' Z=\\$X\n",
      "ARG B=a\nFROM $B\n",
      "FROM --platform=$BUILDPLATFORM a\n",
      "FROM --platform=linux/arm64 a AS build-arm64\n",
      "FROM --platform=${P:-linux/amd64} a AS linux\n",
      "FROM a AS x\nCMD [\"x\"]\nFROM b\nCMD [\"y\"]\n",
      "FROM a\nENV k=v\nLABEL a=b\n",
      "FROM a\nARG SECRET_FILE\nENV TOKEN_VERSION=1 PUBLIC_KEY=x KEYBOARD=us\n",
      "FROM a\nCOPY . /src\nCOPY --from=b secret.txt /\n",
      "FROM a\nEXPOSE 80/tcp 53/udp 7000-7002 81\n",
      "# description of nothing\nFROM a AS b\n",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(join(findings_of(row), "\n") == "");
  }
}

TEST_CASE("names of secrets are made of whole words") {
  for (const char* name : {"API_KEY", "github_token", "AUTH", "DB_PASSWD_X", "APIKEY"}) {
    CAPTURE(name);
    CHECK(finds("SecretsUsedInArgOrEnv", fmt::format("FROM a\nENV {}=x\n", name)));
  }
  for (const char* name : {"AUTHOR", "TOKENS", "KEY_FILE", "MONKEY", "SECRETARY"}) {
    CAPTURE(name);
    CHECK_FALSE(finds("SecretsUsedInArgOrEnv", fmt::format("FROM a\nENV {}=x\n", name)));
  }
}

TEST_CASE("of a base that is not here, variables that bases set are not called undefined") {
  class Unknown final : public ImageResolver {
   public:
    ResolvedImage resolve(const oci::Reference& reference, const oci::Platform&) override {
      return {reference, oci::Digest::of(""), {}, false};
    }

    ResolvedImage resolve_context(const std::string&, const oci::Platform&) override {
      return resolve(oci::Reference::parse("context"), {});
    }
  } resolver;

  const auto names = [&](const std::string& text) {
    std::vector<std::string> found;
    for (const Diagnostic& one : check(text, options_for_test(), resolver).findings)
      found.push_back(one.rule);
    return join(found, " ");
  };
  CHECK(names("FROM a\nENV X=$PAHT\n") == "UndefinedVar");
  CHECK(names("FROM a\nENV X=$JAVA_HOME/bin Y=$PYTHON_VERSION Z=$GOPATH\n") == "");
  CHECK(names("FROM a\nENV X=$nothing\n") == "UndefinedVar");
  CHECK(names("FROM a\nARG HOMF=1\nENV X=$HOME\n") == "UndefinedVar");
}

TEST_CASE("descriptions are checked when asked for") {
  const std::string directive = "# check=experimental=InvalidDefinitionDescription\n\n";
  CHECK(first_finding(directive + "# what it is\nFROM a AS base\n") ==
        "4 InvalidDefinitionDescription: Comment for FROM should follow the format: `# base "
        "<description>`");
  CHECK(first_finding(directive + "FROM a\n# some\nARG X=1 Y=2\n") ==
        "5 InvalidDefinitionDescription: Comment for ARG should follow the format: `# <arg_key> "
        "<description>`");
  CHECK(findings_of(directive + "# base is it\nFROM a AS base\n# Y too\nARG X=1 Y=2\n").empty());
  CHECK(findings_of(directive + "# no description\n\nFROM a AS base\n").empty());
  CHECK(findings_of(directive + "# no description\n#\nFROM a AS base\n").empty());
}

TEST_CASE("lists of packages must not stay in a layer of the image") {
  const std::string rows[] = {
      "RUN apt-get update && apt-get install -y curl",
      "RUN apt -y update; apt install curl",
      "RUN if true; then sudo apt-get update; fi",
      "RUN [\"apt-get\", \"update\"]",
      "RUN [\"bash\", \"-ec\", \"apt-get update\"]",
      "RUN DEBIAN_FRONTEND=noninteractive apt-get update",
      "RUN apt-get update && rm -rf /tmp/*",
      "RUN <<EOF\nset -e\napt-get update\nEOF",
      "RUN bash <<EOF\napt-get update\nEOF",
      "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked apt-get update",
      "RUN apk add curl",
      "RUN apk update",
      "RUN dnf -y install curl",
      "RUN microdnf install curl && rm -rf /var/cache/apt",
      "RUN yum update -y",
      // What stays is what counts, not what is written.
      "RUN apt-get update && apt-get install -y curl && apt-get clean",
      "RUN rm -rf /var/lib/apt/lists/* && apt-get update",
      "RUN apt-get update && rm -rf /var/lib/apt/lists/* && apt-get update",
      "RUN apt-get update && rm /var/lib/apt/lists/lock",
      "RUN apt-get update && find /var/lib/apt/lists -type f",
      "RUN apt-get update && rm -rf lists/*",
      "RUN (cd /var/lib/apt/lists && ls) && apt-get update && rm -rf *_*",
      "RUN apt-get -o Acquire::Retries=3 -qq update",
      "RUN apk -X https://example.org/repo add curl",
      "RUN apk add --no-network --virtual .x a && apk add b",
      "RUN apk add --virtual .x gcc && apk del .x",
      "RUN apk update && apk add --no-cache curl",
      "RUN apk add $PHPIZE_DEPS",
      "RUN dnf -y --setopt install_weak_deps=False install curl",
      "RUN dnf install -y curl && dnf clean packages",
      "RUN tdnf install -y curl",
      "RUN zypper --non-interactive install curl",
      "RUN zypper in -y curl && zypper clean",
      "RUN --mount=type=cache,target=/var/lib/apt/lists/partial apt-get update",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(finds("PackageListsInLayer", "FROM a\n" + row + "\n"));
  }
  const std::string right[] = {
      "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
      "RUN apt-get update && find /var/lib/apt/lists -type f -delete",
      "RUN apt-get update && apt-get dist-clean",
      "RUN --mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update",
      "RUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update",
      "RUN apt-get install -y curl",
      "RUN echo apt-get update",
      "RUN # apt-get update\n",
      "RUN <<EOF\n#!/usr/bin/env python3\napt-get update\nEOF",
      "RUN cat <<EOF > /update.sh\napt-get update\nEOF",
      "RUN apk add --no-cache curl",
      "RUN apk --no-cache add curl",
      "RUN apk add curl && rm -rf /var/cache/apk/*",
      "RUN dnf -y install curl && dnf clean all",
      "RUN yum install -y curl && rm -rf /var/cache/yum",
      "RUN dnf --help",
      "RUN apk add --no-cache --virtual .build gcc; apk add --no-network --virtual .run libgcc",
      "RUN apk --no-network add libgcc",
      "RUN apk --no-cache --virtual .x add gcc",
      "RUN apk -X https://example.org/repo --no-cache add curl",
      "RUN apk add $APK_FLAGS curl",
      "RUN apk --root /out add curl",
      "RUN apk info && apk del curl",
      "ARG OPTS=--no-cache\nRUN apk add $OPTS curl",
      "RUN apk add curl && rm -rf /var/cache/*",
      "RUN apk add curl; rm -f /var/cache/apk/APKINDEX*",
      "RUN apt-get update && rm -r /var/lib/apt/lists",
      "RUN apt-get update && rm -fr -- /var/lib/apt/lists/",
      "RUN apt-get update && rm -rf /var/lib/apt/{lists,mirrors}/* /tmp/*",
      "RUN apt-get update && rm -rf /var/{cache,lib}/apt/*",
      "RUN apt-get update && rm -rf \"/var/lib/apt/lists/\"*",
      "RUN apt-get update && cd /var/lib/apt && rm -rf lists/*",
      "RUN apt-get update && (cd /var/lib/apt/lists; rm -rf *)",
      "WORKDIR /var/lib/apt\nRUN apt-get update && rm -rf lists",
      "RUN LISTS=/var/lib/apt/lists; apt-get update; rm -rf $LISTS/*",
      "ENV LISTS=/var/lib/apt/lists\nRUN apt-get update; rm -rf ${LISTS}/*",
      "RUN D='/tmp/x /var/lib/apt/lists/*'; apt-get update; rm -rf $D",
      "RUN trap 'rm -rf /var/lib/apt/lists/*' EXIT; apt-get update",
      "RUN clean() { rm -rf /var/lib/apt/lists/*; }; apt-get update; clean",
      "RUN bash -c 'apt-get update' && rm -rf /var/lib/apt/lists/*",
      "RUN <<E\nset -e\napt-get update\nrm -rf /var/lib/apt/lists/*\nE",
      "RUN apt-get update; find /var/lib/apt/lists -type f | xargs rm -f",
      "RUN apt-get update; find /var/lib/apt/lists -mindepth 1 -exec rm -rf {} +",
      "RUN apt-get update -o Dir::State::lists=/tmp/lists",
      "RUN dnf install -y curl && dnf clean -y metadata",
      "RUN dnf --installroot=/out install -y curl",
      "RUN zypper in -y curl && zypper clean --all",
      "RUN zypper --no-refresh in curl && rm -rf /var/cache/zypp",
      "RUN --mount=type=cache,target=/var/cache/ apk add curl",
      "RUN --mount=type=tmpfs,target=/var/lib/apt/lists/ apt-get update",
  };
  for (const std::string& row : right) {
    CAPTURE(row);
    CHECK_FALSE(finds("PackageListsInLayer", "FROM a\n" + row + "\n"));
  }
  CHECK_FALSE(finds("PackageListsInLayer", "FROM a AS b\nRUN apk add gcc\nFROM c\n"));
  CHECK(finds("PackageListsInLayer", "FROM a AS b\nRUN apk add gcc\nFROM b\n"));
}

TEST_CASE("a predefined argument is suggested for a slip of one letter only") {
  const auto all = [](const std::string& text) { return join(findings_of(text), "\n"); };
  const auto suggests = [&](const std::string& text, const std::string& name) {
    return all(text).find("(did you mean " + name + "?)") != std::string::npos;
  };
  CHECK(all("FROM ${target}\n").find("did you mean") == std::string::npos);
  CHECK(suggests("FROM a:$TARGETARHC\n", "TARGETARCH"));
  CHECK(suggests("ARG TARGETS=a\nFROM ${target}\n", "TARGETS"));
  CHECK(suggests("ARG BASE=a\nFROM $BSE\n", "BASE"));
}

TEST_CASE("a command that begins as an array is told what it lacks") {
  const auto tells = [](const std::string& text, const std::string& what) {
    return first_finding("FROM a\n" + text + "\n").find(what) != std::string::npos;
  };
  CHECK(tells("ENTRYPOINT [\"a\"", "the ] of the array is missing"));
  CHECK(tells("CMD ['a', 'b']", "want double quotes"));
  CHECK(tells("CMD [a]", "is no JSON array"));
  CHECK(tells("CMD a", "related to OS signals"));
  CHECK_FALSE(tells("CMD a", "("));
}

TEST_CASE("caches of apt are for one at a time") {
  const std::string rule = "CacheMountSharing";
  const auto with = [](const std::string& mount) {
    return "FROM a\nRUN --mount=type=cache," + mount + " apt-get install -y gcc\n";
  };
  CHECK(finds(rule, with("target=/var/cache/apt")));
  CHECK(finds(rule, with("dst=/var/lib/apt/lists,sharing=shared")));
  CHECK(
      finds(rule, "FROM a\nENV D=/var/lib/apt\nRUN --mount=type=cache,target=$D apt-get update\n"));
  CHECK_FALSE(finds(rule, with("target=/var/cache/apt,sharing=locked")));
  CHECK_FALSE(finds(rule, with("target=/var/cache/apt,sharing=private")));
  CHECK_FALSE(finds(rule, with("target=/var/cache/aptitude")));
  CHECK_FALSE(finds(rule, with("target=/root/.cache/pip")));
  // It is apt that wants them for itself.
  const auto running = [](const std::string& command) {
    return "FROM a\nRUN --mount=type=cache,target=/var/lib/apt/lists " + command + "\n";
  };
  for (const char* command :
       {"true", "touch /var/lib/apt/lists/x", "echo apt-get update", "ls /var/lib/apt/lists"}) {
    CAPTURE(command);
    CHECK_FALSE(finds(rule, running(command)));
  }
  for (const char* command :
       {"true && apt-get update", "bash -c 'apt-get update'", "<<E\napt update\nE",
        "cat packages | xargs -r apt-get install -y", "sudo /usr/bin/apt-get update"}) {
    CAPTURE(command);
    CHECK(finds(rule, running(command)));
  }
}

TEST_CASE("dependencies are installed before all of the context is copied") {
  const std::string rule = "CopyBeforeInstall";
  CHECK(first_finding("FROM a\nWORKDIR /app\nCOPY . .\nRUN npm ci --omit=dev\n") ==
        "3 CopyBeforeInstall: every change of a file repeats 'npm ci --omit=dev' of line 4: copy "
        "package.json and package-lock.json first, install, and copy the rest then");
  CHECK(finds(rule, "FROM a\nENV PM=npm\nCOPY . .\nRUN $PM ci\n"));
  for (const char* command :
       {"pip install -r requirements.txt", "pip3 install --no-cache-dir -rreq.txt",
        "python3 -m pip install --requirement=r.txt", "yarn", "yarn install", "bundle install",
        "cd /app && go mod download", "composer install", "pnpm i", "dotnet restore"}) {
    CAPTURE(command);
    CHECK(finds(rule, fmt::format("FROM a\nCOPY ./ /app/\nRUN {}\n", command)));
  }
  for (const char* command : {"pip install .", "pip install flask", "npm install -g pnpm",
                              "npm run build", "yarn build", "go build", "make install"}) {
    CAPTURE(command);
    CHECK_FALSE(finds(rule, fmt::format("FROM a\nCOPY . /app\nRUN {}\n", command)));
  }
  CHECK_FALSE(finds(rule, "FROM a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci\n"));
  CHECK_FALSE(finds(rule, "FROM a\nCOPY --from=b . /x\nRUN npm ci\n"));
  CHECK_FALSE(finds(rule, "FROM a\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n"));
}

TEST_CASE("owner and mode are given to COPY, not changed later") {
  const std::string rule = "CopiedFilesRewritten";
  CHECK(first_finding("FROM a\nCOPY src /app\nRUN chown -R app:app /app\n") ==
        "3 CopiedFilesRewritten: chown stores the files copied in line 2 a second time (5.00kB): "
        "write COPY --chown=… there");
  CHECK(first_finding("FROM a\nCOPY run.sh /run.sh\nRUN true && chmod +x /run.sh\n") ==
        "3 CopiedFilesRewritten: chmod stores the files copied in line 2 a second time (1.20kB): "
        "write COPY --chmod=… there");
  const std::string rows[] = {
      "COPY run.sh /usr/bin/\nRUN chmod 755 /usr/bin/run.sh",
      "COPY run.sh /usr/bin/\nRUN chmod 755 /usr/bin/*.sh",
      "WORKDIR /app\nCOPY . .\nRUN chown -R app .",
      "WORKDIR /app\nCOPY . .\nRUN chgrp -R 0 /app && chmod -R g=u /app",
      "COPY src /app\nRUN chmod -R 755 /app/lib",
      "COPY src /app\nRUN chmod 755 /app/main.c",
      "COPY --from=b /out/tool /usr/bin/tool\nRUN chmod -x /usr/bin/tool",
      "COPY <<EOF /run.sh\nx\nEOF\nRUN chmod 755 /run.sh",
      "ENV D=/srv\nCOPY src $D\nRUN chown -R 1:1 /srv",
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(finds(rule, "FROM a\n" + row + "\n"));
  }
  const std::string right[] = {
      "COPY --chown=app src /app",
      "COPY src /app\nRUN chown app /app",
      "COPY src /app\nRUN chown -R app /data",
      "COPY src /app\nRUN chmod 755 /app/made-by-configure",
      "COPY run.sh /usr/bin/\nRUN chmod 755 /usr/bin/other",
      "RUN chown -R app /app\nCOPY src /app",
      "COPY src /app\nRUN chown -R app $HOME",
  };
  for (const std::string& row : right) {
    CAPTURE(row);
    CHECK_FALSE(finds(rule, "FROM a\n" + row + "\n"));
  }
  CHECK_FALSE(finds(rule, "FROM a AS b\nCOPY src /app\nRUN chmod -R 755 /app\nFROM c\n"));
}

TEST_CASE("what is gone, or changed anyway, when the step ends is not stored a second time") {
  const std::string rule = "CopiedFilesRewritten";
  const std::string copy = "FROM a\nCOPY run.sh /tmp/\nCOPY src /app\n";
  const std::string right[] = {
      "RUN chmod +x /tmp/run.sh && /tmp/run.sh && rm -f /tmp/run.sh",
      "RUN chmod +x /tmp/run.sh; /tmp/run.sh; rm /tmp/*.sh",
      "RUN chmod +x /tmp/run.sh && /tmp/run.sh && rm -rf /tmp/*",
      "RUN chmod 755 /tmp/*.sh && rm -rf /tmp",
      "RUN chmod -R 755 /tmp && rm -r /tmp/run.sh",
      "RUN cd /tmp && chmod +x run.sh && ./run.sh && rm run.sh",
      "RUN cd /tmp; chmod +x ./run.sh; cd /; rm -rf tmp/run.sh",
      "WORKDIR /tmp\nRUN chmod +x run.sh && ./run.sh && rm run.sh",
      "RUN F=/tmp/run.sh; chmod +x $F && $F && rm \"$F\"",
      "ENV F=/tmp/run.sh\nRUN chmod +x ${F} && rm ${F}",
      "RUN for f in a b; do chmod +x /tmp/run.sh; done; rm /tmp/run.sh",
      "RUN chmod +x /tmp/run.sh && mv /tmp/run.sh /usr/bin/run",
      "RUN chmod +x /tmp/{run,other}.sh && rm /tmp/{other,run}.sh",
      "RUN <<E\nset -e\nchmod +x /tmp/run.sh\n/tmp/run.sh\nrm /tmp/run.sh\nE",
      "RUN bash -ec 'chmod +x /tmp/run.sh && rm /tmp/run.sh'",
      "RUN chown -R 1:1 /app && mv /app /srv",
      "RUN chown -R 1:1 /app && find /app -delete",
      "RUN chmod +x /app/main.c && find /app -name '*.c' -exec rm {} +",
      "RUN find /app -type d -exec chmod 755 {} +",
      "RUN sed -i 's/\\r$//' /tmp/run.sh && chmod +x /tmp/run.sh",
      "RUN dos2unix /tmp/*.sh && chmod +x /tmp/run.sh",
      "RUN --mount=type=tmpfs,target=/app chown -R 1 /app",
      "RUN trap 'rm -rf /tmp/run.sh' EXIT; chmod +x /tmp/run.sh",
  };
  for (const std::string& row : right) {
    CAPTURE(row);
    CHECK_FALSE(finds(rule, copy + row + "\n"));
  }
  const std::string wrong[] = {
      "RUN chmod +x /tmp/run.sh && rm -f /tmp/other.sh",
      "RUN chmod +x /tmp/run.sh\nRUN rm /tmp/run.sh",
      "RUN chown -R 1:1 /app && rm -rf /app/lib",
      "RUN (cd /tmp && ls) && cd /app && chmod -R 755 . && rm -rf run.sh",
      "RUN find /app -name '*.c' -exec chmod 644 {} +",
      "RUN find /app -type f -exec chown 1:1 {} \\;",
      "ENV D=/app\nRUN chown -R 1:1 $D",
      "RUN cp /tmp/run.sh /x && chmod +x /tmp/run.sh",
      "RUN chown -R 1 /app && sed -i s/a/b/ /app/main.c",
  };
  for (const std::string& row : wrong) {
    CAPTURE(row);
    CHECK(finds(rule, copy + row + "\n"));
  }
  // Nor what has the owner or mode already.
  CHECK_FALSE(finds(rule, "FROM a\nCOPY --chmod=755 run.sh /\nRUN chmod +x /run.sh\n"));
  CHECK_FALSE(finds(rule, "FROM a\nCOPY --chown=1:1 src /app\nRUN chown -R 1:1 /app\n"));
  CHECK(finds(rule, "FROM a\nCOPY --chmod=644 run.sh /\nRUN chmod +x /run.sh\n"));
  CHECK(finds(rule, "FROM a\nCOPY --chown=1:1 src /app\nRUN chown -R 2 /app\n"));
}

TEST_CASE("advice about an owner says when it must be made first") {
  const auto advice = [](const std::string& text) {
    for (const std::string& line : findings_of("FROM a\n" + text + "\n"))
      if (line.find("CopiedFilesRewritten") != line.npos) return line.substr(line.find("): ") + 3);
    return std::string();
  };
  const std::string plain = "write COPY --chown=… there";
  const std::string first =
      "make app before line 2 and write COPY --chown=… there, or give its ids as numbers";
  CHECK(advice("COPY src /app\nRUN useradd -m app && chown -R app:app /app") == first);
  CHECK(advice("COPY src /app\nRUN adduser -D app\nRUN chown -R app /app") == first);
  CHECK(advice("COPY src /app\nRUN addgroup -S app && chgrp -R app /app") == first);
  CHECK(advice("COPY src /app\nRUN groupadd -r app; chown -R :app /app") == first);
  CHECK(advice("COPY src /app\nRUN apk add --no-cache app && chown -R app /app") == first);
  CHECK(
      advice("COPY src /app\nRUN echo 'app:x:1:1::/:/bin/sh' >>/etc/passwd && chown -R app /app") ==
      first);
  CHECK(advice("COPY src /app\nARG U=app\nRUN useradd $U && chown -R $U /app") == first);
  CHECK(advice("RUN useradd app\nCOPY src /app\nRUN chown -R app /app") == plain);
  CHECK(advice("COPY src /app\nRUN chown -R app /app") == plain);
  CHECK(advice("COPY src /app\nRUN useradd app && chown -R 1000:1000 /app") == plain);
}

TEST_CASE("characters that cannot be seen are told, but not where a script needs them") {
  const std::string rule = "InvisibleCharacters";
  const auto line = [](const char* text) {
    return std::string("FROM a\nRUN echo '") + text + "'\n";
  };
  CHECK(first_finding(line("a\u202Eb")) ==
        "2 InvisibleCharacters: Character U+202E cannot be seen (it changes the direction of what "
        "follows): write an escape, or take it out");
  for (const char* text :
       {"a\u200Bb", "pass\u200Dword", "a\u2066b", "x\u200Ey", "a\uFEFFb", "a\u00ADb", "\u2060",
        "\u0645\u200Ca", "a\u200C\u0645", "\u0645\u202E\u0646", "\U000E0041", "\u3164"}) {
    CAPTURE(text);
    CHECK(finds(rule, line(text)));
  }
  for (const char* text : {
           "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",  // Persian, non-joiner
           "\u0928\u0947\u200C",                                // Hindi, at the end of a word
           "\u0DC1\u0DCA\u200D\u0DBB\u0DD3",                    // Sinhala, joiner
           "\U0001F468\u200D\U0001F469\u200D\U0001F467",        // family
           "\U0001F3F3\uFE0F\u200D\U0001F308",                  // rainbow flag
           "\U0001F44B\U0001F3FD",                              // skin tone
           "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",  // England
           "\u05E9\u05DC\u05D5\u05DD\u200F!",  // Hebrew with a mark
           "na\u00EFve \u65E5\u672C\u8A9E \U0001F600",
       }) {
    CAPTURE(text);
    CHECK_FALSE(finds(rule, line(text)));
  }
  CHECK(findings_of("\uFEFFFROM a\n").empty());
  CHECK(finds(rule, "FROM a\n# a comment\u202E too\nRUN x\n"));
  CHECK(finds(rule, "FROM a\nCOPY <<EOF /x\n\u200B\nEOF\n"));
  CHECK(findings_of("FROM a\nRUN echo \xE2\x80\n").empty());  // cut short: no UTF-8
}

TEST_CASE("rules are silenced by name, for the file or for one instruction") {
  const std::string body = "FROM a AS B\nCMD x\n";
  CHECK(findings_of(body).size() == 2);
  CHECK(findings_of("# check=skip=all\n" + body).empty());
  CHECK(first_finding("# check=skip=StageNameCasing\n" + body).starts_with("3 JSON"));
  CHECK(findings_of("#check = skip = StageNameCasing , JSONArgsRecommended\n" + body).empty());
  CHECK(findings_of("FROM a AS B\n# check=skip=JSONArgsRecommended\nCMD x\n").size() == 1);
  CHECK(findings_of("FROM a\n# check=skip=all\nCMD x\n").empty());
  CHECK(findings_of("FROM a\n# check=skip=JSONArgsRecommended // wanted\nCMD x\n").empty());
  CHECK(findings_of("# check=skip = StageNameCasing and why\n" + body).size() == 1);
  CHECK(findings_of("FROM a\n# why: a shell is wanted\n# check=skip=JSONArgsRecommended\nCMD x\n")
            .empty());
  // Only for that one.
  CHECK(findings_of("FROM a\n# check=skip=MaintainerDeprecated\nUSER x\nMAINTAINER y\n").size() ==
        1);
  CHECK(findings_of("FROM a\n# check=skip=JSONArgsRecommended\n\nCMD x\n").size() == 1);

  Options options = options_for_test();
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=all";
  CHECK(findings_of(body, options).empty());
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "skip=StageNameCasing";
  CHECK(findings_of("# check=skip=all\n" + body, options).size() == 1);
}

TEST_CASE("check options that are not known are refused") {
  CHECK(first_finding("# check=ship=all\nFROM a\n") ==
        "error: invalid check option \"ship=all\" (want skip=RULES, error=true or "
        "experimental=RULES)");
  CHECK(
      first_finding("# check=skip=A;error=maybe\nFROM a\n").starts_with("error: failed to parse"));
  FakeResolver resolver;
  Options options = options_for_test();
  options.build_args["BUILDKIT_DOCKERFILE_CHECK"] = "nothing";
  CHECK_THROWS_WITH_AS(check("FROM a\n", options, resolver),
                       doctest::Contains("--build-arg BUILDKIT_DOCKERFILE_CHECK: invalid check"),
                       Error);
}

TEST_CASE("a build lints the stages that a check lints, and fetches nothing for it") {
  const std::string text =
      "FROM a AS base\nENV SET=1\nFROM base AS other\nENV X=$STE\nCMD x\nFROM never:1 AS more\n"
      "COPY --chown=a:b:c a b\nRUN --network=host x\nCMD y\nFROM more AS wrong\nENV Y=${Z\nCMD z\n"
      "FROM base\n";
  FakeResolver resolver;
  FakeResolver known;
  const auto told = [](const std::vector<Diagnostic>& findings) {
    std::string all;
    for (const Diagnostic& one : findings)
      all += fmt::format("{} {};", one.range.line, one.rule);
    return all;
  };
  const Lowered lowered = lower(text, options_for_test(), resolver, &known);
  CHECK(told(lowered.warnings) ==
        "4 UndefinedVar;5 JSONArgsRecommended;9 JSONArgsRecommended;12 JSONArgsRecommended;");
  CHECK(lowered.layers.empty());
  CHECK(resolver.asked == std::vector<std::string>{"a:latest"});
  CHECK(lowered.graph.size() == lower(text, options_for_test(), resolver).graph.size());
  CHECK(lower(text, options_for_test(), resolver).warnings.empty());
  Options options = options_for_test();
  options.target = "other";
  CHECK(told(lower(text, options, resolver, &known).warnings) ==
        "4 UndefinedVar;5 JSONArgsRecommended;");
  const std::string good = "FROM a AS o\nCMD x\nFROM b AS p\nCOPY --from=o x y\nFROM b\nCMD z\n";
  CHECK(told(lower(good, options_for_test(), resolver, &known).warnings) ==
        told(check(good, options_for_test(), known).findings));
  CHECK(lower("# check=error=true\n" + good, options_for_test(), resolver, &known)
            .warnings_are_errors);
}

TEST_CASE("only BuildKit's rules fail a check or a build") {
  FakeResolver resolver;
  const auto violations = [&](const std::string& text) {
    return violations_among(
        check("# check=error=true\n" + text, options_for_test(), resolver).findings);
  };
  CHECK(violations("FROM a\nRUN apt-get update\n").empty());
  CHECK(violations("FROM a\nCOPY . /app\nRUN chown -R 1 /app && npm ci\n").empty());
  CHECK(violations("# syntax=somebody/else\nFROM a\nLABEL a=\"x\xe2\x80\xaey\"").empty());
  const auto both = violations("FROM a as b\nRUN apt-get update\n");
  REQUIRE(both.size() == 1);
  CHECK(text_of(both) == "lint violation found for rules: FromAsCasing");
}

TEST_CASE("a check needs no entitlement") {
  CHECK(findings_of("FROM a\nRUN --network=host x\nRUN --security=insecure x\n"
                    "RUN --device=vendor.com/a=b x\n")
            .empty());
}

TEST_CASE("what was found before an error is told with it") {
  const std::vector<std::string> lines =
      findings_of("FROM a AS B\nCOPY --from=c x /\nFROM a AS c\n");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("1 StageNameCasing"));
  CHECK(lines[1].starts_with("error: cannot copy from stage"));
}

TEST_CASE("every rule has a page of its own") {
  const std::string root = test::cases("dockerfile/lint").front() + "/../../../..";
  for (const Rule& rule : rules()) {
    CAPTURE(rule.name);
    CHECK(find_rule(rule.name) == &rule);
    CHECK(rule.summary.size() > 10);
    const auto page = read_file_if_exists(root + "/" + page_of(rule.name));
    REQUIRE(page);
    CHECK(page->starts_with(fmt::format("# {}\n", rule.name)));
    CHECK(page->find("```dockerfile\n") != std::string::npos);
  }
  CHECK(rules().size() == 28);
  const std::string docker = "https://docs.docker.com/go/dockerfile/rule/";
  CHECK(address_of("JSONArgsRecommended") == docker + "json-args-recommended/");
  CHECK(address_of("SecretsUsedInArgOrEnv") == docker + "secrets-used-in-arg-or-env/");
  CHECK(address_of("ExposeInvalidFormat") == docker + "expose-invalid-format/");
  CHECK(address_of("CopiedFilesRewritten") == "cbuild help CopiedFilesRewritten");
  CHECK(find_rule("NoSuchRule") == nullptr);
}

TEST_CASE("every linted Dockerfile has its recorded findings") {
  const std::vector<std::string> directories = test::cases("dockerfile/lint");
  CHECK(directories.size() >= 5);
  for (const std::string& directory : directories) {
    CAPTURE(directory);
    const std::string text = read_file(directory + "/Dockerfile");
    FakeResolver resolver;
    const CheckResult result = check(text, options_for_test(), resolver);
    std::string shown;
    for (const Diagnostic& one : result.findings)
      shown += fmt::format("{}: {}\n{}\n\n", one.rule, one.message,
                           excerpt("Dockerfile", text, one.range));
    if (result.error)
      shown += fmt::format("error: {}\n{}\n", result.error->what(),
                           excerpt("Dockerfile", text, result.error->range()));
    CHECK(shown == test::golden(directory + "/findings.txt", shown));
  }
}

TEST_CASE("a target's outline has its arguments, secrets, agents and caches") {
  const std::string text =
      "# VERSION which release\nARG VERSION=1\n"
      "FROM a AS unused\nARG NOT_THERE=1\n"
      "# app the application\nFROM a:$VERSION AS app\n"
      "ARG VERSION\n# FLAVOUR what it tastes of\nARG FLAVOUR=v$VERSION EMPTY\n"
      "RUN --mount=type=secret,id=key,required --mount=type=secret,target=/etc/token "
      "--mount=type=ssh --mount=type=cache,target=/c --mount=type=cache,id=go,target=/go x\n";
  Options options = options_for_test();
  const Outline result = outline(text, options);
  CHECK(result.name == "app");
  CHECK(result.description == "the application");
  REQUIRE(result.arguments.size() == 3);
  CHECK(result.arguments[0].name == "VERSION");
  CHECK(result.arguments[0].description == "which release");
  CHECK(result.arguments[0].value == "1");
  CHECK(result.arguments[1].value == "v1");
  CHECK(result.arguments[1].description == "what it tastes of");
  CHECK_FALSE(result.arguments[2].value);
  REQUIRE(result.secrets.size() == 2);
  CHECK(result.secrets[0].id == "key");
  CHECK(result.secrets[0].required);
  CHECK(result.secrets[1].id == "token");
  CHECK_FALSE(result.secrets[1].required);
  REQUIRE(result.ssh.size() == 1);
  CHECK(result.ssh[0].id == "default");
  REQUIRE(result.caches.size() == 2);
  CHECK(result.caches[0].id == "/c");
  CHECK(result.caches[1].id == "go");

  options.build_args["VERSION"] = "2";
  CHECK(outline(text, options).arguments[1].value == "v2");
  options.target = "unused";
  CHECK(outline(text, options).arguments.back().name == "NOT_THERE");
}

TEST_CASE("an outline holds the global arguments that are used") {
  const std::string text =
      "ARG BASE=a UNUSED=$BASE\nARG IMAGE=$BASE OS=linux\nARG ARCH=arm64\nARG SEEN=1\n"
      "FROM b:$UNUSED AS other\nFROM --platform=$OS/$ARCH $IMAGE AS app\nARG SEEN\n"
      "RUN --mount=type=secret,source=old x\n";
  const Outline result = outline(text, options_for_test());
  std::string names;
  for (const Outline::Argument& argument : result.arguments)
    names += argument.name + " ";
  CHECK(names == "BASE IMAGE OS ARCH SEEN ");
  REQUIRE(result.secrets.size() == 1);
  CHECK(result.secrets[0].id == "old");
}

TEST_CASE("targets are the stages") {
  const std::string text =
      "# base all share it\nFROM debian:12 AS base\nFROM base\nFROM --platform=linux/arm64 base AS "
      "arm64\nFROM base\n";
  const std::vector<TargetInfo> all = targets(text, options_for_test());
  REQUIRE(all.size() == 4);
  CHECK(all[0].name == "base");
  CHECK(all[0].description == "all share it");
  CHECK(all[0].base == "debian:12");
  CHECK_FALSE(all[0].is_default);
  CHECK(all[1].name.empty());
  CHECK_FALSE(all[1].is_default);
  CHECK(all[2].platform == "linux/arm64");
  CHECK(all[3].name.empty());
  CHECK(all[3].is_default);
}
