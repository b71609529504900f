// Looks headers up; see http_response.h.
#include "src/registry/http_response.h"

#include "cbuild/util/text.h"

namespace cbuild::registry {

std::optional<std::string> HttpResponse::header(std::string_view name) const {
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::vector<std::string> HttpResponse::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const Header& header : headers) {
    if (equals_ignoring_case(header.name, name)) values.push_back(header.value);
  }
  return values;
}

}  // namespace cbuild::registry
