// Where variables expand: see expansion.h.
#include "frontend/dockerfile/expansion.h"

#include <optional>

#include "cbuild/util/overloaded.h"
#include "frontend/dockerfile/expand.h"

namespace cbuild::frontend {

namespace {

using Words = std::vector<const ast::Word*>;

void add(Words& words, const std::optional<ast::Word>& word) {
  if (word) words.push_back(&*word);
}

void add_all(Words& words, const std::vector<ast::Word>& more) {
  for (const ast::Word& word : more)
    words.push_back(&word);
}

void add_pairs(Words& words, const std::vector<ast::KeyValue>& pairs) {
  for (const ast::KeyValue& pair : pairs) {
    words.push_back(&pair.key);
    words.push_back(&pair.value);
  }
}

void add_transfer(Words& words, const ast::Transfer& transfer) {
  add(words, transfer.chown);
  add(words, transfer.chmod);
  add_all(words, transfer.excludes);
  add_all(words, transfer.sources);
  words.push_back(&transfer.destination);
}

void add_mount(Words& words, const ast::RunMount& mount) {
  for (const auto* word : {&mount.type_word, &mount.source, &mount.target, &mount.id, &mount.env,
                           &mount.sharing, &mount.mode, &mount.uid, &mount.gid, &mount.size})
    add(words, *word);
}

const std::vector<ast::Heredoc>* heredocs_that_expand(const ast::Instruction& instruction) {
  if (const auto* copy = std::get_if<ast::Copy>(&instruction)) return &copy->transfer.heredocs;
  if (const auto* add = std::get_if<ast::Add>(&instruction)) return &add->transfer.heredocs;
  return nullptr;
}

}  // namespace

std::vector<const ast::Word*> words_that_expand(const ast::Instruction& instruction) {
  Words words;
  std::visit(overloaded{
                 [&](const ast::Run& run) {
                   for (const ast::RunMount& mount : run.mounts)
                     add_mount(words, mount);
                 },
                 [&](const ast::Copy& copy) { add_transfer(words, copy.transfer); },
                 [&](const ast::Add& one) {
                   add(words, one.checksum);
                   add_transfer(words, one.transfer);
                 },
                 [&](const ast::Env& env) { add_pairs(words, env.values); },
                 [&](const ast::Label& label) { add_pairs(words, label.values); },
                 [&](const ast::Arg& arg) {
                   for (const ast::ArgDeclaration& declaration : arg.declarations)
                     add(words, declaration.value);
                 },
                 [&](const ast::Workdir& workdir) { words.push_back(&workdir.path); },
                 [&](const ast::User& user) { words.push_back(&user.user); },
                 [&](const ast::Expose& expose) { add_all(words, expose.ports); },
                 [&](const ast::Volume& volume) { add_all(words, volume.paths); },
                 [&](const ast::Stopsignal& stopsignal) { words.push_back(&stopsignal.signal); },
                 [](const auto&) {},
             },
             instruction);
  return words;
}

void check_expansion(const ast::Instruction& instruction, char escape, Faults& faults) {
  // Every variable has a value here, so that ${v:?} and odd patterns in variables are no matter.
  const VariableLookup any = [](std::string_view) { return std::optional<std::string>("x"); };
  const ExpandOptions options{.escape = escape, .unset = nullptr};
  for (const ast::Word* word : words_that_expand(instruction)) {
    if (word->text.find_first_of("$'\"") == std::string::npos) continue;
    faults.collect([&] { expand_word(*word, any, options); });
  }
  if (const auto* heredocs = heredocs_that_expand(instruction)) {
    for (const ast::Heredoc& heredoc : *heredocs)
      faults.collect([&] { expand_heredoc(heredoc, any, options); });
  }
}

}  // namespace cbuild::frontend
