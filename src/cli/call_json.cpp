// Writes the answers of --call; see call_json.h.
#include "src/cli/call_json.h"

#include <algorithm>
#include <string_view>

#include "cbuild/frontend/check.h"
#include "cbuild/frontend/check_result.h"
#include "cbuild/frontend/diagnostic.h"
#include "cbuild/frontend/outline.h"
#include "cbuild/frontend/rules.h"
#include "cbuild/graph/source_range.h"
#include "src/cli/json_writer.h"

namespace cbuild::cli {

namespace {

using frontend::Outline;
using frontend::TargetInfo;
using graph::SourceRange;

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

}  // namespace

std::string json_of(const frontend::CheckResult& result, const std::string& dockerfile_name) {
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
  json.member("filename", std::string_view(dockerfile_name));
  json.end_object().end_array();
  const std::vector<graph::Diagnostic> violations = frontend::violations_among(result.findings);
  if (result.error) {
    write_build_error(json, result.error->what(), result.error->range());
  } else if (result.findings_are_errors && !violations.empty()) {
    write_build_error(json, frontend::text_of(violations), violations.front().range);
  }
  json.end_object();
  return json.take();
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

}  // namespace cbuild::cli
