// Where the files come from that a graph asks for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cbuild/build/context.h"
#include "cbuild/build/request.h"
#include "cbuild/graph/graph.h"
#include "cbuild/image/services.h"
#include "cbuild/ops/context.h"

namespace cbuild::build {

using LoadedContexts = std::vector<LoadedContext>;

/// The contexts that `graph` takes files from, by name. URLs among them are loaded, and kept in
/// `loaded`. @throws Error naming the context; BuildFailed for the lines of an ill-formed ignore
/// file
std::map<std::string, ops::Context> contexts_of(const Request& request,
                                                const graph::Graph& graph,
                                                const image::Services& services,
                                                LoadedContexts& loaded);

}  // namespace cbuild::build
