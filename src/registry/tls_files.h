// Certificates for TLS.
#pragma once

#include <string>

namespace cbuild::registry {

/// The TLS files for one host, beside the certificate authorities of the system.
struct TlsFiles {
  std::string authorities;  ///< PEM text of further authorities
  std::string certificate;  ///< path of our certificate (PEM); empty = none
  std::string key;          ///< path of its key
};

}  // namespace cbuild::registry
