// The error of a build whose Dockerfile is to blame.
#pragma once

#include <string>
#include <utility>

#include "cbuild/util/error.h"

namespace cbuild::build {

/// A step of the Dockerfile, or the Dockerfile itself, failed; with the lines to show.
class BuildFailed : public Error {
 public:
  BuildFailed(const Error& cause, std::string excerpt)
      : Error(cause), excerpt_(std::move(excerpt)) {}

  /// Lines of the Dockerfile with marks under what is wrong.
  const std::string& excerpt() const noexcept { return excerpt_; }

 private:
  std::string excerpt_;
};

}  // namespace cbuild::build
