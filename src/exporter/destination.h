// A file that an export goes to: written beside its place and renamed at the end, or standard
// output.
#pragma once

#include <functional>
#include <string>

namespace cbuild {
class Sink;
}

namespace cbuild::exporter {

/// Calls `write` with a sink for `destination` ("-" = standard output). When it throws, nothing is
/// left under the name.
void write_to(const std::string& destination, const std::function<void(Sink&)>& write);

/// Calls `make` with names beside `path` until it makes something new (false and EEXIST: taken).
/// @return the name. @throws SysError that names `path`
std::string make_beside(const std::string& path,
                        const std::function<bool(const std::string&)>& make);

}  // namespace cbuild::exporter
