// Reads and rewrites recorded text: see golden.h.
#include "tests/support/golden.h"

#include <fcntl.h>

#include <cstdlib>
#include <string_view>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fs.h"

namespace cbuild::test {

std::vector<std::string> cases(const std::string& folder) {
  const char* testdata = std::getenv("CBUILD_TESTDATA");
  if (!testdata) throw Error("CBUILD_TESTDATA is not set (want the path of testdata/)");
  const std::string root = std::string(testdata) + "/" + folder;
  std::vector<std::string> paths;
  for (const DirectoryEntry& entry : list_directory(open_directory(root).get()))
    paths.push_back(root + "/" + entry.name);
  return paths;
}

std::string golden(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("CBUILD_UPDATE_GOLDEN");
  if (update && std::string_view(update) == "1") write_file_atomically(path, actual);
  return read_file_if_exists(path).value_or("");
}

}  // namespace cbuild::test
