// Puts annotations on an image.
#pragma once

#include <vector>

namespace cbuild::oci {
class BlobStore;
struct Descriptor;
}  // namespace cbuild::oci

namespace cbuild::exporter {

struct Annotation;

/// Puts the annotations on `image` (manifest or index) and what is beneath it. The changed
/// documents are in `blobs` afterwards. @return the image as it is then; those of its descriptor
/// are on what is returned. @throws Error(usage) for annotations of an index where there is none.
oci::Descriptor annotate(oci::Descriptor image,
                         const std::vector<Annotation>& annotations,
                         oci::BlobStore& blobs);

}  // namespace cbuild::exporter
