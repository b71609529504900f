// Build contexts that are no directories of this machine: repositories, downloads, archives.
#pragma once

#include <string>
#include <string_view>

namespace cbuild::graph {
struct GitSource;
}

namespace cbuild::image {
struct Services;
}

namespace cbuild::ops {
struct RemoteFile;
class RemoteFiles;
}  // namespace cbuild::ops

namespace cbuild {
class Source;
}

namespace cbuild::build {

struct LoadedContext;
struct Request;

/// Names of the file of a context that tells what is left out; the first that is there counts.
inline constexpr const char* kIgnoreFiles[] = {".dockerignore", ".containerignore"};

/// Brings contexts here. Nothing is written outside of their directories, whatever the names in an
/// archive say, and device nodes are left out.
class ContextLoader {
 public:
  /// @param request  of the build arguments BUILDKIT_CONTEXT_KEEP_GIT_DIR counts, which keeps
  ///                 ".git", and the secrets that git may need
  ContextLoader(const Request& request, const image::Services& services)
      : request_(request), services_(services) {}

  /// A URL, or the short "github.com/OWNER/NAME".
  static bool is_remote(std::string_view context);

  /// A repository's files, an unpacked archive, or any other file: a Dockerfile.
  /// @throws Error(usage) for an ill-formed URL, Error(network)
  LoadedContext load(const std::string& url);

  /// The same, but a file that is no archive is the only one of a directory.
  LoadedContext load_directory(const std::string& url);

  /// @param name  of the archive, for messages
  LoadedContext unpack(Source& archive, const std::string& name);

 private:
  LoadedContext load_repository(graph::GitSource source, const std::string& url);
  ops::RemoteFile download(const std::string& url);
  LoadedContext unpack_download(const ops::RemoteFile& file);
  bool is_archive(const ops::RemoteFile& file);
  ops::RemoteFiles remote_files() const;
  bool keeps_git_directory() const;

  const Request& request_;
  const image::Services& services_;
};

}  // namespace cbuild::build
