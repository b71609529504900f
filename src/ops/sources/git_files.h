// Finishes the files of a checked-out commit.
#pragma once

#include <time.h>

namespace cbuild {
class Fd;
}

namespace cbuild::ops {

/// Sets modes and times of everything beneath `directory`, which no other process knows yet.
void make_uniform(const Fd& directory, const timespec& time);

/// Removes every ".git" of a working tree, those of submodules too.
void remove_git_directories(const Fd& directory);

}  // namespace cbuild::ops
