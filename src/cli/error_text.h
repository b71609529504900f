// Formats errors for the terminal.
#pragma once

#include <string>
#include <string_view>

namespace cbuild {
class Error;
}

namespace cbuild::cli {

/// The lines of the Dockerfile (`excerpt`, may be empty), the message and its hint, a line each.
/// Whatever a message quotes from images, registries or files stays within its line: no text can
/// pretend to be a hint of ours.
std::string error_text(const Error& error, std::string_view excerpt, bool color);

}  // namespace cbuild::cli
