// Describes a program to execute: arguments, user, directory, streams.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace cbuild::sandbox {

/// Given descriptors, borrowed until start() returns; -1 = /dev/null. One may be given for several.
struct Descriptors {
  int in = -1;
  int out = -1;
  int err = -1;
};

/// A new pseudo-terminal of the sandbox's own /dev/pts, owned by the user of the process: its
/// controlling terminal and all three streams. The master is Process::terminal().
struct Terminal {
  std::uint16_t rows = 0;  ///< size at the start; 0 = unknown to the process
  std::uint16_t columns = 0;
};

using Streams = std::variant<Descriptors, Terminal>;

/// The event that kills a process which does not end by itself.
enum class Lifetime {
  thread,  ///< it is killed when the thread that called start() exits (PR_SET_PDEATHSIG), and by
           ///< ~Process
  waiting_thread,  ///< likewise, for a thread that stays until the process has ended: start() need
                   ///< not wait until PR_SET_PDEATHSIG is set, which costs a context switch
  own              ///< none: it survives its Process and the caller
};

/// A program without an init of ours before it can end the first two by itself: the kernel forgets
/// PR_SET_PDEATHSIG when the program changes its user or executes a set-user-ID program. Who needs
/// to be sure is the first process of a pid namespace around.
struct Command {
  std::vector<std::string> argv;  ///< argv[0] is looked up in the PATH of `env`, inside
  std::vector<std::string> env;   ///< K=V; nothing else is passed on
  std::string cwd = "/";  ///< resolved inside; start() makes it, for root, when it is missing
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  ///< supplementary
  Streams streams = Descriptors{};
  Lifetime lifetime = Lifetime::thread;
};

}  // namespace cbuild::sandbox
