// Streams of a text in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "cbuild/util/io.h"

namespace cbuild {

/// Reads a text it owns.
class StringSource final : public Source {
 public:
  explicit StringSource(std::string text) : text_(std::move(text)) {}

  std::size_t read(std::span<std::byte> buffer) override;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

/// Collects everything in a string.
class StringSink final : public Sink {
 public:
  void write(std::span<const std::byte> bytes) override {
    text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace cbuild
