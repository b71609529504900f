// Templates of --format; see template.h.
#include "src/cli/template.h"

#include "src/cli/template/evaluator.h"
#include "src/cli/template/parser.h"

namespace cbuild::cli {

struct Template::Parsed {
  std::string source;
  std::vector<templates::Node> nodes;
};

Template Template::parse(std::string_view text, Escapes escapes) {
  const auto how =
      escapes == Escapes::replaced ? templates::Escapes::replaced : templates::Escapes::kept;
  return Template(std::make_shared<const Parsed>(
      Parsed{std::string(text), templates::parse_template(text, how)}));
}

std::string Template::render(const Value& data) const {
  return templates::Evaluator(parsed_->source, templates::Mode::values).run(parsed_->nodes, data);
}

std::string Template::render_headings(const Value& headings) const {
  return templates::Evaluator(parsed_->source, templates::Mode::headings)
      .run(parsed_->nodes, headings);
}

}  // namespace cbuild::cli
