// What the store's tests share: a directory that goes away, small layers, child processes.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "cbuild/oci/blob_store.h"
#include "cbuild/oci/image_config.h"
#include "cbuild/oci/manifest.h"
#include "cbuild/store/active_snapshot.h"
#include "cbuild/store/images.h"
#include "cbuild/store/snapshot.h"
#include "cbuild/store/snapshots.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/fs.h"

namespace cbuild::store {

class TempDirectory {
 public:
  TempDirectory() {
    path_ = "/tmp/cbuild-store-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw SysError("make {}", path_);
  }

  ~TempDirectory() { remove_tree(AT_FDCWD, path_); }

  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }

  std::string store() const { return path_ + "/store"; }

 private:
  std::string path_;
};

struct TestFile {
  std::string name;
  std::string content;
};

inline void put(const Fd& directory, const TestFile& file) {
  const Fd fd = open_at(directory.get(), file.name, O_WRONLY | O_CREAT | O_TRUNC);
  write_all(fd.get(), as_bytes(file.content), file.name);
  // Equal layers shall be equal whenever they are made.
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  ::futimens(fd.get(), times);
}

inline Snapshot make_layer(Store& store,
                           const std::optional<oci::Digest>& parent,
                           const std::vector<TestFile>& files) {
  ActiveSnapshot active = store.snapshots().prepare(parent);
  for (const TestFile& file : files)
    put(active.upper(), file);
  return std::move(active).commit(CancelToken());
}

/// Puts an image with these layers, base first, into the store; returns its ID. Its manifest names
/// the tars of the layers.
inline oci::Digest make_image(Store& store, const std::vector<Snapshot>& layers) {
  oci::ImageConfig config;
  config.platform = oci::Platform::parse("linux/amd64");
  oci::Manifest manifest;
  for (const Snapshot& layer : layers) {
    config.diff_ids.push_back(layer.diff_id);
    oci::Descriptor& blob = manifest.layers.emplace_back();
    blob.media_type = oci::media_type::kLayer;
    blob.digest = layer.diff_id;
    blob.size = layer.size;
  }
  const std::string config_json = config.to_json();
  manifest.config = oci::describe(oci::media_type::kConfig, config_json);
  const std::string json = manifest.to_json();
  const oci::Descriptor descriptor = oci::describe(oci::media_type::kManifest, json);
  oci::write_blob(store.blobs(), manifest.config, config_json);
  oci::write_blob(store.blobs(), descriptor, json);
  store.images().add(manifest.config.digest, descriptor);
  return manifest.config.digest;
}

/// The names in a directory.
inline std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const Fd directory = open_directory(path);
  for (const DirectoryEntry& entry : list_directory(directory.get()))
    names.push_back(entry.name);
  return names;
}

/// Runs `action` in a process of its own; returns its ID.
inline pid_t start_child(const std::function<void()>& action) {
  std::fflush(nullptr);  // the child must not print it again
  const pid_t child = ::fork();
  if (child < 0) throw SysError("fork");
  if (child > 0) return child;
  try {
    action();
  } catch (const std::exception& error) {
    (void)!::write(STDERR_FILENO, error.what(), std::string_view(error.what()).size());
    ::_exit(1);
  }
  ::_exit(0);
}

/// Waits for it; whether it went well.
inline bool ended_well(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace cbuild::store
