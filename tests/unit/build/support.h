// What the tests of this module share.
#pragma once

#include "tests/unit/image/support.h"

namespace cbuild::build {

using image::RecordedProgress;
using image::World;

}  // namespace cbuild::build
