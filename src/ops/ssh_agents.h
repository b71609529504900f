// The ssh agents for steps: the caller's own, and those started for key files.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cbuild/util/fd.h"

namespace cbuild::store {
class Store;
}

namespace cbuild {
class CancelToken;
}

namespace cbuild::ops {

struct SshSource;

/// Thread-safe. The destructor ends the agents that were started; when this process is killed, they
/// end within seconds.
class SshAgents {
 public:
  SshAgents(const std::map<std::string, SshSource>& sources,
            store::Store& store,
            const CancelToken& cancel);
  SshAgents(const SshAgents&) = delete;
  SshAgents& operator=(const SshAgents&) = delete;
  ~SshAgents();

  /// The socket (O_PATH) of the agent `id`, which is started now when it is one of keys; null when
  /// the caller gave no agent of that name. Valid as long as this object. @throws Error
  const Fd* find(const std::string& id);

 private:
  class OwnAgent;
  Fd open(const std::string& id, const SshSource& source);

  const std::map<std::string, SshSource>& sources_;
  store::Store& store_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::map<std::string, Fd> sockets_;
  std::list<std::unique_ptr<OwnAgent>> own_;
};

}  // namespace cbuild::ops
