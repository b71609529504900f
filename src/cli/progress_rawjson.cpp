// Progress for programs; see progress_rawjson.h.
#include "src/cli/progress_rawjson.h"

#include <fmt/core.h>
#include <time.h>

#include "cbuild/oci/digest.h"
#include "cbuild/util/base64.h"
#include "cbuild/util/text.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

std::string member(std::string_view name, std::string_view text) {
  return fmt::format("{}:{}", json_string(name), json_string(text));
}

}  // namespace

WallClock wall_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec, static_cast<std::uint32_t>(now.tv_nsec)};
}

std::string RawJsonProgress::now() const {
  const WallClock now = now_();
  return rfc3339(now.seconds, now.nanoseconds);
}

std::size_t RawJsonProgress::on_begin(std::string_view label, std::string_view group) {
  const std::lock_guard lock(mutex_);
  const std::size_t step = vertices_.size();
  Vertex& vertex = vertices_.emplace_back();
  vertex.name = group.empty() ? label : fmt::format("{} {}", group, label);
  vertex.digest = oci::Digest::of(fmt::format("{} {}", step, label)).to_string();
  vertex.started = now();
  write_(fmt::format("{{\"vertexes\":[{{{},{},{}}}]}}\n", member("digest", vertex.digest),
                     member("name", vertex.name), member("started", vertex.started)));
  return step;
}

void RawJsonProgress::on_output(std::size_t step, int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  write_(fmt::format("{{\"logs\":[{{{},\"stream\":{},{},{}}}]}}\n",
                     member("vertex", vertices_.at(step).digest), stream,
                     member("data", base64_encode(text)), member("timestamp", now())));
}

void RawJsonProgress::on_transfer(std::size_t step,
                                  std::string_view item,
                                  std::uint64_t done,
                                  std::uint64_t total) {
  const std::lock_guard lock(mutex_);
  Vertex& vertex = vertices_.at(step);
  if (vertex.ended.contains(item)) return;
  const std::string time = now();
  const std::string& started = vertex.transfers.try_emplace(std::string(item), time).first->second;
  std::string text = fmt::format("{{\"statuses\":[{{{},{},\"current\":{},\"total\":{},{},{}",
                                 member("id", item), member("vertex", vertex.digest), done, total,
                                 member("timestamp", time), member("started", started));
  if (total != 0 && done >= total) {
    vertex.ended.insert(std::string(item));
    text += "," + member("completed", time);
  }
  write_(text + "}]}\n");
}

void RawJsonProgress::on_end(std::size_t step, Outcome outcome, std::string_view error) {
  const std::lock_guard lock(mutex_);
  const Vertex& vertex = vertices_.at(step);
  std::string text = fmt::format("{{\"vertexes\":[{{{},{},{},{}", member("digest", vertex.digest),
                                 member("name", vertex.name), member("started", vertex.started),
                                 member("completed", now()));
  if (outcome == Outcome::cached) text += ",\"cached\":true";
  if (outcome == Outcome::failed) text += "," + member("error", error);
  if (outcome == Outcome::cancelled) text += "," + member("error", "canceled");
  write_(text + "}]}\n");
}

void RawJsonProgress::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  write_(
      fmt::format("{{\"warnings\":[{{\"level\":1,{}}}]}}\n", member("short", base64_encode(text))));
}

}  // namespace cbuild::cli
