// What a run of git needs, for tests that start none.
#pragma once

#include "cbuild/ops/run_settings.h"
#include "cbuild/registry/options.h"
#include "cbuild/registry/registry.h"
#include "cbuild/store/store.h"
#include "cbuild/util/cancel.h"
#include "src/ops/ssh_agents.h"
#include "tests/unit/ops/support.h"

namespace cbuild::ops {

struct GitFixture {
  TempTree tree;
  store::Store store{tree.at("store")};
  RunSettings lent;
  CancelToken cancel;
  SshAgents agents{lent.ssh, store, cancel};
  registry::Registry registry{{}, cancel};
};

}  // namespace cbuild::ops
