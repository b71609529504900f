// Build arguments of the command line and of files; see build_args.h.
#include "src/cli/build_args.h"

#include <fmt/core.h>

#include <cstdint>
#include <cstring>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/input_file.h"
#include "cbuild/util/io.h"
#include "cbuild/util/shared_stream.h"
#include "cbuild/util/text.h"

namespace cbuild::cli {

namespace {

constexpr std::uint64_t kMaxBuildArgFile = 1 << 20;

}  // namespace

std::pair<std::string, std::optional<std::string>> key_and_value(std::string_view flag,
                                                                 const std::string& text) {
  const auto at = text.find('=');
  if (at == 0 || text.empty()) {
    throw Error(ErrorKind::usage, "{} '{}': the name is missing (want NAME=VALUE)", flag,
                printable(text));
  }
  if (at == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::vector<std::string> build_arg_lines(const std::string& path) {
  Fd fd;
  try {
    fd = open_input(path);
  } catch (const SysError& error) {
    if (is_fault_of_machine(error.code())) throw;
    throw Error(ErrorKind::usage, "--build-arg-file {}: {}", printable(path),
                ::strerrordesc_np(error.code()));
  }
  SharedSource file(std::move(fd), path);
  const std::string text = with_context(fmt::format("--build-arg-file {}", printable(path)),
                                        [&] { return read_all(file, kMaxBuildArgFile); });
  std::vector<std::string> lines;
  for (const std::string& line : split(text, '\n')) {
    const std::string_view trimmed = trim(line);
    if (!trimmed.empty() && trimmed[0] != '#') lines.emplace_back(trimmed);
  }
  return lines;
}

std::map<std::string, std::string> read_build_args(const std::vector<std::string>& texts,
                                                   const EnvironmentLookup& environment) {
  std::map<std::string, std::string> result;
  for (const std::string& text : texts) {
    auto [key, value] = key_and_value("--build-arg", text);
    if (!value) value = environment(key.c_str());
    if (value) {
      result[key] = *value;
    } else {
      result.erase(key);
    }
  }
  return result;
}

}  // namespace cbuild::cli
