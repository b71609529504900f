// What the functions of templates have in common; see function_parts.h.
#include "src/cli/template/function_parts.h"

#include "cbuild/util/error.h"

namespace cbuild::cli::templates {

namespace {

const Value& argument(Arguments arguments, std::size_t index, Value::Kind kind, const char* name) {
  const Value& value = arguments[index];
  if (value.kind() == kind) return value;
  throw Error(ErrorKind::usage, "wrong type for value; expected {}; got {}", name,
              value.type_name());
}

}  // namespace

const std::string& text_argument(Arguments arguments, std::size_t index) {
  return argument(arguments, index, Value::Kind::text, "string").text();
}

std::int64_t integer_argument(Arguments arguments, std::size_t index) {
  return argument(arguments, index, Value::Kind::integer, "int").integer();
}

void append_bounded(std::string& text, std::string_view more) {
  if (more.size() > kMaxText - text.size()) {
    throw Error(ErrorKind::usage, "the text is longer than {} MiB", kMaxText >> 20);
  }
  text += more;
}

}  // namespace cbuild::cli::templates
