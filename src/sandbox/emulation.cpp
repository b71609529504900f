// Finds and registers emulators; see emulation.h.
#include "cbuild/sandbox/emulation.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

namespace {

constexpr const char* kRegistered = "/proc/sys/fs/binfmt_misc";
constexpr std::array kDescriptions = {"/etc/binfmt.d", "/usr/local/lib/binfmt.d",
                                      "/usr/lib/binfmt.d"};
constexpr std::uint64_t kMaxFile = 64 << 10;

struct Machine {
  std::string_view architecture;
  char bits;  // 1 = 32, 2 = 64
  bool little_endian;
  std::uint16_t number;
};

// Source: elf.h, EM_*
constexpr Machine kMachines[] = {
    {"386", 1, true, 3},     {"amd64", 2, true, 62},    {"arm", 1, true, 40},
    {"arm64", 2, true, 183}, {"loong64", 2, true, 258}, {"mips", 1, false, 8},
    {"mipsle", 1, true, 8},  {"mips64", 2, false, 8},   {"mips64le", 2, true, 8},
    {"ppc64", 2, false, 21}, {"ppc64le", 2, true, 21},  {"riscv64", 2, true, 243},
    {"s390x", 2, false, 22}};

std::optional<std::string> from_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned char byte = 0;
    const char* end = digits.data() + i + 2;
    const auto result = std::from_chars(digits.data() + i, end, byte, 16);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// "\\x7fELF" as bytes. nullopt when a digit is missing.
std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) != "\\x") {
      bytes += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 2, 2));
    if (!byte || byte->empty()) return std::nullopt;
    bytes += *byte;
    i += 3;
  }
  return bytes;
}

std::vector<std::string> lines_of(const std::string& path) {
  return split(read_file_if_exists(path, kMaxFile).value_or(""), '\n');
}

std::vector<std::string> names_in(const char* directory) {
  std::vector<std::string> names;
  if (::access(directory, R_OK) != 0) return names;
  for (const DirectoryEntry& entry : list_directory(open_directory(directory).get()))
    names.push_back(entry.name);
  return names;
}

bool is_registered(std::string_view header) {
  for (const std::string& name : names_in(kRegistered)) {
    if (name == "register" || name == "status") continue;
    const std::string path = fmt::format("{}/{}", kRegistered, name);
    const auto format = parse_binfmt_entry(name, read_file_if_exists(path, kMaxFile).value_or(""));
    if (format && format->enabled && matches(*format, header)) return true;
  }
  return false;
}

/// The line that describes an installed interpreter of such programs.
std::optional<std::string> find_description(std::string_view header) {
  for (const char* directory : kDescriptions) {
    for (const std::string& name : names_in(directory)) {
      if (!name.ends_with(".conf")) continue;
      for (const std::string& line : lines_of(fmt::format("{}/{}", directory, name))) {
        const auto format = parse_binfmt_line(line);
        if (!format || !matches(*format, header)) continue;
        if (::access(format->interpreter.c_str(), X_OK) != 0) continue;
        return format->flags.find('F') != std::string::npos ? line : line + "F";
      }
    }
  }
  return std::nullopt;
}

/// Mounted nowhere: the descriptor is all that keeps it.
Fd mount_instance() {
  const Fd context(::fsopen("binfmt_misc", FSOPEN_CLOEXEC));
  if (!context) return Fd();
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return Fd();
  return Fd(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
}

bool register_line(const Fd& instance, const std::string& line) {
  const Fd file(::openat(instance.get(), "register", O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

std::optional<BinaryFormat> parse_binfmt_line(std::string_view line) {
  if (line.empty()) return std::nullopt;
  const std::vector<std::string> fields = split(line.substr(1), line[0]);
  if (fields.size() != 7 || fields[1] != "M") return std::nullopt;
  BinaryFormat format;
  format.name = fields[0];
  const auto offset = fields[2].empty() ? 0 : parse_uint(fields[2]);
  const auto magic = unescape(fields[3]);
  const auto mask = unescape(fields[4]);
  if (!offset || !magic || !mask) return std::nullopt;
  if (magic->empty() || (!mask->empty() && mask->size() != magic->size())) return std::nullopt;
  format.offset = *offset;
  format.magic = *magic;
  format.mask = *mask;
  format.interpreter = fields[5];
  format.flags = fields[6];
  return format;
}

std::optional<BinaryFormat> parse_binfmt_entry(std::string_view name, std::string_view text) {
  BinaryFormat format;
  format.name = name;
  format.enabled = false;
  for (const std::string& line : split(text, '\n')) {
    const auto space = line.find(' ');
    const std::string key = line.substr(0, space);
    const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
    if (key == "enabled") format.enabled = true;
    if (key == "interpreter") format.interpreter = value;
    if (key == "flags:") format.flags = value;
    if (key == "offset") format.offset = parse_uint(value).value_or(0);
    if (key == "magic") format.magic = from_hex(value).value_or("");
    if (key == "mask") format.mask = from_hex(value).value_or("");
  }
  if (format.magic.empty() || format.interpreter.empty()) return std::nullopt;
  return format;
}

std::string program_header(std::string_view architecture) {
  constexpr std::size_t kSize = 64;
  for (const Machine& machine : kMachines) {
    if (machine.architecture != architecture) continue;
    std::string header(
        "\x7f"
        "ELF");
    header += machine.bits;
    header += machine.little_endian ? '\1' : '\2';
    header += '\1';  // the version
    header.resize(kSize);
    const std::size_t low = machine.little_endian ? 0 : 1;
    header[16 + low] = 2;  // an executable
    header[18 + low] = static_cast<char>(machine.number & 0xff);
    header[18 + (1 - low)] = static_cast<char>(machine.number >> 8);
    return header;
  }
  return {};
}

bool matches(const BinaryFormat& format, std::string_view header) {
  if (format.magic.empty() || format.offset > header.size()) return false;
  if (header.size() - format.offset < format.magic.size()) return false;
  for (std::size_t i = 0; i < format.magic.size(); ++i) {
    const int mask = format.mask.empty() ? 0xff : static_cast<unsigned char>(format.mask[i]);
    if (((header[format.offset + i] ^ format.magic[i]) & mask) != 0) return false;
  }
  return true;
}

std::optional<std::string> Emulation::enable(std::string_view architecture) {
  const std::string header = program_header(architecture);
  if (header.empty()) return fmt::format("cbuild knows no emulator for {}", architecture);
  if (!instance_ && is_registered(header)) return std::nullopt;
  const auto line = find_description(header);
  if (!line) return "no emulator is registered or installed for it";
  if (!instance_) instance_ = mount_instance();
  if (!instance_) return "an emulator is installed, but not registered with the kernel";
  if (!register_line(instance_, *line)) return SysError("register {}", line->substr(0, 32)).what();
  return std::nullopt;
}

}  // namespace cbuild::sandbox
