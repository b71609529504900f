// Status and headers of a response.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbuild::registry {

struct Header {
  std::string name;
  std::string value;
};

struct HttpResponse {
  int status = 0;
  std::vector<Header> headers;

  /// The first header of that name, without blanks around it; nullopt when there is none.
  std::optional<std::string> header(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
};

}  // namespace cbuild::registry
