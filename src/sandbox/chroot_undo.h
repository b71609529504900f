// What must be undone in a root for chroot(2) even when the process that prepared it was killed.
#pragma once

#include <span>
#include <vector>

#include "src/sandbox/stream_pump.h"

namespace cbuild::sandbox {

/// Descriptors and names are borrowed.
struct ChrootUndo {
  int thing;             ///< what was put in place
  int parent;            ///< the directory where it was put
  const char* name;      ///< there
  int origin = -1;       ///< the directory that it was moved from; -1 = it was made for the step
  const char* original;  ///< the name there
  bool is_secret;
  int aside;            ///< the directory of `covered`
  const char* covered;  ///< what was at the place before; null = nothing
};

/// Moves what was borrowed back, and what was covered: it may be in a directory that was borrowed.
/// Empties the files with secrets. Best effort. For the child: neither throws nor allocates.
/// @pre all processes of the step have ended
void undo(std::span<const ChrootUndo> entries) noexcept;

/// Empties the file behind an O_PATH descriptor: no writer may keep it open, for it may be a
/// program that is executed. As undo(). False: errno says why.
bool empty_file(int file) noexcept;

/// Of a step that runs by chroot(2). Descriptors are borrowed.
struct ChrootLaunch {
  int root;     ///< the private copy
  int scopes;   ///< for confine_to(), of the init; -1 = the kernel has none
  int ruleset;  ///< likewise, of the process
  int parent_pid;
  PumpedStreams streams;  ///< /dev/stdout and /dev/stderr
  std::vector<ChrootUndo> undo;
  std::vector<int> kept;       ///< the descriptors that the init needs until the end, sorted
  std::size_t most_processes;  ///< reaching it ends a watched step
};

}  // namespace cbuild::sandbox
