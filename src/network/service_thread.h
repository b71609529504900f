// What the threads and processes that serve networks have in common.
#pragma once

#include <functional>
#include <thread>

namespace cbuild::network {

/// A thread that gets no signals: they are for the others.
std::thread start_service_thread(std::function<void()> action);

/// Raises the soft limit of descriptors, for each connection needs two, and two more while bytes
/// are on their way. Best effort.
void allow_many_descriptors() noexcept;

}  // namespace cbuild::network
