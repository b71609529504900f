// Decides what a program is connected to.
#pragma once

#include <functional>
#include <optional>

#include "cbuild/network/endpoint.h"

namespace cbuild::network {

/// (guest, asked) -> what the program at the address `guest`, which asks for `asked`, is connected
/// to on the host's side; absent when it must not reach it. Does not throw.
using FindTarget =
    std::function<std::optional<Endpoint>(const Endpoint& guest, const Endpoint& asked)>;

}  // namespace cbuild::network
