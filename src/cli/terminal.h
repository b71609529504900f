// The streams of the process: results on stdout, messages on stderr, properties of the terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/cli/environment.h"

namespace cbuild {
class Fd;
}

namespace cbuild::cli {

struct ScreenSize;

/// Writes a result. @throws Error(machine) when not all of it can be written (full, closed).
void write_result(std::string_view text);

/// Standard input, to be read by something that closes it. @throws SysError
Fd duplicate_of_stdin();

/// For messages: what cannot be written is lost.
void write_to_stderr(std::string_view text);

/// "cbuild: warning: TEXT" on stderr.
void warn(std::string_view text);

/// A terminal that understands cursor movements (not TERM=dumb).
bool is_smart_terminal(int fd, const std::optional<std::string>& term);
ScreenSize stderr_size();
bool is_utf8_locale(const EnvironmentLookup& environment);

/// Seconds of the monotonic clock.
double monotonic_seconds();

/// Seconds since 1970.
std::int64_t wall_clock_seconds();

/// The absolute path of the current directory. @throws SysError
std::string current_directory();

}  // namespace cbuild::cli
