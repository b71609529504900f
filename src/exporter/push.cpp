// Pushes under each name; see push.h.
#include "src/exporter/push.h"

#include "cbuild/exporter/output.h"
#include "cbuild/exporter/services.h"
#include "cbuild/oci/descriptor.h"
#include "cbuild/oci/reference.h"
#include "cbuild/registry/registry.h"
#include "cbuild/registry/repository.h"
#include "cbuild/util/error.h"
#include "cbuild/util/progress.h"
#include "src/exporter/encode.h"
#include "src/exporter/transfer.h"

namespace cbuild::exporter {

namespace {

oci::Descriptor push_as(const oci::Reference& name,
                        const oci::Descriptor& image,
                        const Output& output,
                        const Progress::Step& step,
                        const ExportServices& services) {
  const auto repository = services.registry.repository(name);
  const oci::Descriptor encoded =
      encode_for(output, image, layer::Compression::gzip, repository.get(), services);
  transfer(encoded, *repository, step, services);
  if (!name.tag.empty() && !output.push_by_digest) repository->tag(encoded, name.tag);
  return encoded;
}

}  // namespace

oci::Descriptor push(const oci::Descriptor& image,
                     const Output& output,
                     const ExportServices& services) {
  if (output.names.empty()) {
    throw Error(ErrorKind::usage, "cannot push the image: it has no name")
        .with_hint("give it one with --tag");
  }
  oci::Descriptor pushed;
  for (const oci::Reference& name : output.names) {
    pushed = with_step(services.progress, "pushing " + name.familiar(), [&](Progress::Step step) {
      return with_context("push " + name.familiar(),
                          [&] { return push_as(name, image, output, step, services); });
    });
    if (services.on_pushed) services.on_pushed(name, pushed);
  }
  return pushed;
}

}  // namespace cbuild::exporter
