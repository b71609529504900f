// Failures of the network and of TLS.
#pragma once

#include "cbuild/oci/transient_error.h"
#include "cbuild/util/error.h"

namespace cbuild::registry {

/// The network failed; the same request may succeed next time.
class ConnectionError : public oci::TransientError {
 public:
  enum class Stage { resolve, connect, transfer };

  template <typename... Args>
  explicit ConnectionError(Stage stage, fmt::format_string<Args...> format, Args&&... args)
      : TransientError(ErrorKind::network, format, std::forward<Args>(args)...), stage_(stage) {}

  Stage stage() const noexcept { return stage_; }

 private:
  Stage stage_;
};

/// A TLS connection could not be made.
class TlsError : public Error {
 public:
  enum class Reason {
    handshake,    ///< perhaps the other side does not speak TLS
    certificate,  ///< its certificate, or ours, is not good
  };

  template <typename... Args>
  explicit TlsError(Reason reason, fmt::format_string<Args...> format, Args&&... args)
      : Error(ErrorKind::network, format, std::forward<Args>(args)...), reason_(reason) {}

  Reason reason() const noexcept { return reason_; }

 private:
  Reason reason_;
};

}  // namespace cbuild::registry
