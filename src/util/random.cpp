// getrandom(2); see random.h.
#include "cbuild/util/random.h"

#include <sys/random.h>
#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/sha256.h"

namespace cbuild {

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> random(bytes);
  if (::getrandom(random.data(), bytes, 0) != static_cast<ssize_t>(bytes)) {
    throw SysError("get random bytes");
  }
  return to_hex(random);
}

}  // namespace cbuild
