// Finds and reads the Dockerfile, the ignore file and the context; see build_input.h.
#include "src/cli/build_input.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <span>

#include "cbuild/build/context.h"
#include "cbuild/layer/archive.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/string_stream.h"
#include "cbuild/util/text.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

constexpr std::uint64_t kMaxDockerfile = 16 << 20;
constexpr std::uint64_t kMaxIgnoreFile = 4 << 20;
// A FIFO must not make the open wait, nor a terminal become ours.
constexpr int kOpenFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;

std::string read_regular(Fd fd, const std::string& name, std::uint64_t limit) {
  struct stat status = {};
  if (::fstat(fd.get(), &status) != 0) throw SysError("stat {}", printable(name));
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorKind::usage, "{} is a directory, not a file", printable(name));
  }
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
  if (!fd) throw_as_usage(SysError("open {}", printable(path)));
  return read_regular(std::move(fd), path, limit);
}

/// Bytes that were read before, then the rest.
class Resumed final : public Source {
 public:
  Resumed(std::string head, Source& rest) : head_(std::move(head)), rest_(rest) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = head_.read(buffer);
    return count > 0 ? count : rest_.read(buffer);
  }

 private:
  StringSource head_;
  Source& rest_;
};

std::string read_stdin(Source& input) {
  return read_all(input, kMaxDockerfile);
}

/// " (did you mean NAME?)" when something of a like name is in the same directory.
std::string suggestion_for(const std::string& path, bool wants_directory) {
  const auto slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  std::vector<std::string> names;
  try {
    const Fd directory = open_directory(parent.empty() ? "." : parent);
    for (const DirectoryEntry& entry : list_directory(directory.get())) {
      if (wants_directory == (entry.type == DT_DIR)) names.push_back(entry.name);
    }
  } catch (const SysError&) {
    return {};
  }
  const auto near = nearest(path.substr(parent.size()), names);
  return near ? fmt::format(" (did you mean {}?)", printable(parent + *near)) : "";
}

/// The first words of this and the next are docker's.
Fd open_context(const std::string& context) {
  try {
    return open_directory(context);
  } catch (const SysError& error) {
    if (is_fault_of_machine(error.code())) throw;
    const std::string shown = printable(context);
    if (error.code() == ENOENT) {
      throw Error(ErrorKind::usage, "unable to prepare context: path \"{}\" not found{}", shown,
                  suggestion_for(context, true));
    }
    Error other(ErrorKind::usage, "unable to prepare context: {}: {}", shown,
                ::strerrordesc_np(error.code()));
    if (error.code() == ENOTDIR) {
      other.with_hint(
          fmt::format("a build context is a directory; a Dockerfile is named with --file: "
                      "cbuild build --file {} .",
                      shown));
    }
    throw other;
  }
}

Error no_such_dockerfile(const std::string& file) {
  return Error(ErrorKind::usage, "failed to read dockerfile: open {}: no such file or directory{}",
               printable(file), suggestion_for(file, false));
}

/// Names the file that may have been meant: "Dockerfiel", "app.dockerfile".
Error no_dockerfile(const Fd& root, const std::string& context) {
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : list_directory(root.get()))
    if (entry.type == DT_REG) names.push_back(entry.name);
  auto meant = nearest("Dockerfile", names);
  for (std::size_t i = 0; !meant && i < names.size(); ++i) {
    const std::string lower = to_lower(names[i]);
    if (lower.starts_with("dockerfile.") || lower.ends_with(".dockerfile")) {
      meant = names[i];
    }
  }
  Error error(ErrorKind::usage,
              "{}: it contains no Dockerfile or Containerfile (failed to read dockerfile: open "
              "Dockerfile: no such file or directory)",
              printable(context));
  const std::string directory = context == "." ? "" : context + "/";
  error.with_hint(meant ? fmt::format("give its name: --file {}", printable(directory + *meant))
                        : "give the name of another file with --file PATH");
  return error;
}

void find_dockerfile(const Fd& root, const std::string& context, BuildInput& result) {
  for (const char* name : {"Dockerfile", "dockerfile", "Containerfile"}) {
    auto text = read_in_context(root, name, kMaxDockerfile);
    if (!text) continue;
    result.dockerfile = std::move(*text);
    result.dockerfile_name = name;
    return;
  }
  throw no_dockerfile(root, context);
}

