// Answers the questions of the rules about the build context: the frontend opens no files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cbuild::frontend {

/// Paths are relative and clean; "" is the context itself.
class ContextFiles {
 public:
  virtual ~ContextFiles() = default;

  /// The ignore file leaves out `path`, which may have wildcards, and everything beneath it.
  virtual bool is_ignored(const std::string& path) const = 0;

  /// Bytes of the files at and beneath `path` that a COPY of it would take. nullopt when nothing is
  /// there, or when there is too much to be counted for a message.
  virtual std::optional<std::uint64_t> size_of(const std::string& path) const = 0;

  virtual bool is_directory(const std::string& path) const = 0;
};

}  // namespace cbuild::frontend
