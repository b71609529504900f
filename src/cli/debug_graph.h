// The graph of a Dockerfile, printed for programs.
#pragma once

#include <string>

namespace cbuild::frontend {
struct Lowered;
}

namespace cbuild::cli {

/// One object: vertices, root, layers, the image config as OCI has it, warnings.
std::string graph_json(const frontend::Lowered& lowered);

/// A drawing in the language of graphviz.
std::string graph_dot(const frontend::Lowered& lowered);

}  // namespace cbuild::cli
