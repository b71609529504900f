// `cbuild build --call`; see build_call.h.
#include "src/cli/build_call.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "cbuild/build/build_failed.h"
#include "cbuild/build/check.h"
#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/outline.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/util/text.h"
#include "src/cli/build_flags.h"
#include "src/cli/findings_text.h"
#include "src/cli/json_writer.h"
#include "src/cli/table.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

using frontend::Outline;
using frontend::SourceRange;
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

// --- JSON, in the form of BuildKit's answers

void write_position(JsonWriter& json, std::string_view name, int line, int character) {
  json.key(name).begin_object();
  json.member("line", std::int64_t{line}).member("character", std::int64_t{character});
  json.end_object();
}

void write_location(JsonWriter& json, const SourceRange& range) {
  json.key("location").begin_object().key("ranges").begin_array().begin_object();
  write_position(json, "start", range.line, std::max(range.column - 1, 0));
  write_position(json, "end", std::max(range.line, range.last_line),
                 std::max(range.end_column - 1, 0));
  json.end_object().end_array().end_object();
}

void write_location(JsonWriter& json, int line) {
  write_location(json, SourceRange{line, line, 0, 0});
}

void write_if_any(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.member(name, std::string_view(text));
}

void write_build_error(JsonWriter& json, std::string_view message, const SourceRange& range) {
  json.key("buildError").begin_object().member("message", message);
  write_location(json, range);
  json.end_object();
}

std::string json_of(const frontend::CheckResult& result, const build::Request& request) {
  JsonWriter json;
  json.begin_object().key("warnings").begin_array();
  for (const frontend::Diagnostic& finding : result.findings) {
    const frontend::Rule* rule = frontend::find_rule(finding.rule);
    json.begin_object().member("ruleName", std::string_view(finding.rule));
    if (rule) json.member("description", rule->summary);
    json.member("url", std::string_view(frontend::address_of(finding.rule)));
    json.member("detail", std::string_view(finding.message));
    write_location(json, finding.range);
    json.end_object();
  }
  json.end_array().key("sources").begin_array().begin_object();
  json.member("filename", std::string_view(request.dockerfile_name));
  json.end_object().end_array();
  const std::vector<frontend::Diagnostic> violations = frontend::violations_among(result.findings);
  if (result.error) {
    write_build_error(json, result.error->what(), result.error->range());
  } else if (result.findings_are_errors && !violations.empty()) {
    write_build_error(json, frontend::text_of(violations), violations.front().range);
  }
  json.end_object();
  return json.take();
}

void write_credentials(JsonWriter& json,
                       std::string_view name,
                       const std::vector<Outline::Credential>& all) {
  if (all.empty()) return;
  json.key(name).begin_array();
  for (const Outline::Credential& one : all) {
    json.begin_object().member("name", std::string_view(one.id));
    if (one.required) json.member("required", true);
    write_location(json, one.line);
    json.end_object();
  }
  json.end_array();
}

std::string json_of(const Outline& outline) {
  JsonWriter json;
  json.begin_object();
  write_if_any(json, "name", outline.name);
  write_if_any(json, "description", outline.description);
  json.key("args").begin_array();
  for (const Outline::Argument& argument : outline.arguments) {
    json.begin_object().member("name", std::string_view(argument.name));
    write_if_any(json, "description", argument.description);
    if (argument.value) json.member("value", std::string_view(*argument.value));
    write_location(json, argument.line);
    json.end_object();
  }
  json.end_array();
  write_credentials(json, "secrets", outline.secrets);
  write_credentials(json, "ssh", outline.ssh);
  if (!outline.caches.empty()) {
    json.key("cache").begin_array();
    for (const Outline::Cache& cache : outline.caches) {
      json.begin_object().member("ID", std::string_view(cache.id));
      write_location(json, cache.line);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string json_of(const std::vector<TargetInfo>& targets) {
  JsonWriter json;
  json.begin_object().key("targets").begin_array();
  for (const TargetInfo& target : targets) {
    json.begin_object();
    write_if_any(json, "name", target.name);
    if (target.is_default) json.member("default", true);
    write_if_any(json, "description", target.description);
    write_if_any(json, "base", target.base);
    write_if_any(json, "platform", target.platform);
    write_location(json, target.line);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take();
}

// --- tables, in docker's form

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

int run_check(const build::Request& request, store::Store* store, bool json, bool quiet) {
  const frontend::CheckResult result = build::check(request, store);
  if (json) {
    write_result(json_of(result, request));
  } else if (!quiet && (!result.error || !result.findings.empty())) {
    write_result(check_text(result.findings, request));
  }
  if (result.error) {
    throw build::BuildFailed(*result.error, request.dockerfile_name, request.dockerfile,
                             result.error->diagnostics());
  }
  const std::vector<frontend::Diagnostic> violations = frontend::violations_among(result.findings);
  if (violations.empty()) return 0;
  if (!result.findings_are_errors) return 1;
  throw Error(ErrorKind::build, "{}", frontend::text_of(violations));
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
