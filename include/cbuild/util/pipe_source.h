// Turns a function that writes into a Source: it runs on a thread of its own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "cbuild/util/io.h"

namespace cbuild {

class CancelToken;

/// Reads what `producer` writes. The producer runs in a thread of its own, from the first read on,
/// at most some blocks of kIoBlock bytes ahead of the reader. What it throws is thrown by read().
/// Destruction before the end cancels the token the producer was given, lets its next write throw
/// Interrupted, and waits for it to return.
class PipeSource final : public Source {
 public:
  using Producer = std::function<void(Sink& sink, const CancelToken& cancel)>;

  explicit PipeSource(Producer producer);
  ~PipeSource() override;
  PipeSource(const PipeSource&) = delete;
  PipeSource& operator=(const PipeSource&) = delete;

  std::size_t read(std::span<std::byte> buffer) override;

 private:
  class Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace cbuild
