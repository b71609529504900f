// What a vertex of the build graph does, as data.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cbuild/graph/environment.h"
#include "cbuild/graph/exec_mount.h"
#include "cbuild/graph/network.h"
#include "cbuild/oci/digest.h"
#include "cbuild/oci/reference.h"

namespace cbuild::graph {

/// Layers of an image. No inputs. `diff_ids` come from its config: the identity is known before a
/// layer is fetched.
struct ImageSource {
  oci::Reference reference;
  oci::Digest manifest;  ///< of one platform
  std::vector<oci::Digest> diff_ids;
};

/// Files of the user: the build context or a --build-context directory. No inputs.
struct ContextSource {
  std::string name;      ///< "context" or the NAME given, for messages
  std::string identity;  ///< equal = the same files; see ops::WorkerOptions::contexts
};

/// A file fetched by http(s). No inputs. A tree that holds one file, of mode 0600.
struct HttpSource {
  std::string url;
  std::optional<oci::Digest> checksum;
};

/// The files of a commit of a git repository. No inputs. See parse_git_source().
struct GitSource {
  std::string url;           ///< of the repository alone
  std::string ref;           ///< branch, tag, commit (abbreviated too); empty = the default branch
  std::string subdirectory;  ///< relative and clean; empty = all
  std::string checksum;      ///< beginning of the commit's id that is wanted; empty = any
  bool keep_git_directory = false;
  bool submodules = true;
  bool fetch_by_commit = false;  ///< the checksum is the commit; nobody is asked what the ref names
};

/// RUN. Input 0: the root file system (absent = empty: fails at run time). Further inputs: mounts.
struct Exec {
  std::vector<std::string> argv;
  Environment env;  ///< ENV and the ARGs in force; HOME and PATH are filled in when run
  /// Proxy settings: passed to the process, part of no key.
  std::vector<std::string> unkeyed_env;
  std::string cwd = "/";
  std::string user;  ///< as in USER; empty = root
  Network network = Network::build;
  std::string hostname;  ///< empty = the usual one
  std::vector<ExecMount> mounts;
  /// Script of `RUN <<EOF` with "#!": bound to this path inside and removed. Empty = none.
  std::string script_path;
  std::string script;
};

/// A small file made from a heredoc.
struct InlineFile {
  std::string name;
  std::string content;
};

/// COPY and ADD. Input 0: the root file system it changes (kNoInput = scratch, and for `link`,
/// whose layer a Rebase puts upon the root file system of the stage). Further inputs: where the
/// sources are (absent when all are inline).
struct Copy {
  std::vector<std::string> sources;  ///< as written, expanded; relative to the root of their input
  /// For each source, the number of its input. Empty = 1 for all.
  std::vector<std::size_t> source_inputs;
  std::vector<InlineFile> inline_files;
  std::string destination;  ///< absolute; a trailing '/' is kept and means "directory"
  std::string
      owner;  ///< --chown as written; empty = 0:0 for contexts, the source's for root file systems
  std::string mode;                   ///< --chmod as written; empty = the source's
  bool unpack_archives = false;       ///< ADD: local archives become their contents
  bool unpack_downloads = false;      ///< ADD --unpack: those of HttpSources too
  bool parents = false;               ///< --parents
  bool link = false;                  ///< --link: independent of what lies below
  std::vector<std::string> excludes;  ///< --exclude
  bool from_context = true;  ///< the sources are no root file system: their owners do not count

  std::size_t input_of(std::size_t source) const {
    return source_inputs.empty() ? 1 : source_inputs[source];
  }
};

/// WORKDIR. Input 0: the root file system. Makes the directory and its parents where missing.
struct MakeDirectory {
  std::string path;  ///< absolute, clean
  std::string user;  ///< owner of what is made; as in USER; empty = root
};

/// COPY --link: puts the single layer of input 1 on top of the root file system of input 0. Neither
/// is read, so another base lets the copy hit the cache.
struct Rebase {};

using Op = std::
    variant<ImageSource, ContextSource, HttpSource, GitSource, Exec, Copy, MakeDirectory, Rebase>;

/// A source has no inputs, and its identity is not looked up in the cache.
bool is_source(const Op& op);

/// Costs nothing: done as soon as its inputs are known, neither remembered nor shown.
bool is_free(const Op& op);

/// Whether the op is executed with ops::RunSettings of its request: secrets, agents, hosts.
bool takes_loans(const Op& op);

/// Digest of all that decides the outcome of `op`, besides its inputs. Proxy settings are no part
/// of it, nor is where a context is: of its files, the content counts.
oci::Digest key_of(const Op& op);

}  // namespace cbuild::graph
