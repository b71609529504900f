// Parts: a word, then NAME=VALUE. The first byte of the word says which escape character counts.
#include <map>

#include "cbuild/frontend/describe.h"
#include "cbuild/frontend/diagnostic.h"
#include "tests/fuzz/parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbuild;
  if (size == 0) return 0;
  const char escape = data[0] % 2 == 0 ? '\\' : '`';
  const std::vector<std::string> parts = fuzz::parts_of(data + 1, size - 1);
  std::map<std::string, std::string> variables;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto equals = parts[i].find('=');
    if (equals != std::string::npos)
      variables[parts[i].substr(0, equals)] = parts[i].substr(equals + 1);
  }
  try {
    frontend::expand(parts[0], variables, escape);
    frontend::expand_to_words(parts[0], variables, escape);
  } catch (const Error&) {
  }
  return 0;
}
