// What a build reads before it begins; see build_input.h.
#include "src/cli/build_input.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <optional>

#include "cbuild/layer/compression.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr std::uint64_t kMaxDockerfile = 16 << 20;
constexpr std::uint64_t kMaxIgnoreFile = 4 << 20;
// A FIFO must not make the open wait, nor a terminal become ours.
constexpr int kOpenFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

Error usage_of(const Error& error) {
  return Error(ErrorKind::usage, "{}", error.what());
}

std::string read_regular(Fd fd, const std::string& name, std::uint64_t limit) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw SysError("look at {}", printable(name));
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::usage, "{} is not a regular file", printable(name));
  }
  FdSource source(std::move(fd), name);
  return read_all(source, limit);
}

std::optional<std::string> read_in_context(const Fd& context,
                                           const std::string& name,
                                           std::uint64_t limit) {
  auto fd = try_open_in_root(context, name, kOpenFlags);
  if (!fd) return std::nullopt;
  return read_regular(std::move(*fd), name, limit);
}

std::optional<std::string> read_path(const std::string& path, std::uint64_t limit) {
  Fd fd(::open(path.c_str(), kOpenFlags | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw usage_of(SysError("open {}", printable(path)));
  return read_regular(std::move(fd), path, limit);
}

/// A Dockerfile from standard input. What looks like an archive is docker's "context from stdin".
std::string read_stdin(Source& input) {
  std::string text = read_all(input, kMaxDockerfile);
  const auto head = as_bytes(std::string_view(text).substr(0, 512));
  const bool tar = text.size() > 262 && text.compare(257, 5, "ustar") == 0;
  if (tar || layer::detect_compression(head) != layer::Compression::none) {
    throw Error(ErrorKind::usage,
                "an archive on standard input as build context is not supported "
                "yet (unpack it and give the directory)");
  }
  return text;
}

void refuse_urls(const std::string& context) {
  const bool url = context.find("://") != std::string::npos || context.starts_with("git@") ||
                   context.starts_with("github.com/");
  if (!url) return;
  throw Error(ErrorKind::usage, "{}: a URL as build context is not supported yet",
              printable(context));
}

Fd open_context(const std::string& context) {
  try {
    return open_directory(context);
  } catch (const SysError& error) {
    throw Error(ErrorKind::usage, "build context {}: {}", printable(context),
                ::strerrordesc_np(error.code()));
  }
}

Error no_dockerfile(const std::string& context) {
  Error error(ErrorKind::usage, "{}: no Dockerfile there", printable(context));
  error.with_hint("name another one with --file PATH");
  return error;
}

}  // namespace

BuildInput read_build_input(const std::string& context, const std::string& file, Source& input) {
  refuse_urls(context);
  BuildInput result;
  result.dockerfile_name = "Dockerfile";
  if (context == "-") {
    if (!file.empty() && file != "-") {
      throw Error(ErrorKind::usage,
                  "--file {} with a context from standard input is not supported yet",
                  printable(file));
    }
    result.dockerfile = read_stdin(input);
    return result;
  }
  const Fd root = open_context(context);
  result.context_directory = clean_path(current_directory(), context);
  if (file == "-") {
    result.dockerfile = read_stdin(input);
  } else if (!file.empty()) {
    auto text = read_path(file, kMaxDockerfile);
    if (!text) throw Error(ErrorKind::usage, "{}: there is no such file", printable(file));
    result.dockerfile = std::move(*text);
    result.dockerfile_name = file;
    if (auto own = read_path(file + ".dockerignore", kMaxIgnoreFile)) {
      result.ignore_file = std::move(*own);
      result.ignore_file_name = file + ".dockerignore";
      return result;
    }
  } else {
    auto text = read_in_context(root, "Dockerfile", kMaxDockerfile);
    if (!text) {
      text = read_in_context(root, "dockerfile", kMaxDockerfile);
      result.dockerfile_name = "dockerfile";
    }
    if (!text) throw no_dockerfile(context);
    result.dockerfile = std::move(*text);
    const std::string name = result.dockerfile_name + ".dockerignore";
    if (auto own = read_in_context(root, name, kMaxIgnoreFile)) {
      result.ignore_file = std::move(*own);
      result.ignore_file_name = name;
      return result;
    }
  }
  if (auto shared = read_in_context(root, ".dockerignore", kMaxIgnoreFile)) {
    result.ignore_file = std::move(*shared);
    result.ignore_file_name = ".dockerignore";
  }
  return result;
}

}  // namespace cbuild::cli
