// The build context for the rules that ask about it.
#pragma once

#include <cstddef>
#include <memory>

namespace cbuild::frontend {
class ContextFiles;
}

namespace cbuild::build {

struct Request;

/// The context directory of `request`, which is looked at when asked about, never outside it. What
/// cannot be looked at is not there; without context directory nothing is.
/// @param max_entries  files that are looked at for sizes, in all: a build must not wait for them
/// @throws BuildFailed for an ill-formed ignore file
std::unique_ptr<const frontend::ContextFiles> context_files(const Request& request,
                                                            std::size_t max_entries);

}  // namespace cbuild::build
