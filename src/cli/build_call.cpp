// `cbuild build --call`; see build_call.h.
#include "src/cli/build_call.h"

#include <fmt/core.h>

#include <string>
#include <vector>

#include "cbuild/build/check.h"
#include "cbuild/frontend/outline.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "src/cli/build_flags.h"
#include "src/cli/call_json.h"
#include "src/cli/check_call.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

using frontend::Outline;
using frontend::TargetInfo;

BuildCall::Method read_method(const std::string& name) {
  using Method = BuildCall::Method;
  if (name == "build") return Method::build;
  if (name == "check" || name == "lint") return Method::check;
  if (name == "outline") return Method::outline;
  if (name == "targets") return Method::targets;
  throw Error(ErrorKind::usage, "--call {}: unknown method (want build, check, outline or targets)",
              printable(name));
}

bool read_format(const std::string& format) {
  if (format == "json") return true;
  if (format == "table" || format == "text") return false;
  throw Error(ErrorKind::usage, "--call: unknown format '{}' (want table or json)",
              printable(format));
}

/// As docker shows it.
std::string table_of(const Outline& outline) {
  std::vector<std::string> parts;
  Table head({"TARGET:", outline.name.empty() ? "(default)" : outline.name});
  if (!outline.description.empty()) head.add({"DESCRIPTION:", outline.description});
  parts.push_back(head.to_text());
  if (!outline.arguments.empty()) {
    Table table({"BUILD ARG", "VALUE", "DESCRIPTION"});
    for (const Outline::Argument& argument : outline.arguments)
      table.add({argument.name, argument.value.value_or(""), argument.description});
    parts.push_back(table.to_text());
  }
  const auto add_credentials = [&](const char* title, const auto& all) {
    if (all.empty()) return;
    Table table({title, "REQUIRED"});
    for (const Outline::Credential& one : all)
      table.add({one.id, one.required ? "true" : ""});
    parts.push_back(table.to_text());
  };
  add_credentials("SECRET", outline.secrets);
  add_credentials("SSH", outline.ssh);
  if (!outline.caches.empty()) {
    Table table({"CACHE ID"});
    for (const Outline::Cache& cache : outline.caches)
      table.add({cache.id});
    parts.push_back(table.to_text());
  }
  return join(parts, "\n");
}

std::string table_of(const std::vector<TargetInfo>& targets) {
  Table table({"TARGET", "DESCRIPTION"});
  for (const TargetInfo& target : targets) {
    std::string name = target.name;
    if (name.empty() && !target.is_default) continue;  // nothing that could be asked for
    if (target.is_default) name += name.empty() ? "(default)" : " (default)";
    table.add({name, target.description});
  }
  return table.to_text();
}

/// buildah's --format says what kind of image is made.
void check_image_format(const std::string& format) {
  if (format.empty() || format == "oci") return;
  Error error(ErrorKind::usage, "--format {} needs --call or --check", printable(format));
  error.with_hint("for docker's media types use --output type=image,oci-mediatypes=false");
  throw error;
}

}  // namespace

BuildCall read_call(const BuildOptions& options) {
  BuildCall call;
  const std::vector<std::string> parts = split(options.call, ',');
  call.method = read_method(parts.front());
  if (options.check) {
    if (call.method != BuildCall::Method::build && call.method != BuildCall::Method::check)
      throw Error(ErrorKind::usage, "--check and --call {} exclude each other", parts.front());
    call.method = BuildCall::Method::check;
  }
  if (call.method != BuildCall::Method::build) {
    call.json = !options.format.empty() && read_format(options.format);
  } else {
    check_image_format(options.format);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!parts[i].starts_with("format=")) {
      throw Error(ErrorKind::usage, "--call {}: unknown option '{}' (want format=json)",
                  parts.front(), printable(parts[i]));
    }
    call.json = read_format(parts[i].substr(7));
  }
  return call;
}

int run_call(const BuildCall& call,
             const build::Request& request,
             store::Store* store,
             bool quiet) {
  switch (call.method) {
    case BuildCall::Method::check:
      return run_check(request, store, call.json, quiet);
    case BuildCall::Method::outline: {
      const Outline outline = build::outline(request);
      write_result(call.json ? json_of(outline) : table_of(outline));
      return 0;
    }
    case BuildCall::Method::targets: {
      const std::vector<TargetInfo> targets = build::targets(request);
      write_result(call.json ? json_of(targets) : table_of(targets));
      return 0;
    }
    case BuildCall::Method::build:
      break;
  }
  return 0;
}

}  // namespace cbuild::cli
