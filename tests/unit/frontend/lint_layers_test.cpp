// Rules about what a layer holds: packages, caches, copied files.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/frontend/lint_support.h"

using namespace cbuild;
using namespace cbuild::test::lint;
using cbuild::test::FakeResolver;

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
        "3 CopyBeforeInstall: a change of any file repeats 'npm ci --omit=dev' of line 4: copy "
        "package.json and package-lock.json first, install, then copy the rest");
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
      "create app before line 2 and write COPY --chown=… there, or give its IDs as numbers";
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
