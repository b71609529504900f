// `cbuild build --check`; see check_call.h.
#include "src/cli/check_call.h"

#include <vector>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/check.h"
#include "cbuild/build/request.h"
#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/diagnostic.h"
#include "src/cli/call_json.h"
#include "src/cli/findings_text.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

int run_check(const build::Request& request, store::Store* store, bool json, bool quiet) {
  const frontend::CheckResult result = build::check(request, store);
  if (json) {
    write_result(json_of(result, request.dockerfile_name));
  } else if (!quiet && (!result.error || !result.findings.empty())) {
    write_result(check_text(result.findings, request));
  }
  if (result.error) {
    throw build::BuildFailed(*result.error, request.dockerfile_name, request.dockerfile,
                             result.error->diagnostics());
  }
  const std::vector<graph::Diagnostic> violations = frontend::violations_among(result.findings);
  if (violations.empty()) return 0;
  if (!result.findings_are_errors) return 1;
  throw Error(ErrorKind::build, "{}", frontend::text_of(violations));
}

}  // namespace cbuild::cli
