// Progress for programs: one JSON object a line.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cbuild/util/progress.h"

namespace cbuild::cli {

/// A point in time: seconds since 1970, and nanoseconds of the second.
struct WallClock {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

WallClock wall_clock();

/// What `docker buildx build --progress rawjson` writes: objects with "vertexes", "statuses",
/// "logs" or "warnings". The digest of a vertex is made of its number and name: it says which one,
/// and nothing of its content.
class RawJsonProgress final : public Progress {
 public:
  RawJsonProgress(std::function<void(std::string_view)> write, std::function<WallClock()> now)
      : write_(std::move(write)), now_(std::move(now)) {}

  std::size_t on_begin(std::string_view label, std::string_view group) override;
  void on_output(std::size_t step, int stream, std::string_view text) override;
  void on_transfer(std::size_t step,
                   std::string_view item,
                   std::uint64_t done,
                   std::uint64_t total) override;
  void on_end(std::size_t step, Outcome outcome, std::string_view error) override;
  void message(std::string_view text) override;

 private:
  struct Vertex {
    std::string name;
    std::string digest;
    std::string started;
    std::map<std::string, std::string, std::less<>> transfers;  ///< when each began
    std::set<std::string, std::less<>> ended;
  };

  std::string now() const;

  std::mutex mutex_;
  std::function<void(std::string_view)> write_;
  std::function<WallClock()> now_;
  std::vector<Vertex> vertices_;
};

}  // namespace cbuild::cli
