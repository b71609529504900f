// Keeps pipes for splice(2); see pipe_pool.h.
#include "src/network/pipe_pool.h"

#include <fcntl.h>

#include <utility>

namespace cbuild::network {

namespace {

constexpr int kSize = 512 << 10;
constexpr std::size_t kMostKept = 32;

}  // namespace

Pipe PipePool::take() {
  if (!free_.empty()) {
    Pipe pipe = std::move(free_.back());
    free_.pop_back();
    return pipe;
  }
  Pipe pipe = make_pipe();
  ::fcntl(pipe.write.get(), F_SETPIPE_SZ, kSize);  // beyond the user's share it stays as it is
  return pipe;
}

void PipePool::give_back(Pipe pipe) {
  if (free_.size() < kMostKept) free_.push_back(std::move(pipe));
}

}  // namespace cbuild::network
