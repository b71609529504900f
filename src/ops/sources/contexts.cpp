// Opens contexts and their digests; see contexts.h.
#include "src/ops/sources/contexts.h"

#include <utility>

#include "cbuild/graph/op.h"
#include "cbuild/ops/context.h"
#include "cbuild/store/kept_data.h"
#include "cbuild/store/kept_file.h"
#include "cbuild/store/store.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"
#include "src/ops/file_digests.h"
#include "src/ops/file_tree.h"

namespace cbuild::ops {

OpenContext::OpenContext(const Context& from, FileDigests& digests)
    : context_(from),
      root_(std::make_unique<const Fd>(open_directory(from.directory))),
      digests_(digests) {}

OpenContext::~OpenContext() = default;

FileDigests* OpenContext::remembered() noexcept {
  return context_.temporary ? nullptr : &digests_;
}

FileTree OpenContext::tree() const {
  return context_tree(duplicate(root_->get()), context_.ignore, context_.ignore_name);
}

FileTree OpenContext::tree_for(const graph::Copy& op) const {
  return op.unpack_archives ? unpacking(tree()) : tree();
}

FileTree OpenContext::reopened_tree() const {
  return context_tree(open_directory(context_.directory), context_.ignore, context_.ignore_name);
}

Contexts::Contexts(const std::map<std::string, Context>& known, store::Store& store)
    : known_(known), store_(store) {}

Contexts::~Contexts() = default;

bool Contexts::has(const graph::ContextSource& source) const {
  return known_.contains(source.identity);
}

OpenContext& Contexts::open(const graph::ContextSource& source) {
  const std::lock_guard lock(mutex_);
  const auto there = opened_.find(source.identity);
  if (there != opened_.end()) return *there->second;
  const auto found = known_.find(source.identity);
  if (found == known_.end()) {
    throw Error(ErrorKind::usage,
                "there is no build context (a Dockerfile from stdin alone has none)");
  }
  const std::string name = oci::Digest::of(found->second.directory).hex();
  std::unique_ptr<FileDigests>& digests = digests_[name];
  if (!digests) {
    digests =
        std::make_unique<FileDigests>(store_.kept().file({store::KeptKind::context_digests, name}));
  }
  auto context = std::make_unique<OpenContext>(found->second, *digests);
  return *opened_.emplace(source.identity, std::move(context)).first->second;
}

void Contexts::save_digests() {
  const std::lock_guard lock(mutex_);
  for (auto& [name, digests] : digests_)
    digests->save();
}

}  // namespace cbuild::ops
