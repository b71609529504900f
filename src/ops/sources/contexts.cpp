// Opens contexts and their digests; see contexts.h.
#include "src/ops/sources/contexts.h"

#include <utility>

#include "cbuild/store/kept_data.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fs.h"

namespace cbuild::ops {

OpenContext::OpenContext(const Context& from, store::KeptFile digests)
    : context_(from), root_(open_directory(from.directory)), digests_(std::move(digests)) {}

FileTree OpenContext::tree() const {
  return context_tree(duplicate(root_.get()), context_.ignore, context_.ignore_name);
}

FileTree OpenContext::tree_for(const graph::Copy& op) const {
  return op.unpack_archives ? unpacking(tree()) : tree();
}

FileTree OpenContext::reopened_tree() const {
  return context_tree(open_directory(context_.directory), context_.ignore, context_.ignore_name);
}

bool Contexts::has(const std::string& name) const {
  return known_.contains(name);
}

OpenContext& Contexts::open(const std::string& name) {
  const std::lock_guard lock(mutex_);
  if (const auto there = opened_.find(name); there != opened_.end()) return *there->second;
  const auto found = known_.find(name);
  if (found == known_.end()) {
    throw Error(ErrorKind::usage,
                "there is no build context (a Dockerfile from stdin alone has none)");
  }
  const std::string digests = oci::Digest::of(found->second.directory).hex();
  auto context = std::make_unique<OpenContext>(
      found->second, store_.kept().file({store::KeptKind::context_digests, digests}));
  return *opened_.emplace(name, std::move(context)).first->second;
}

void Contexts::save_digests() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, context] : opened_) {
    if (FileDigests* digests = context->remembered()) digests->save();
  }
}

}  // namespace cbuild::ops