/// The Dockerfile of a context that was brought here. No ignore file counts there: what is not
/// wanted has come already.
BuildInput read_loaded(build::LoadedContext loaded,
                       const std::string& context,
                       const std::string& file,
                       Source* input) {
  BuildInput result;
  result.dockerfile_name = "Dockerfile";
  result.time = loaded.time;
  if (loaded.directory.empty()) {  // the Dockerfile itself, whatever --file calls it
    result.dockerfile = file == "-" && input != nullptr ? read_stdin(*input) : loaded.dockerfile;
    return result;
  }
  result.context_directory = std::move(loaded.directory);
  result.holder = std::move(loaded.holder);
  const Fd root = open_context(result.context_directory);
  if (file == "-" && input != nullptr) {
    result.dockerfile = read_stdin(*input);
  } else if (!file.empty()) {
    auto text = read_in_context(root, file, kMaxDockerfile);
    if (!text) {
      throw Error(ErrorKind::usage, "{}: no such file in {}", printable(file), printable(context));
    }
    result.dockerfile = std::move(*text);
    result.dockerfile_name = file;
  } else {
    find_dockerfile(root, context, result);
  }
  return result;
}

/// "-": a Dockerfile without context, or an archive with both.
BuildInput read_from_stdin(const std::string& file, Source& input, const ContextAccess& access) {
  std::string head = layer::read_archive_head(input);
  const bool is_archive = layer::begins_archive(head);
  Resumed all(std::move(head), input);
  if (is_archive) {
    if (file == "-") {
      throw Error(ErrorKind::usage,
                  "standard input cannot be both the build context and the Dockerfile");
    }
    return read_loaded(access.unpack(all), "standard input", file, nullptr);
  }
  if (!file.empty() && file != "-") {
    throw Error(ErrorKind::usage, "--file {}: standard input is not an archive", printable(file));
  }
  BuildInput result;
  result.dockerfile_name = "Dockerfile";
  result.dockerfile = read_stdin(all);
  return result;
}

/// Looks for the ignore file that belongs to the Dockerfile, then for that of the context.
/// @param read_beside  reads a file by its name beside the Dockerfile
template <typename Read>
void find_ignore_file(const Fd& root, const Read& read_beside, BuildInput& result) {
  const auto take = [&](const std::string& name, std::optional<std::string> text) {
    if (!text) return false;
    result.ignore_file = std::move(*text);
    result.ignore_file_name = name;
    return true;
  };
  for (const char* ending : build::kIgnoreFiles) {
    const std::string own = result.dockerfile_name + ending;
    if (take(own, read_beside(own))) return;
  }
  for (const char* name : build::kIgnoreFiles) {
    if (take(name, read_in_context(root, name, kMaxIgnoreFile))) return;
  }
}

Error no_such_file(const std::string& path) {
  return Error(ErrorKind::usage, "{}: no such file", printable(path));
}

/// A descriptor that the caller's shell hands down: <(command).
bool is_inherited(const std::string& path) {
  return path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
}

std::string read_inherited(const std::string& path) {
  SharedSource pipe(open_input(path), path);
  return read_all(pipe, kMaxDockerfile);
}

/// The user's own directory.
BuildInput read_directory(const std::string& context, const std::string& file, Source& input) {
  BuildInput result;
  result.dockerfile_name = "Dockerfile";
  const Fd root = open_context(context);
  result.context_directory = clean_path(current_directory(), context);
  const auto nothing = [](const std::string&) { return std::nullopt; };
  const auto by_path = [](const std::string& name) { return read_path(name, kMaxIgnoreFile); };
  const auto in_context = [&](const std::string& name) {
    return read_in_context(root, name, kMaxIgnoreFile);
  };
  if (file == "-" || is_inherited(file)) {
    result.dockerfile = file == "-" ? read_stdin(input) : read_inherited(file);
    find_ignore_file(root, nothing, result);
  } else if (auto text = file.empty() ? std::nullopt : read_path(file, kMaxDockerfile)) {
    result.dockerfile = std::move(*text);
    result.dockerfile_name = file;
    find_ignore_file(root, by_path, result);
  } else if (!file.empty()) {  // buildah's way: a name within the context
    text = read_in_context(root, file, kMaxDockerfile);
    if (!text) throw no_such_dockerfile(file);
    result.dockerfile = std::move(*text);
    result.dockerfile_name = file;
    find_ignore_file(root, in_context, result);
  } else {
    find_dockerfile(root, context, result);
    find_ignore_file(root, in_context, result);
  }
  return result;
}

}  // namespace

BuildInput read_build_input(const InputWanted& wanted, Source& input, const ContextAccess& access) {
  const std::string& context = wanted.context;
  BuildInput result;
  if (context == "-") {
    result = read_from_stdin(wanted.file, input, access);
  } else if (build::ContextLoader::is_remote(context)) {
    result = read_loaded(access.load(context), context, wanted.file, &input);
  } else {
    result = read_directory(context, wanted.file, input);
  }
  if (!wanted.ignore_file.empty()) {
    auto text = read_path(wanted.ignore_file, kMaxIgnoreFile);
    if (!text) throw no_such_file(wanted.ignore_file);
    result.ignore_file = std::move(*text);
    result.ignore_file_name = wanted.ignore_file;
  }
  return result;
}

}  // namespace cbuild::cli
