// Reads blobs of a repository, with resumption.
#pragma once

#include <cstdint>
#include <memory>

namespace cbuild {
class Source;
}

namespace cbuild::registry {

struct Access;
struct Call;
class Client;

/// The blob of `size` bytes that `call` requests. When the connection is cut, reading goes on where
/// it was. @throws Error(network), Interrupted, as does reading
std::unique_ptr<Source> open_blob(std::shared_ptr<Client> client,
                                  std::shared_ptr<Access> access,
                                  Call call,
                                  std::uint64_t size);

}  // namespace cbuild::registry
