// A sink that compresses.
#pragma once

#include "cbuild/util/io.h"

namespace cbuild::layer {

/// Compresses what is written to it into another sink. finish() must be called once, after the last
/// byte.
class Compressor : public Sink {
 public:
  virtual void finish() = 0;
};

}  // namespace cbuild::layer
