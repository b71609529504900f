// Templates of scripts print what docker 28.2 prints of the same document.
#include "src/cli/inspect_shape.h"
#include "src/cli/json_value.h"
#include "src/cli/template.h"
#include "tests/unit/cli/refusal.h"
#include "tests/unit/cli/template/inspect_document.h"

namespace cbuild::cli {
namespace {

struct Row {
  const char* text;
  const char* printed;
};

std::string render(const char* text) {
  static const Value kDocument = parse_json(kInspectDocument, inspect_shape());
  return Template::parse(text).render(kDocument);
}

void check(const Row& row) {
  CAPTURE(row.text);
  std::string printed;
  CHECK(refusal_of([&] { printed = render(row.text); }) == "accepted");
  CHECK(printed == row.printed);
}

TEST_CASE("scripts read the state of a container") {
  const Row rows[] = {
      {"{{.State.Status}}", "running"},
      {"{{.State.Running}}", "true"},
      {"{{.State.Paused}} {{.State.Restarting}} {{.State.OOMKilled}} {{.State.Dead}}",
       "false false false false"},
      {"{{.State.ExitCode}}", "0"},
      {"{{.State.Pid}}", "4242"},
      {"{{.State.Error}}", ""},
      {"{{.State.StartedAt}} {{.State.FinishedAt}}", "2026-11-20T20:25:01.5Z 0001-01-01T00:00:00Z"},
      {"{{.State.Health.Status}}", "healthy"},
      {"{{.State.Health.FailingStreak}}", "0"},
      {"{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}", "healthy"},
      {R"({{if eq .State.Status "running"}}up{{else}}down{{end}})", "up"},
      {"{{(index .State.Health.Log 0).ExitCode}}", "0"},
      {"{{range .State.Health.Log}}{{.ExitCode}} {{.Output}}{{end}}", "0 PONG\n"},
      {"{{json .State.Health}}",
       R"({"Status":"healthy","FailingStreak":0,"Log":[{"Start":"2026-11-20T20:25:31Z","End":"2026-11-20T20:25:32Z","ExitCode":0,"Output":"PONG\n"}]})"},
      {"{{json .State}}",
       R"({"Status":"running","Running":true,"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":4242,"ExitCode":0,"Error":"","StartedAt":"2026-11-20T20:25:01.5Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"healthy","FailingStreak":0,"Log":[{"Start":"2026-11-20T20:25:31Z","End":"2026-11-20T20:25:32Z","ExitCode":0,"Output":"PONG\n"}]}})"},
      {"{{upper .Name}} {{title .State.Status}}", "/WEB Running"},
      {R"({{and .State.Running (not .State.Paused)}} {{or .State.Error "fine"}})", "true fine"},
      {R"({{index .State "Status"}})", "running"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("scripts read what it was started with") {
  const Row rows[] = {
      {"{{.HostConfig.NetworkMode}}", "front"},
      {"{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}",
       "on-failure 5"},
      {"{{.HostConfig.RestartPolicy}}", "{on-failure 5}"},
      {"{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.ShmSize}}",
       "536870912 1500000000 67108864"},
      {"{{.HostConfig.Privileged}} {{.HostConfig.AutoRemove}} {{.HostConfig.ReadonlyRootfs}}",
       "false false false"},
      {"{{.HostConfig.Binds}}", "[/srv:/data:ro]"},
      {"{{json .HostConfig.Binds}}", R"(["/srv:/data:ro"])"},
      {R"({{.HostConfig.LogConfig.Type}} {{index .HostConfig.LogConfig.Config "max-size"}})",
       "json-file 10m"},
      {"{{range $k, $v := .HostConfig.LogConfig.Config}}{{$k}}={{$v}}{{end}}", "max-size=10m"},
      {"{{.HostConfig.LogConfig}}", "{json-file map[max-size:10m]}"},
      {"{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}}", "[] [NET_RAW]"},
      {"{{.HostConfig.PidsLimit}}", "<nil>"},
      {"{{.HostConfig.PortBindings}}", "map[6379/tcp:[{ 5000}]]"},
      {"{{range $p, $conf := .HostConfig.PortBindings}}{{$p}} -> {{(index $conf 0).HostPort}} "
       "{{end}}",
       "6379/tcp -> 5000 "},
      {"{{range .HostConfig.Ulimits}}{{.Name}}={{.Soft}}:{{.Hard}}{{end}}", "nofile=1024:2048"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("scripts read networks and ports") {
  const Row rows[] = {
      {"{{.NetworkSettings.IPAddress}}", "172.18.0.2"},
      {"{{.NetworkSettings.Networks.front.IPAddress}}", "172.18.0.2"},
      {"{{.NetworkSettings.Networks.nope}}", "<no value>"},
      {"{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", "172.19.0.5 172.18.0.2 "},
      {"{{range $n, $c := .NetworkSettings.Networks}}{{$n}}={{$c.IPAddress}};{{end}}",
       "back=172.19.0.5;front=172.18.0.2;"},
      {R"({{range $k, $v := .NetworkSettings.Networks}}{{printf "%s\n" $k}}{{end}})",
       "back\nfront\n"},
      {R"({{(index .NetworkSettings.Networks "back").Gateway}})", "172.19.0.1"},
      {R"({{with index .NetworkSettings.Networks "front"}}{{.MacAddress}}{{end}})",
       "02:42:ac:12:00:02"},
      {"{{index .NetworkSettings.Networks.front.Aliases 0}}", "cache"},
      {"{{.NetworkSettings.Networks.back.Aliases}}", "[]"},
      {R"({{(index (index .NetworkSettings.Ports "6379/tcp") 0).HostPort}})", "5000"},
      {R"({{(index .NetworkSettings.Ports "6379/tcp" 0).HostPort}})", "5000"},
      {"{{range $p, $conf := .NetworkSettings.Ports}}{{$p}} -> {{if $conf}}{{(index $conf "
       "0).HostPort}}{{else}}none{{end}} {{end}}",
       "6379/tcp -> 5000 9000/tcp -> none "},
      {"{{range $p, $c := .NetworkSettings.Ports}}{{range $c}}{{.HostIp}}:{{.HostPort}} "
       "{{end}}{{end}}",
       "0.0.0.0:5000 :::5000 "},
      {"{{json .NetworkSettings.Ports}}",
       R"({"6379/tcp":[{"HostIp":"0.0.0.0","HostPort":"5000"},{"HostIp":"::","HostPort":"5000"}],"9000/tcp":null})"},
      {"{{.NetworkSettings.Ports}}", "map[6379/tcp:[{0.0.0.0 5000} {:: 5000}] 9000/tcp:[]]"},
      {"{{len .NetworkSettings.Networks}} {{len .Mounts}}", "2 2"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("scripts read mounts") {
  const Row rows[] = {
      {"{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}", "/v/rows/_data:/data /srv:/srv "},
      {R"({{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}})", "rows "},
      {"{{range $i, $m := .Mounts}}{{if $i}},{{end}}{{$m.Type}}{{if not $m.RW}}(ro){{end}}{{end}}",
       "volume,bind(ro)"},
      {"{{(index .Mounts 0).Name}}", "rows"},
      {"{{json .Mounts}}",
       R"([{"Type":"volume","Name":"rows","Source":"/v/rows/_data","Destination":"/data","Driver":"local","Mode":"z","RW":true,"Propagation":""},{"Type":"bind","Source":"/srv","Destination":"/srv","Mode":"ro","RW":false,"Propagation":"rprivate"}])"},
      {R"({{$name := .Name}}{{range .Mounts}}{{$name}} {{$.Id | printf "%.4s"}} {{end}})",
       "/web 4c01 /web 4c01 "},
      {R"({{.Mounts | len}} {{len .Config.Env | printf "%03d"}})", "2 002"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("scripts read configuration and labels") {
  const Row rows[] = {
      {"{{.Config.Image}}", "redis:7"},
      {"{{.Config.Hostname}} {{.Config.User}} {{.Config.WorkingDir}} {{.Config.Tty}}",
       "4c01db0b339c redis /data false"},
      {"{{.Config.Env}}", "[PATH=/usr/local/bin:/usr/bin REDIS_VERSION=7.2.4]"},
      {"{{range .Config.Env}}{{println .}}{{end}}",
       "PATH=/usr/local/bin:/usr/bin\nREDIS_VERSION=7.2.4\n"},
      {"{{json .Config.Env}}", R"(["PATH=/usr/local/bin:/usr/bin","REDIS_VERSION=7.2.4"])"},
      {R"({{join .Config.Cmd " "}})", "redis-server --appendonly yes"},
      {"{{.Config.Cmd}} {{.Config.Entrypoint}}",
       "[redis-server --appendonly yes] [docker-entrypoint.sh]"},
      {"{{json .Config.Cmd}}", R"(["redis-server","--appendonly","yes"])"},
      {"{{json .Config.Volumes}} {{json .Config.OnBuild}}", "null null"},
      {"{{.Config.Labels}}",
       "map[com.docker.compose.project:shop com.docker.compose.service:cache maintainer:me]"},
      {"{{json .Config.Labels}}",
       R"({"com.docker.compose.project":"shop","com.docker.compose.service":"cache","maintainer":"me"})"},
      {R"({{index .Config.Labels "com.docker.compose.project"}})", "shop"},
      {R"({{index .Config.Labels "nope"}}|)", "|"},
      {"{{.Config.Labels.maintainer}} {{.Config.Labels.nope}}", "me <no value>"},
      {"{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}",
       "com.docker.compose.project=shop com.docker.compose.service=cache maintainer=me "},
      {R"({{if index .Config.Labels "com.docker.compose.service"}}compose{{end}})", "compose"},
      {"{{if .Config.Labels.nope}}yes{{else}}no{{end}}", "no"},
      {"{{with .Config.Labels}}{{.maintainer}}{{end}}", "me"},
      {"{{range $p, $_ := .Config.ExposedPorts}}{{$p}} {{end}}", "6379/tcp "},
      {"{{.Config.ExposedPorts}}", "map[6379/tcp:{}]"},
      {"{{json .Config.ExposedPorts}}", R"({"6379/tcp":{}})"},
      {"{{.Config.Volumes}} {{.Config.OnBuild}}", "map[] []"},
      {"{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Retries}}", "[CMD redis-cli ping] 3"},
      {R"({{split .Config.Image ":"}} {{index (split .Config.Image ":") 1}})", "[redis 7] 7"},
      {"{{.Config.Labels | json}}",
       R"({"com.docker.compose.project":"shop","com.docker.compose.service":"cache","maintainer":"me"})"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("scripts read names, IDs and texts") {
  const Row rows[] = {
      {"{{.Id}}", "4c01db0b339c8f6e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"},
      {"{{.ID}}", "4c01db0b339c8f6e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"},
      {"{{.Name}}", "/web"},
      {"{{.Created}}", "2026-11-20T20:25:00.123456789Z"},
      {"{{.Image}}", "sha256:7614ae9453d1d87e740a2056257a6de7135c84037c367e1fffa92ae922784631"},
      {R"({{.Path}} {{join .Args " "}})", "docker-entrypoint.sh redis-server --appendonly yes"},
      {"{{.RestartCount}}", "2"},
      {"{{.LogPath}}", "/r/c.log"},
      {"{{.Driver}} {{.Platform}}", "overlay2 linux"},
      {"{{slice .Id 0 12}}", "4c01db0b339c"},
      {"{{slice .Name 1}}", "web"},
      {R"({{printf "%.12s" .Id}})", "4c01db0b339c"},
      {"{{truncate .Id 12}}", "4c01db0b339c"},
      {"{{.GraphDriver.Data.MergedDir}} {{.GraphDriver.Name}}", "/m overlay2"},
      {R"({{.Name}}\t{{.Id}})",
       R"(/web\t4c01db0b339c8f6e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70)"},
      {"{{/* name */}}{{- .Name -}}", "/web"},
      {"{{.ExecIDs}} {{json .ExecIDs}}", "[] null"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("what docker refuses is refused") {
  const char* const rows[] = {
      "{{.Foo}}",
      "{{.State.Foo}}",
      "{{.Name.Foo}}",
      "{{.State.Health.Status.Foo}}",
      "{{foo .Id}}",
      "{{index .Mounts 7}}",
      "{{.Id",
      "{{if .Id}}",
      "{{.HostConfig.PidsLimit.Foo}}",
      R"({{(index .NetworkSettings.Networks "nope").IPAddress}})",
      "{{.Size}}",
  };
  for (const char* text : rows) {
    CAPTURE(text);
    CHECK(refusal_of([&] { render(text); }).starts_with("template parsing error: line 1, column "));
  }
}

}  // namespace
}  // namespace cbuild::cli
