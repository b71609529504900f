// Which members of docker's documents are maps and lists.
#pragma once

namespace cbuild::cli {

struct DocumentShape;

/// Of the documents that inspect prints of containers, images, networks and volumes.
/// Source: docker's API 1.50.
const DocumentShape& inspect_shape();

}  // namespace cbuild::cli
