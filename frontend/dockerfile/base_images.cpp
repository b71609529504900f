// Resolves base images; see base_images.h.
#include "frontend/dockerfile/base_images.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

#include "cbuild/frontend/diagnostic.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/instruction.h"
#include "frontend/dockerfile/stages.h"

namespace cbuild::frontend {

const ResolvedImage& BaseImages::resolve(const Origin& origin,
                                         const oci::Platform& platform,
                                         const Stage& user,
                                         const ast::Word& from) {
  const auto* context = std::get_if<ContextOrigin>(&origin);
  const auto* image = std::get_if<ImageOrigin>(&origin);
  const std::string key =
      fmt::format("{} {} {}", context ? "context" : "image",
                  context ? context->name : image->reference.to_string(), platform.to_string());
  if (const auto found = resolved_.find(key); found != resolved_.end()) return found->second;
  try {
    ResolvedImage result = context ? resolver_->resolve_context(context->name, platform)
                                   : resolver_->resolve(image->reference, platform);
    return resolved_.emplace(key, std::move(result)).first->second;
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& cause) {
    ResolveError error(from.range, cause);
    const bool is_plain = from.text.find_first_of("/:@.") == std::string::npos;
    if (image != nullptr && is_plain && from.range.line != user.from->image.range.line) {
      error.prepend(fmt::format("there is no stage {}, so cbuild looked for an image of that name",
                                printable(from.text)));
    }
    std::vector<std::string> names;
    for (const Stage& stage : stages_.all) {
      if (stage.index < user.index && !stage.name.empty()) names.push_back(stage.name);
      if (stage.index > user.index && equals_ignoring_case(stage.name, from.text)) {
        error.with_hint(fmt::format(
            "the stage {} is defined later: FROM can only name an earlier stage", stage.name));
      }
    }
    const auto near = nearest(from.text, names);
    if (near && error.hint().empty())
      error.with_hint(fmt::format("did you mean the stage {}?", *near));
    throw error;
  }
}

}  // namespace cbuild::frontend
