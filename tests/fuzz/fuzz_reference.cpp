// The name of an image, a platform, a digest. A reference that was read is written, and read again
// the same.
#include <cstdlib>

#include "cbuild/oci/digest.h"
#include "cbuild/oci/platform.h"
#include "cbuild/oci/reference.h"
#include "cbuild/util/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbuild;
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto reference = oci::Reference::try_parse(text)) {
    if (oci::Reference::parse(reference->to_string()) != *reference) std::abort();
    if (oci::Reference::parse(reference->familiar()) != *reference) std::abort();
  }
  try {
    oci::Platform::parse(text);
  } catch (const Error&) {
  }
  oci::Digest::try_parse(text);
  return 0;
}
