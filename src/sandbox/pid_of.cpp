// Reads the fdinfo of a pidfd; see pid_of.h.
#include "src/sandbox/pid_of.h"

#include <string>
#include <string_view>

#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild::sandbox {

pid_t pid_of(int pidfd) {
  constexpr std::string_view kKey = "Pid:";  // -1 when it has ended
  for (const std::string& line :
       split(read_file("/proc/self/fdinfo/" + std::to_string(pidfd)), '\n')) {
    if (!line.starts_with(kKey)) continue;
    return static_cast<pid_t>(parse_uint(trim(line.substr(kKey.size()))).value_or(0));
  }
  return 0;
}

}  // namespace cbuild::sandbox
