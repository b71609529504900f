// Results as text; see result.h.
#include "cbuild/solver/result.h"

#include "cbuild/util/overloaded.h"

namespace cbuild::solver {

std::string to_text(const Result& result) {
  return std::visit(overloaded{
                        [](const RootFileSystem& root) {
                          return root.chain ? root.chain->to_string() : std::string();
                        },
                        [](const ContextTree& context) { return "context:" + context.name; },
                        [](const Download& file) {
                          return "download:" + file.content.to_string() + ":" + file.name;
                        },
                        [](const Commit& commit) {
                          return "commit:" + commit.id +
                                 (commit.recorded ? " " + *commit.recorded : "");
                        },
                    },
                    result);
}

}  // namespace cbuild::solver
