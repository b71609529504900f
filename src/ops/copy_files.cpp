// Plans and writes a copy; see copy_files.h.
#include "src/ops/copy_files.h"

#include <sys/stat.h>

#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cbuild/graph/op.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/error.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/rootfs_path.h"
#include "cbuild/util/text.h"
#include "src/ops/entry_writer.h"
#include "src/ops/paths.h"
#include "src/ops/selected_file.h"
#include "src/ops/upper.h"

namespace cbuild::ops {

namespace {

/// Files that one thread writes before it takes more.
constexpr std::size_t kMinBatch = 32;
constexpr std::size_t kMaxBatch = 1024;

/// An entry and where it is written to.
struct PlannedEntry {
  const SelectedEntry* entry;
  const SelectedSource* source;
  std::string target;  ///< absolute, in the snapshot
};

/// Planned entries, at most one a target.
class Plan {
 public:
  /// A later entry replaces an earlier one of the same target.
  void add(PlannedEntry planned) {
    const auto [at, is_new] = by_target_.try_emplace(planned.target, entries_.size());
    if (is_new) {
      entries_.push_back(std::move(planned));
    } else {
      entries_[at->second] = std::move(planned);
    }
  }

  bool contains(const std::string& target) const { return by_target_.contains(target); }

  /// Takes all entries out.
  std::vector<PlannedEntry> take() {
    by_target_.clear();
    return std::exchange(entries_, {});
  }

 private:
  std::vector<PlannedEntry> entries_;
  std::unordered_map<std::string, std::size_t> by_target_;
};

struct HardLink {
  std::string existing;
  std::string target;
};

/// Takes out of `files` all names but the first of each file that has several in one source: the
/// first is copied, the others are linked to it.
std::vector<HardLink> take_hard_links(std::vector<PlannedEntry>& files) {
  std::vector<HardLink> links;
  std::map<std::tuple<const SelectedSource*, dev_t, ino_t>, std::string> first;
  std::erase_if(files, [&](const PlannedEntry& file) {
    const struct stat& status = file.entry->status;
    if (!S_ISREG(status.st_mode) || status.st_nlink < 2) return false;
    const auto [at, is_new] =
        first.try_emplace({file.source, status.st_dev, status.st_ino}, file.target);
    if (!is_new) links.push_back({at->second, file.target});
    return !is_new;
  });
  return links;
}

/// Where the batches of `files` begin, and the end. They are cut between directories: two threads
/// that make files in one directory wait for its lock.
std::vector<std::size_t> batches_of(const std::vector<PlannedEntry>& files) {
  std::vector<std::size_t> begins = {0};
  for (std::size_t i = 1; i < files.size(); ++i) {
    const std::size_t size = i - begins.back();
    const bool boundary = parent_of(files[i].target) != parent_of(files[i - 1].target);
    if ((boundary && size >= kMinBatch) || size >= kMaxBatch) begins.push_back(i);
  }
  begins.push_back(files.size());
  return begins;
}

bool makes_directory(const SelectedSource& source) {
  return source.directory || open_archive(source);
}

EntryLook look_of(const CopyRequest& request) {
  EntryLook look{request.owner, request.keep_owner, std::nullopt};
  if (!request.op.mode.empty()) look.mode = FileMode::parse(request.op.mode);
  return look;
}

/// The look of directories that are made for the destination.
Upper::NewDirectory new_directory_of(const EntryLook& look) {
  Upper::NewDirectory made{look.owner};
  if (look.mode && look.mode->absolute()) made.mode = look.mode->apply(0, true);
  return made;
}

/// One COPY while it is made. Directories are made while it is planned, since what a target means
/// depends on them; files are written by flush().
class CopyRun {
 public:
  CopyRun(const CopyRequest& request, Upper& upper, const CancelToken& cancel)
      : request_(request),
        op_(request.op),
        upper_(upper),
        cancel_(cancel),
        writer_(upper.upper(), upper.owners(), look_of(request), cancel),
        new_directory_(new_directory_of(writer_.look())),
        destination_(upper.resolve(clean_path("/", op_.destination))) {}

