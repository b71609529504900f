// A lowered Dockerfile as text, for people and for recorded results.
#pragma once

#include <string>

#include "cbuild/frontend/dockerfile.h"

namespace cbuild::test {

/// The graph, the config and the history. Fields with their default value are left out, and so are
/// the digests of vertices: how they are hashed is no business of a recorded result.
std::string to_text(const frontend::Lowered& lowered);

}  // namespace cbuild::test
