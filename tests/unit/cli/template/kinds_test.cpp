// What lists, maps, records, texts and numbers are in conditions, loops and functions. The rows
// were recorded with Go 1.19, docker's functions and the data of go_data.h.
#include <doctest/doctest.h>

#include <optional>

#include "cbuild/util/error.h"
#include "src/cli/template.h"
#include "tests/unit/cli/template/go_data.h"

namespace cbuild::cli {
namespace {

TEST_CASE("each kind of value does in each place what it does in Go") {
  struct Row {
    const char* text;
    std::optional<std::string> printed;  ///< nullopt: Go refuses it
  };

  const Row rows[] = {
      {"{{range .Args}}<{{.}}>{{else}}none{{end}}", "<a><b><c>"},
      {"{{range $k, $v := .Args}}{{$k}}={{$v}};{{else}}none{{end}}", "0=a;1=b;2=c;"},
      {"{{if .Args}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Args}}{{.}}{{else}}none{{end}}", "[a b c]"},
      {"{{len .Args}}", "3"},
      {"{{json .Args}}", R"(["a","b","c"])"},
      {"{{not .Args}}", "false"},
      {"{{print .Args}}", "[a b c]"},
      {R"({{or .Args "default"}})", "[a b c]"},
      {R"({{and .Args "last"}})", "last"},
      {"{{range .NoArgs}}<{{.}}>{{else}}none{{end}}", "none"},
      {"{{range $k, $v := .NoArgs}}{{$k}}={{$v}};{{else}}none{{end}}", "none"},
      {"{{if .NoArgs}}yes{{else}}no{{end}}", "no"},
      {"{{with .NoArgs}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .NoArgs}}", "0"},
      {"{{json .NoArgs}}", "[]"},
      {"{{not .NoArgs}}", "true"},
      {"{{print .NoArgs}}", "[]"},
      {R"({{or .NoArgs "default"}})", "default"},
      {R"({{and .NoArgs "last"}})", "[]"},
      {"{{range .NilArgs}}<{{.}}>{{else}}none{{end}}", "none"},
      {"{{range $k, $v := .NilArgs}}{{$k}}={{$v}};{{else}}none{{end}}", "none"},
      {"{{if .NilArgs}}yes{{else}}no{{end}}", "no"},
      {"{{with .NilArgs}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .NilArgs}}", "0"},
      {"{{json .NilArgs}}", "null"},
      {"{{not .NilArgs}}", "true"},
      {"{{print .NilArgs}}", "[]"},
      {R"({{or .NilArgs "default"}})", "default"},
      {R"({{and .NilArgs "last"}})", "[]"},
      {"{{range .Labels}}<{{.}}>{{else}}none{{end}}", "<x><v>"},
      {"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{else}}none{{end}}", "a.b=x;k=v;"},
      {"{{if .Labels}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Labels}}{{.}}{{else}}none{{end}}", "map[a.b:x k:v]"},
      {"{{len .Labels}}", "2"},
      {"{{json .Labels}}", R"({"a.b":"x","k":"v"})"},
      {"{{not .Labels}}", "false"},
      {"{{print .Labels}}", "map[a.b:x k:v]"},
      {R"({{or .Labels "default"}})", "map[a.b:x k:v]"},
      {R"({{and .Labels "last"}})", "last"},
      {"{{range .NoLabels}}<{{.}}>{{else}}none{{end}}", "none"},
      {"{{range $k, $v := .NoLabels}}{{$k}}={{$v}};{{else}}none{{end}}", "none"},
      {"{{if .NoLabels}}yes{{else}}no{{end}}", "no"},
      {"{{with .NoLabels}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .NoLabels}}", "0"},
      {"{{json .NoLabels}}", "{}"},
      {"{{not .NoLabels}}", "true"},
      {"{{print .NoLabels}}", "map[]"},
      {R"({{or .NoLabels "default"}})", "default"},
      {R"({{and .NoLabels "last"}})", "map[]"},
      {"{{range .NilMap}}<{{.}}>{{else}}none{{end}}", "none"},
      {"{{range $k, $v := .NilMap}}{{$k}}={{$v}};{{else}}none{{end}}", "none"},
      {"{{if .NilMap}}yes{{else}}no{{end}}", "no"},
      {"{{with .NilMap}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .NilMap}}", "0"},
      {"{{json .NilMap}}", "null"},
      {"{{not .NilMap}}", "true"},
      {"{{print .NilMap}}", "map[]"},
      {R"({{or .NilMap "default"}})", "default"},
      {R"({{and .NilMap "last"}})", "map[]"},
      {"{{range .Mounts}}<{{.}}>{{else}}none{{end}}", "<{/s /t}><{/u /v}>"},
      {"{{range $k, $v := .Mounts}}{{$k}}={{$v}};{{else}}none{{end}}", "0={/s /t};1={/u /v};"},
      {"{{if .Mounts}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Mounts}}{{.}}{{else}}none{{end}}", "[{/s /t} {/u /v}]"},
      {"{{len .Mounts}}", "2"},
      {"{{json .Mounts}}", R"([{"Source":"/s","Target":"/t"},{"Source":"/u","Target":"/v"}])"},
      {"{{not .Mounts}}", "false"},
      {"{{print .Mounts}}", "[{/s /t} {/u /v}]"},
      {R"({{or .Mounts "default"}})", "[{/s /t} {/u /v}]"},
      {R"({{and .Mounts "last"}})", "last"},
      {"{{range .Numbers}}<{{.}}>{{else}}none{{end}}", "<1><2><3>"},
      {"{{range $k, $v := .Numbers}}{{$k}}={{$v}};{{else}}none{{end}}", "0=1;1=2;2=3;"},
      {"{{if .Numbers}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Numbers}}{{.}}{{else}}none{{end}}", "[1 2 3]"},
      {"{{len .Numbers}}", "3"},
      {"{{json .Numbers}}", "[1,2,3]"},
      {"{{not .Numbers}}", "false"},
      {"{{print .Numbers}}", "[1 2 3]"},
      {R"({{or .Numbers "default"}})", "[1 2 3]"},
      {R"({{and .Numbers "last"}})", "last"},
      {"{{range .Ports}}<{{.}}>{{else}}none{{end}}", "<[]><[{8080}]>"},
      {"{{range $k, $v := .Ports}}{{$k}}={{$v}};{{else}}none{{end}}",
       "443/tcp=[];80/tcp=[{8080}];"},
      {"{{if .Ports}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Ports}}{{.}}{{else}}none{{end}}", "map[443/tcp:[] 80/tcp:[{8080}]]"},
      {"{{len .Ports}}", "2"},
      {"{{json .Ports}}", R"({"443/tcp":[],"80/tcp":[{"HostPort":"8080"}]})"},
      {"{{not .Ports}}", "false"},
      {"{{print .Ports}}", "map[443/tcp:[] 80/tcp:[{8080}]]"},
      {R"({{or .Ports "default"}})", "map[443/tcp:[] 80/tcp:[{8080}]]"},
      {R"({{and .Ports "last"}})", "last"},
      {"{{range .Labels.zz}}<{{.}}>{{else}}none{{end}}", "none"},
      {"{{range $k, $v := .Labels.zz}}{{$k}}={{$v}};{{else}}none{{end}}", "none"},
      {"{{if .Labels.zz}}yes{{else}}no{{end}}", "no"},
      {"{{with .Labels.zz}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .Labels.zz}}", std::nullopt},
      {"{{json .Labels.zz}}", "null"},
      {"{{not .Labels.zz}}", "true"},
      {"{{print .Labels.zz}}", "<nil>"},
      {R"({{or .Labels.zz "default"}})", "default"},
      {R"({{and .Labels.zz "last"}})", "<no value>"},
      {"{{range .Empty}}<{{.}}>{{else}}none{{end}}", std::nullopt},
      {"{{range $k, $v := .Empty}}{{$k}}={{$v}};{{else}}none{{end}}", std::nullopt},
      {"{{if .Empty}}yes{{else}}no{{end}}", "no"},
      {"{{with .Empty}}{{.}}{{else}}none{{end}}", "none"},
      {"{{len .Empty}}", "0"},
      {"{{json .Empty}}", R"("")"},
      {"{{not .Empty}}", "true"},
      {"{{print .Empty}}", ""},
      {R"({{or .Empty "default"}})", "default"},
      {R"({{and .Empty "last"}})", ""},
      {"{{range .ID}}<{{.}}>{{else}}none{{end}}", std::nullopt},
      {"{{range $k, $v := .ID}}{{$k}}={{$v}};{{else}}none{{end}}", std::nullopt},
      {"{{if .ID}}yes{{else}}no{{end}}", "yes"},
      {"{{with .ID}}{{.}}{{else}}none{{end}}", "abc"},
      {"{{len .ID}}", "3"},
      {"{{json .ID}}", R"("abc")"},
      {"{{not .ID}}", "false"},
      {"{{print .ID}}", "abc"},
      {R"({{or .ID "default"}})", "abc"},
      {R"({{and .ID "last"}})", "last"},
      {"{{if .Count}}yes{{else}}no{{end}}", "yes"},
      {"{{with .Count}}{{.}}{{else}}none{{end}}", "3"},
      {"{{len .Count}}", std::nullopt},
      {"{{json .Count}}", "3"},
      {"{{not .Count}}", "false"},
      {"{{print .Count}}", "3"},
      {R"({{or .Count "default"}})", "3"},
      {R"({{and .Count "last"}})", "last"},
      {"{{if .State}}yes{{else}}no{{end}}", "yes"},
      {"{{with .State}}{{.}}{{else}}none{{end}}", "{running 0 true}"},
      {"{{json .State}}", R"({"Status":"running","ExitCode":0,"Running":true})"},
      {"{{not .State}}", "false"},
      {"{{print .State}}", "{running 0 true}"},
      {R"({{or .State "default"}})", "{running 0 true}"},
      {R"({{and .State "last"}})", "last"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::optional<std::string> printed;
    try {
      printed = Template::parse(row.text).render(go_data());
    } catch (const Error& error) {
      CAPTURE(error.what());
      CHECK_FALSE(row.printed.has_value());
    }
    CHECK(printed == row.printed);
  }
}

}  // namespace
}  // namespace cbuild::cli