  void run() {
    refuse_several_into_one();
    for (const SelectedSource& source : request_.selection.sources) {
      if (source.directory) {
        plan_directory(source);
      } else {
        plan_file(source);
      }
    }
    write_files();
    // Heredocs come last, and replace files of the same name.
    for (const graph::InlineFile& file : op_.inline_files)
      write_inline(file);
    finish_directories();
  }

 private:
  bool goes_into_directory() const {
    if (op_.destination.ends_with('/') || destination_ == "/") return true;
    const auto status = upper_.find(destination_);
    return status && S_ISDIR(status->st_mode);
  }

  /// BuildKit would let the last source win without a word. A directory or an archive that comes
  /// first makes the destination a directory.
  void refuse_several_into_one() const {
    const auto& sources = request_.selection.sources;
    if (sources.size() + op_.inline_files.size() < 2 || goes_into_directory()) return;
    if (!sources.empty() && makes_directory(sources.front())) return;
    throw InTheWay(ErrorKind::usage,
                   "When using {} with more than one source file, the destination must be a "
                   "directory and end with a / (write {}/)",
                   op_.unpack_archives ? "ADD" : "COPY", printable(op_.destination));
  }

  void plan_directory(const SelectedSource& source) {
    upper_.make_directory(destination_, new_directory_);
    for (const SelectedEntry& entry : source.entries)
      plan_entry({&entry, &source, join_path(destination_, entry.target)});
  }

  void plan_file(const SelectedSource& source) {
    if (source.entries.empty()) return;  // excluded
    if (const auto archive = open_archive(source)) return unpack(source, *archive);
    plan_entry({&source.entries.front(), &source, target_of_file(source.name)});
  }

  void unpack(const SelectedSource& source, const Fd& archive) {
    upper_.make_directory(destination_, {request_.owner, 0755});  // --chmod is not for archives
    // All that is planned is written before: afterwards a directory on the way may be a link.
    write_files();
    finish_directories();
    upper_.forget();
    request_.unpack({archive, source.entries.front().path, destination_});
  }

  std::string target_of_file(const std::string& name) {
    if (goes_into_directory()) {
      upper_.make_directory(destination_, new_directory_);
      return join_path(destination_, name);
    }
    upper_.make_directory(parent_of(destination_), new_directory_);
    return destination_;
  }

  void plan_entry(PlannedEntry planned) {
    if (S_ISDIR(planned.entry->status.st_mode)) {
      if (files_.contains(planned.target)) {
        throw InTheWay(ErrorKind::build, "cannot copy to non-directory: {}",
                       printable(planned.target));
      }
      upper_.make_directory(planned.target, new_directory_);
      directories_.add(std::move(planned));
      return;
    }
    upper_.make_way(planned.target);
    files_.add(std::move(planned));
  }

  void write_files() {
    std::vector<PlannedEntry> files = files_.take();
    const std::vector<HardLink> links = take_hard_links(files);
    const std::vector<std::size_t> begins = batches_of(files);
    parallel_for(begins.size() - 1, processor_count(), [&](std::size_t batch) {
      for (std::size_t i = begins[batch]; i < begins[batch + 1]; ++i) {
        cancel_.check();
        writer_.write(*files[i].entry, *files[i].source->tree, Upper::relative(files[i].target));
      }
    });
    for (const HardLink& link : links)
      writer_.link(Upper::relative(link.existing), Upper::relative(link.target));
  }

  void write_inline(const graph::InlineFile& file) {
    const std::string target = target_of_file(file.name);
    upper_.make_way(target);
    writer_.write_text(file.content, Upper::relative(target));
  }

  /// Last, because writing into a directory changes its time, and from the inside out, because a
  /// directory may forbid to be entered.
  void finish_directories() {
    const std::vector<PlannedEntry> directories = directories_.take();
    for (auto at = directories.rbegin(); at != directories.rend(); ++at)
      writer_.finish_directory(*at->entry, *at->source->tree, Upper::relative(at->target));
  }

  const CopyRequest& request_;
  const graph::Copy& op_;
  Upper& upper_;
  const CancelToken& cancel_;
  EntryWriter writer_;
  Upper::NewDirectory new_directory_;
  std::string destination_;
  Plan files_;
  Plan directories_;
};

}  // namespace

void copy_files(const CopyRequest& request, Upper& upper, const CancelToken& cancel) {
  CopyRun(request, upper, cancel).run();
}

}  // namespace cbuild::ops
