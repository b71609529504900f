// Registers emulators (binfmt_misc) for programs of other architectures.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// An entry of binfmt_misc: which files an interpreter runs.
/// Source: Linux Documentation/admin-guide/binfmt-misc.rst
struct BinaryFormat {
  std::string name;
  std::uint64_t offset = 0;
  std::string magic;
  std::string mask;  ///< as long as `magic`, or empty = all bits count
  std::string interpreter;
  std::string flags;  ///< 'F': opened when it was registered, so it need not be in the sandbox
  bool enabled = true;
};

/// A line for the register file, as in /usr/lib/binfmt.d: ":name:M:offset:magic:mask:path:flags".
/// nullopt for others (by file extension, ill-formed).
std::optional<BinaryFormat> parse_binfmt_line(std::string_view line);
/// What /proc/sys/fs/binfmt_misc/NAME says.
std::optional<BinaryFormat> parse_binfmt_entry(std::string_view name, std::string_view text);

/// The first bytes of a program for `architecture` (Go's name); empty for ones not known.
std::string program_header(std::string_view architecture);
bool matches(const BinaryFormat& format, std::string_view header);

/// Keeps the interpreters of foreign programs registered as long as it lives.
class Emulation {
 public:
  /// Sees to it that programs for `architecture` can be executed: they are when the machine has an
  /// interpreter registered; else, from Linux 6.7 on, one that is installed and described in
  /// /usr/lib/binfmt.d is registered for this process's user namespace alone.
  /// @pre the Workspace was entered, and no sandbox runs
  /// @return what stands in the way; nullopt when nothing does
  std::optional<std::string> enable(std::string_view architecture);

 private:
  Fd instance_;  ///< a binfmt_misc of our own, mounted nowhere
};

}  // namespace cbuild::sandbox
