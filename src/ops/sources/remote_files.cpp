// Downloads; see remote_files.h. Repositories are in git.cpp.
#include "cbuild/ops/remote_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "cbuild/graph/op.h"
#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/ops/git_commit.h"
#include "cbuild/ops/remote_file.h"
#include "cbuild/ops/run_settings.h"
#include "cbuild/ops/staged_tree.h"
#include "cbuild/registry/download.h"
#include "cbuild/registry/registry.h"
#include "cbuild/store/records.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/file_metadata.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/io.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/text.h"
#include "cbuild/util/url.h"
#include "src/ops/sources/git.h"
#include "src/ops/ssh_agents.h"

namespace cbuild::ops {

namespace {

constexpr std::string_view kMediaType = "application/octet-stream";

/// The record of a URL, one field a line.
struct Known {
  oci::Descriptor blob;
  registry::FileVersion version;
  std::int64_t modified = 0;

  std::string to_text() const {
    return fmt::format("{} {} {}\n{}\n{}", blob.digest.to_string(), blob.size, modified,
                       version.etag, version.last_modified);
  }

  static std::optional<Known> parse(std::string_view text) {
    const std::vector<std::string> lines = split(text, '\n');
    if (lines.size() != 3) return std::nullopt;
    const std::vector<std::string> facts = split(lines[0], ' ');
    const auto digest = facts.size() == 3 ? oci::Digest::try_parse(facts[0]) : std::nullopt;
    const auto size = facts.size() == 3 ? parse_uint(facts[1]) : std::nullopt;
    const auto modified = facts.size() == 3 ? parse_uint(facts[2]) : std::nullopt;
    if (!digest || !size || !modified) return std::nullopt;
    Known known;
    known.blob.media_type = kMediaType;
    known.blob.digest = *digest;
    known.blob.size = *size;
    known.version = {lines[1], lines[2]};
    known.modified = static_cast<std::int64_t>(*modified);
    return known;
  }
};

oci::Digest record_key(std::string_view tag, std::string_view value) {
  KeyHasher hasher;
  hasher.add(tag, value);
  return oci::Digest(hasher.finish());
}

bool is_file_name(std::string_view name) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find('/') == std::string_view::npos && std::ranges::none_of(name, is_control);
}

/// The last component of the path; empty when it cannot be the name of a file.
std::string name_in_url(std::string_view url) {
  std::string path = percent_decode(UrlParts::cut(url).path);
  while (path.ends_with('/'))
    path.pop_back();
  std::string name = path.substr(path.find_last_of('/') + 1);
  return is_file_name(name) ? name : std::string();
}

RemoteFile to_file(const Known& known, const std::string& url) {
  return {known.blob, name_in_url(url), known.modified};
}

/// The Authorization header that the build lends for the host of `url`. A token wins over a header,
/// as in BuildKit.
std::optional<std::string> lent_authorization(const RunSettings& lent, const std::string& url) {
  const std::string host(UrlParts::cut(url).host());
  if (const auto token = lent.secrets.find("HTTP_AUTH_TOKEN_" + host);
      token != lent.secrets.end()) {
    return "Bearer " + std::string(trim(token->second));
  }
  if (const auto header = lent.secrets.find("HTTP_AUTH_HEADER_" + host);
      header != lent.secrets.end()) {
    return std::string(trim(header->second));
  }
  return std::nullopt;
}

void check_sum(const graph::HttpSource& source, const oci::Digest& digest) {
  if (!source.checksum || *source.checksum == digest) return;
  throw Error(ErrorKind::build, "{}: digest mismatch: the file has {}, but --checksum wants {}",
              printable(without_credentials(source.url)), digest.to_string(),
              source.checksum->to_string());
}

}  // namespace

RemoteFiles::RemoteFiles(store::Store& store,
                         registry::Registry& registry,
                         const RemoteAccess& access,
                         const CancelToken& cancel)
    : store_(store),
      registry_(registry),
      access_(access),
      agents_(std::make_shared<SshAgents>(access.lent.ssh, store, cancel)),
      cancel_(cancel) {}

std::optional<RemoteFile> RemoteFiles::known_by_checksum(const graph::HttpSource& source) {
  if (!source.checksum) return std::nullopt;
  const auto key = record_key("http.checksum", source.checksum->to_string() + " " + source.url);
  const auto text = store_.records().find(store::RecordKind::download, key);
  const auto known = text ? Known::parse(*text) : std::nullopt;
  if (!known || !store_.blobs().has(known->blob)) return std::nullopt;
  return to_file(*known, source.url);
}

RemoteFile RemoteFiles::fetch(const graph::HttpSource& source, const TransferReport& report) {
  if (auto file = known_by_checksum(source)) return *file;
  const auto key = record_key("http", source.url);
  const auto text = store_.records().find(store::RecordKind::download, key);
  auto known = text ? Known::parse(*text) : std::nullopt;
  if (known && !store_.blobs().has(known->blob)) known.reset();
  if (known && source.checksum == known->blob.digest) return to_file(*known, source.url);
  const auto download =
      registry_.download(source.url, known ? known->version : registry::FileVersion{},
                         lent_authorization(access_.lent, source.url));
  if (!download->not_modified()) return take(source, *download, report);
  check_sum(source, known->blob.digest);
  return to_file(*known, source.url);
}

RemoteFile RemoteFiles::take(const graph::HttpSource& source,
                             registry::Download& download,
                             const TransferReport& report) {
  Known known;
  known.blob = store_.add_blob(kMediaType, [&](Sink& sink) {
    std::vector<std::byte> buffer(kIoBlock);
    std::uint64_t done = 0;
    const std::uint64_t total = download.size().value_or(0);
    while (const std::size_t count = download.read(buffer)) {
      cancel_.check();
      sink.write(std::span(buffer).first(count));
      done += count;
      if (report) report(done, total);
    }
  });
  known.version = download.version();
  known.modified = std::max<std::int64_t>(download.modified().value_or(0), 0);
  check_sum(source, known.blob.digest);
  const std::string text = known.to_text();
  store_.records().save(store::RecordKind::download, record_key("http", source.url), text);
  if (source.checksum) {
    const auto sum = source.checksum->to_string() + " " + source.url;
    store_.records().save(store::RecordKind::download, record_key("http.checksum", sum), text);
  }
  return to_file(known, source.url);
}

std::string RemoteFiles::staged_name(const RemoteFile& file) {
  return file.name.empty() ? "__unnamed__" : file.name;  // as BuildKit has it
}

StagedTree RemoteFiles::stage(const RemoteFile& file) {
  StagedTree tree(store_.snapshots().prepare(std::nullopt));
  const std::string name = staged_name(file);
  const Fd fd = open_at(tree.root().get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  FdSink sink(fd.get(), name);
  const auto content = store_.blobs().open(file.blob);
  copy(*content, sink);
  set_mode(fd, 0600);
  set_times(fd, {file.modified, 0}, {file.modified, 0});
  return tree;
}

GitCommit RemoteFiles::resolve(const graph::GitSource& source) {
  return GitRepository(source, {access_, *agents_, registry_}, store_.kept(), cancel_).resolve();
}

StagedTree RemoteFiles::stage(const graph::GitSource& source, const GitCommit& commit) {
  StagedTree tree(store_.snapshots().prepare(std::nullopt));
  GitRepository repository(source, {access_, *agents_, registry_}, store_.kept(), cancel_);
  repository.check_out(commit, tree.path());
  return tree;
}

}  // namespace cbuild::ops
