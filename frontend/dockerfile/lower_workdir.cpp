// Lowers WORKDIR.
#include <fmt/core.h>
#include <linux/limits.h>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/oci/image_config.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stage_lowering.h"
#include "frontend/dockerfile/step.h"

namespace cbuild::frontend {

void ast::Workdir::lower(StageLowering& stage) const {
  const std::string word = stage.expand(path);
  const std::string full = stage.absolute(word, false);
  // docker and buildah clean only what they join: an absolute path is recorded as it was written.
  const std::string& shown = word.starts_with('/') ? word : full;
  stage.spend(full.size(), stage.place_of(path));
  if (full.size() >= PATH_MAX) {  // each relative one makes it longer
    throw DockerfileError(path.range,
                          fmt::format("WORKDIR gives a path of {} bytes (at most {} are allowed)",
                                      full.size(), PATH_MAX - 1));
  }
  stage.config().working_dir = shown;
  const std::string text = "WORKDIR " + shown;
  if (full == "/") return stage.add_history(text);
  stage.add({.op = graph::MakeDirectory{full, stage.config().user},
             .label = text,
             .created_by = text,
             .words = {stage.user()}});
}

}  // namespace cbuild::frontend
