// The failure of a remote blob store that is worth another attempt.
#pragma once

#include "cbuild/util/error.h"

namespace cbuild::oci {

/// A failure that may well not happen again: a connection broke, a server was busy. Thrown by
/// remote stores for what they cannot repeat themselves, such as a long upload whose bytes are
/// gone; whoever has the bytes can call open() and create() again.
class TransientError : public Error {
 public:
  using Error::Error;
};

}  // namespace cbuild::oci
