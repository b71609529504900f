// The id of this boot; see boot_id.h.
#include "cbuild/util/boot_id.h"

#include "cbuild/util/fs.h"
#include "cbuild/util/text.h"

namespace cbuild {

std::string boot_id() {
  return std::string(trim(read_file_if_exists("/proc/sys/kernel/random/boot_id").value_or("")));
}

}  // namespace cbuild
