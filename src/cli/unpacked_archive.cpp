// Unpacks an archive; see unpacked_archive.h.
#include "src/cli/unpacked_archive.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <utility>

#include "cbuild/layer/apply.h"
#include "cbuild/layer/compression.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "cbuild/util/shared_stream.h"
#include "src/cli/environment.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

UnpackedArchive::UnpackedArchive() {
  const auto base = process_environment("TMPDIR");
  directory_ = (base && base->starts_with('/') ? *base : "/var/tmp") + "/cbuild-load-XXXXXX";
  if (::mkdtemp(directory_.data()) == nullptr) throw SysError("make {}", directory_);
}

UnpackedArchive::~UnpackedArchive() {
  try {
    remove_tree(AT_FDCWD, directory_);
  } catch (const Error& error) {
    warn(error.what());
  }
}

// The destructor runs even when this throws: the delegated constructor has made the object.
UnpackedArchive::UnpackedArchive(Fd file, const std::string& name, const CancelToken& cancel)
    : UnpackedArchive() {
  SharedSource archive(std::move(file), name);
  layer::ApplyOptions options;
  options.whiteouts = layer::ApplyOptions::Whiteouts::refuse;
  options.owner = {::geteuid(), ::getegid()};
  options.cancel = &cancel;
  try {
    with_context("load " + name, [&] {
      const auto tar = layer::decompress(archive);
      layer::apply(*tar, open_directory(directory_), options);
    });
  } catch (const SysError&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {  // it is no archive, or a damaged one
    throw Error(ErrorKind::usage, "{}", error.what()).with_hint(error.hint());
  }
}

}  // namespace cbuild::cli
