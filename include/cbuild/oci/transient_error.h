// The failure of a remote blob store that is worth another attempt.
#pragma once

#include "cbuild/util/error.h"

namespace cbuild::oci {

/// A failure that may not happen again: a connection broke, a server was busy. Remote stores throw
/// it for what they cannot repeat themselves, such as a long upload whose bytes are gone; a caller
/// that has the bytes can call open() and create() again.
class TransientError : public Error {
 public:
  using Error::Error;
};

}  // namespace cbuild::oci
