// Makes a step the first to be killed when memory runs out.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::sandbox {

/// For this process and those that it starts. Best effort: the rest of the machine survives.
/// @param score  as in proc(5), oom_score_adj
inline void offer_to_oom_killer(const std::string& score) noexcept {
  const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  (void)!::write(file.get(), score.data(), score.size());
}

}  // namespace cbuild::sandbox
