// What identifies an operation: see op.h.
#include "cbuild/graph/op.h"

#include <string_view>

#include "cbuild/util/key_hasher.h"
#include "cbuild/util/overloaded.h"

namespace cbuild::graph {

namespace {

void add_all(KeyHasher& key, std::string_view tag, const std::vector<std::string>& values) {
  for (const std::string& value : values)
    key.add(tag, value);
}

void add_flag(KeyHasher& key, std::string_view tag, bool value) {
  key.add(tag, std::uint64_t{value ? 1U : 0U});
}

template <typename Enum>
void add_enum(KeyHasher& key, std::string_view tag, Enum value) {
  key.add(tag, static_cast<std::uint64_t>(value));
}

void add_mount(KeyHasher& key, const ExecMount& mount) {
  add_enum(key, "mount", mount.type);  // also marks where one mount ends and the next begins
  key.add("mount.input", static_cast<std::uint64_t>(static_cast<std::int64_t>(mount.input)));
  key.add("mount.source", mount.source);
  key.add("mount.target", mount.target);
  key.add("mount.id", mount.id);
  add_flag(key, "mount.read_only", mount.read_only);
  add_enum(key, "mount.sharing", mount.sharing);
  if (mount.mode) key.add("mount.mode", std::uint64_t{*mount.mode});
  if (mount.uid) key.add("mount.uid", std::uint64_t{*mount.uid});
  if (mount.gid) key.add("mount.gid", std::uint64_t{*mount.gid});
  key.add("mount.size", mount.size);
  add_flag(key, "mount.required", mount.required);
  key.add("mount.env", mount.env);
}

void add_op(KeyHasher& key, const Exec& op) {
  key.add("op", "exec");
  add_all(key, "exec.argv", op.argv);
  key.add("exec.env", op.env.key());
  key.add("exec.cwd", op.cwd);
  key.add("exec.user", op.user);
  add_enum(key, "exec.network", op.network);
  key.add("exec.hostname", op.hostname);
  for (const ExecMount& mount : op.mounts)
    add_mount(key, mount);
  key.add("exec.script_path", op.script_path);
  key.add("exec.script", op.script);
}

void add_op(KeyHasher& key, const Copy& op) {
  key.add("op", "copy");
  add_all(key, "copy.source", op.sources);
  for (const std::size_t input : op.source_inputs)
    key.add("copy.source_input", std::uint64_t{input});
  for (const InlineFile& file : op.inline_files) {
    key.add("copy.inline.name", file.name);
    key.add("copy.inline.content", file.content);
  }
  key.add("copy.destination", op.destination);
  key.add("copy.owner", op.owner);
  key.add("copy.mode", op.mode);
  add_flag(key, "copy.unpack_archives", op.unpack_archives);
  add_flag(key, "copy.unpack_downloads", op.unpack_downloads);
  add_flag(key, "copy.parents", op.parents);
  add_flag(key, "copy.link", op.link);
  add_all(key, "copy.exclude", op.excludes);
  add_flag(key, "copy.from_context", op.from_context);
}

}  // namespace

bool is_source(const Op& op) {
  return std::visit(overloaded{
                        [](const ImageSource&) { return true; },
                        [](const ContextSource&) { return true; },
                        [](const HttpSource&) { return true; },
                        [](const GitSource&) { return true; },
                        [](const Exec&) { return false; },
                        [](const Copy&) { return false; },
                        [](const MakeDirectory&) { return false; },
                        [](const Rebase&) { return false; },
                    },
                    op);
}

bool is_free(const Op& op) {
  return std::holds_alternative<Rebase>(op);
}

bool takes_loans(const Op& op) {
  return std::visit(overloaded{
                        [](const ImageSource&) { return false; },
                        [](const ContextSource&) { return false; },
                        [](const HttpSource&) { return true; },
                        [](const GitSource&) { return true; },
                        [](const Exec&) { return true; },
                        [](const Copy&) { return false; },
                        [](const MakeDirectory&) { return false; },
                        [](const Rebase&) { return false; },
                    },
                    op);
}

oci::Digest key_of(const Op& op) {
  KeyHasher key;
  std::visit(overloaded{
                 [&](const ImageSource& source) {
                   // The layers alone: a mirror's copy of an image, or the same image under another
                   // tag, is the same root file system.
                   key.add("op", "image");
                   for (const oci::Digest& layer : source.diff_ids)
                     key.add("image.layer", layer.sum());
                 },
                 [&](const ContextSource& source) {
                   key.add("op", "context").add("context.name", source.name);
                 },
                 [&](const HttpSource& source) {
                   key.add("op", "http").add("http.url", source.url);
                   if (source.checksum) key.add("http.checksum", source.checksum->sum());
                 },
                 [&](const GitSource& source) {
                   key.add("op", "git").add("git.url", source.url).add("git.ref", source.ref);
                   key.add("git.subdirectory", source.subdirectory);
                   key.add("git.checksum", source.checksum);
                   add_flag(key, "git.keep_git_directory", source.keep_git_directory);
                   add_flag(key, "git.submodules", source.submodules);
                   add_flag(key, "git.fetch_by_commit", source.fetch_by_commit);
                 },
                 [&](const Exec& exec) { add_op(key, exec); },
                 [&](const Copy& copy) { add_op(key, copy); },
                 [&](const MakeDirectory& make) {
                   key.add("op", "mkdir").add("mkdir.path", make.path);
                   key.add("mkdir.user", make.user);
                 },
                 [&](const Rebase&) { key.add("op", "rebase"); },
             },
             op);
  return oci::Digest(key.finish());
}

}  // namespace cbuild::graph
