// Templates print what Go's text/template prints, and fail where it fails. The rows were recorded
// with Go 1.19, docker's functions and the data of go_data.h.
#include "src/cli/template.h"
#include "tests/unit/cli/refusal.h"
#include "tests/unit/cli/template/go_data.h"

namespace cbuild::cli {
namespace {

struct Row {
  const char* text;
  const char* printed;
};

void check(const Row& row) {
  CAPTURE(row.text);
  std::string printed;
  CHECK(refusal_of([&] { printed = Template::parse(row.text).render(go_data()); }) == "accepted");
  CHECK(printed == row.printed);
}

TEST_CASE("texts, fields and constants are printed as by Go") {
  const Row rows[] = {
      {"plain", "plain"},
      {"{{.ID}}", "abc"},
      {"{{ .ID }}", "abc"},
      {"{{.}}",
       "{abc /web redis:7 3 1.5 1e+21 1e-05 -7 true false  <nil> map[a.b:x k:v] map[] map[] [a b "
       "c] [] [] [1 2 3] {running 0 true} [{/s /t} {/u /v}] map[443/tcp:[] 80/tcp:[{8080}]]}"},
      {"{{$.ID}}", "abc"},
      {"{{.Name}}-{{.Count}}", "/web-3"},
      {"{{.Ratio}} {{.Big}} {{.Small}} {{.Neg}} {{.Yes}} {{.No}}", "1.5 1e+21 1e-05 -7 true false"},
      {"{{.Nil}}", "<nil>"},
      {"{{.Labels.k}} {{.Labels.nope}} {{.Labels.nope.more}}", "v <no value> <no value>"},
      {"{{.Labels}} {{.NoLabels}} {{.NilMap}} {{.Args}} {{.NoArgs}} {{.NilArgs}} {{.Numbers}}",
       "map[a.b:x k:v] map[] map[] [a b c] [] [] [1 2 3]"},
      {"{{.State}}", "{running 0 true}"},
      {"{{.Mounts}}", "[{/s /t} {/u /v}]"},
      {"{{.Ports}}", "map[443/tcp:[] 80/tcp:[{8080}]]"},
      {R"({{"a\tb\"c\\ \x41\u00e9\101"}})", "a\tb\"c\\ AéA"},
      {R"({{`raw \t "x"`}})", R"(raw \t "x")"},
      {"{{1}} {{-1}} {{+2}} {{1.5}} {{1e3}} {{0x1F}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{.5}} "
       "{{1e21}} {{100000000.0}}",
       "1 -1 2 1.5 1000 31 3 15 15 1000 0.5 1e+21 1e+08"},
      {"{{true}} {{false}}", "true false"},
      {"{{/* a comment */}}x", "x"},
      {"x{{- /* trimmed */ -}} y", "xy"},
      {"  a  {{- .ID -}}  b  ", "  aabcb  "},
      {"  a  {{.ID -}}  b  ", "  a  abcb  "},
      {"  a  {{- .ID}}  b  ", "  aabc  b  "},
      {"{{- 3}}{{-3}}", "3-3"},
      {R"(a {{- "" -}} b)", "ab"},
      {"}}", "}}"},
      {"{{.ID}}}}", "abc}}"},
      {"{ {.ID} }", "{ {.ID} }"},
      {"{{(.State).Status}}", "running"},
      {"{{(.State.Status)}}", "running"},
      {"}}", "}}"},
      {R"(\t{{.ID}}\n)", R"(\tabc\n)"},
      {"{{ .ID\n}}", "abc"},
      {"{{`a\nb`}}", "a\nb"},
      {"", ""},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("conditions, loops and variables do what they do in Go") {
  const Row rows[] = {
      {"{{range .Args}}<{{.}}>{{end}}", "<a><b><c>"},
      {"{{range .NoArgs}}x{{else}}none{{end}}", "none"},
      {"{{range .NilArgs}}x{{else}}none{{end}}", "none"},
      {"{{range .NilMap}}x{{else}}none{{end}}", "none"},
      {"{{range $i, $e := .Args}}{{$i}}={{$e}} {{end}}", "0=a 1=b 2=c "},
      {"{{range $e := .Args}}{{$e}}{{end}}", "abc"},
      {"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a.b=x;k=v;"},
      {"{{range .Mounts}}{{.Source}}:{{.Target}} {{$.ID}} {{end}}", "/s:/t abc /u:/v abc "},
      {"{{range $p, $b := .Ports}}{{$p}}->{{range $b}}{{.HostPort}}{{end}} {{end}}",
       "443/tcp-> 80/tcp->8080 "},
      {"{{if .Yes}}a{{else}}b{{end}}{{if .No}}a{{else}}b{{end}}", "ab"},
      {"{{if .Empty}}a{{else if .Count}}b{{else}}c{{end}}", "b"},
      {"{{if .Empty}}a{{else if .No}}b{{else}}c{{end}}", "c"},
      {"{{if .Labels}}t{{end}}{{if .NoLabels}}f{{end}}{{if .Args}}t{{end}}{{if "
       ".NoArgs}}f{{end}}{{if .Ratio}}t{{end}}{{if .Nil}}f{{end}}{{if .State}}t{{end}}",
       "tttt"},
      {"{{if .Labels.nope}}a{{else}}b{{end}}", "b"},
      {"{{with .State}}{{.Status}} {{$.ID}}{{end}}", "running abc"},
      {"{{with .Empty}}x{{else}}empty{{end}}", "empty"},
      {"{{with $x := .Count}}{{$x}}{{end}}", "3"},
      {"{{with .Nil}}{{.Status}}{{else}}no{{end}}", "no"},
      {"{{$x := .Count}}{{$x}}{{$x = 5}}{{$x}}", "35"},
      {"{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21"},
      {"{{$x := 1}}{{if true}}{{$x = 2}}{{$x}}{{end}}{{$x}}", "22"},
      {"{{$x := 0}}{{range .Numbers}}{{$x = .}}{{end}}{{$x}}", "3"},
      {"{{if $x := .Count}}{{$x}}{{else}}{{$x}}{{end}}", "3"},
      {"{{if and .Yes (eq .Count 3)}}yes{{end}} {{if or .No (not .Yes)}}no{{else}}ok{{end}}",
       "yes ok"},
      {"{{$x := .Args}}{{index $x 1}} {{len $x}}", "b 3"},
      {"{{$s := .State}}{{$s.Status}} {{$s.ExitCode}}", "running 0"},
      {"{{range $i, $m := .Mounts}}{{if $i}}, {{end}}{{$m.Source}}{{end}}", "/s, /u"},
      {"{{range $i := .Numbers}}{{if eq $i 2}}two{{else}}{{$i}}{{end}}{{end}}", "1two3"},
      {"{{with $m := index .Mounts 0}}{{$m.Source}}={{.Target}}{{end}}", "/s=/t"},
      {"{{if not .Nil}}no health{{end}}", "no health"},
      {R"({{$x := print "a" | upper}}{{$x}})", "A"},
      {"{{with .Labels}}{{.k}}{{end}}", "v"},
      {"{{range .Args}}{{$.Count}}{{end}}", "333"},
      {"{{with $y := .ID}}{{with $z := $y}}{{$y}}{{$z}}{{end}}{{end}}", "abcabc"},
      {R"({{if eq .Labels.nope "x"}}a{{else}}b{{end}})", "b"},
      {"{{if .Yes}}\n  {{- .ID }}\n{{- end }}\n", "abc\n"},
      {"{{range .Args}}\n{{.}}\n{{end}}", "\na\n\nb\n\nc\n"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("functions return what Go's and docker's return") {
  const Row rows[] = {
      {R"({{index .Labels "a.b"}}|{{index .Labels "nope"}}|)", "x||"},
      {"{{index .Args 0}} {{index .Args 2}}", "a c"},
      {"{{index .ID 0}}", "97"},
      {"{{(index .Mounts 1).Target}}", "/v"},
      {R"({{(index .Ports "80/tcp")}})", "[{8080}]"},
      {R"({{(index (index .Ports "80/tcp") 0).HostPort}})", "8080"},
      {R"({{index .Ports "80/tcp" 0}})", "{8080}"},
      {R"({{index .Ports "81/tcp"}})", "[]"},
      {"{{.ID | upper}}", "ABC"},
      {R"({{"abc" | len}})", "3"},
      {"{{(upper .ID)}} {{((.ID))}}", "ABC abc"},
      {R"({{upper (print .ID "x")}})", "ABCX"},
      {"{{print nil}}", "<nil>"},
      {"{{3 | print}}", "3"},
      {R"({{len .ID}} {{len .Args}} {{len .Labels}} {{len ""}} {{len .NilArgs}})", "3 3 2 0 0"},
      {R"({{upper "hello"}} {{lower "ABC1"}} {{title "hello big-world foo_bar it's 9x"}})",
       "HELLO abc1 Hello Big-World Foo_bar It'S 9x"},
      {R"({{pad "x" 2 3}}|{{pad "" 2 3}}|)", "  x   ||"},
      {R"({{truncate "abcdef" 3}} {{truncate "ab" 3}} {{truncate "abc" 3}})", "abc ab abc"},
      {R"({{join .Args ","}} {{join .NoArgs ","}} {{join .NilArgs ","}})", "a,b,c  "},
      {R"({{join (split "a:b:c" ":") "-"}} {{split "abc" ""}} {{split "" ","}} {{split "a,b," ","}})",
       "a-b-c [a b c] [] [a b ]"},
      {R"({{index (split .Image ":") 1}})", "7"},
      {"{{json .ID}} {{json .Count}} {{json .Ratio}} {{json .Yes}} {{json .Nil}} {{json .Labels}} "
       "{{json .Args}} {{json .NilArgs}} {{json .NilMap}} {{json .NoArgs}} {{json .State}}",
       R"("abc" 3 1.5 true null {"a.b":"x","k":"v"} ["a","b","c"] null null [] {"Status":"running","ExitCode":0,"Running":true})"},
      {"{{json .}}",
       R"({"ID":"abc","Name":"/web","Image":"redis:7","Count":3,"Ratio":1.5,"Big":1e+21,"Small":0.00001,"Neg":-7,"Yes":true,"No":false,"Empty":"","Nil":null,"Labels":{"a.b":"x","k":"v"},"NoLabels":{},"NilMap":null,"Args":["a","b","c"],"NoArgs":[],"NilArgs":null,"Numbers":[1,2,3],"State":{"Status":"running","ExitCode":0,"Running":true},"Mounts":[{"Source":"/s","Target":"/t"},{"Source":"/u","Target":"/v"}],"Ports":{"443/tcp":[],"80/tcp":[{"HostPort":"8080"}]}})"},
      {R"({{json "a<b>&\"\n"}})", R"("a<b>&\"\n")"},
      {R"({{print "a" "b" 1 2 true "c" 3}})", "ab1 2 truec3"},
      {R"({{print 1 2}} {{print}}|{{print "a"}})", "1 2 |a"},
      {R"({{println "a" 1 .Args}})", "a 1 [a b c]\n"},
      {"{{println}}", "\n"},
      {R"({{eq 1 1}} {{eq 1 2}} {{eq 1 2 1}} {{eq "a" "b" "a"}} {{eq .Count 3}} {{eq .Yes true}} {{eq 1.5 1.5}})",
       "true false true true true true true"},
      {"{{eq .ID nil}}", "false"},
      {"{{eq .Nil nil}}", "true"},
      {R"({{ne 1 2}} {{ne "a" "a"}})", "true false"},
      {R"({{lt 1 2}} {{le 2 2}} {{gt 1 2}} {{ge 2 2}} {{lt "a" "b"}} {{lt 1.5 2.5}} {{gt "b" "a"}})",
       "true true false true true true true"},
      {R"({{and 1 0 2}} {{and 1 2}} {{or 0 "" 3}} {{or 0 ""}}| {{not 0}} {{not "x"}} {{and true .ID}} {{or .Empty "default"}})",
       "0 2 3 | true false abc default"},
      {"{{or true (index .Args 9)}}", "true"},
      {"{{and false (index .Args 9)}}", "false"},
      {R"({{true | and 1}} {{"" | or 0}})", "true "},
      {"{{slice .ID 1}} {{slice .ID 1 2}} {{slice .Args 1}} {{slice .Args 0 2}} {{slice .ID}}",
       "bc b [b c] [a b] abc"},
      {"{{.Labels.k | upper | len}}", "1"},
      {R"({{index .Labels "k" | upper}})", "V"},
      {"{{print .Labels.nope}}", "<nil>"},
      {R"({{eq "x" .Labels.k}})", "false"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("printf prints what it prints in Go") {
  const Row rows[] = {
      {R"({{.ID | printf "%s-%s" .Name}})", "/web-abc"},
      {R"({{upper .ID | lower | printf "%q"}})", R"("abc")"},
      {R"({{printf "%s %v %d %q %x %t %f" "a" 1 2 "b" "c" true 1.5}})",
       R"(a 1 2 "b" 63 true 1.500000)"},
      {R"({{printf "%5s|%-5s|%5d|%-5d|%05d|%+d|% d" "a" "b" 1 2 3 4 5}})",
       "    a|b    |    1|2    |00003|+4| 5"},
      {R"({{printf "%.2f %6.2f %e %g %.3g" 1.2345 1.2345 1234.5 1234.5 1234.5}})",
       "1.23   1.23 1.234500e+03 1234.5 1.23e+03"},
      {"{{printf \"%.2s %5.1s| %q\" \"héllo\" \"xyz\" \"a\\tb\\x00é\\u200b\"}}",
       "hé     x| \"a\\tb\\x00é\\u200b\""},
      {R"({{printf "%x %X %o %b %c %q" 255 255 8 5 65 65}})", "ff FF 10 101 A 'A'"},
      {R"({{printf "%v %v %v %s" .Args .Labels .State .Args}})",
       "[a b c] map[a.b:x k:v] {running 0 true} [a b c]"},
      {R"({{printf "%d" "x"}} {{printf "%s" 1}} {{printf "%t" 1}} {{printf "%f" 1}} {{printf "%d" 1.5}} {{printf "%s" true}})",
       "%!d(string=x) %!s(int=1) %!t(int=1) %!f(int=1) %!d(float64=1.5) %!s(bool=true)"},
      {R"({{printf "%d" }} {{printf "%d %d" 1}} {{printf "%d" 1 2 "x"}} {{printf "%"}} {{printf "%%"}})",
       "%!d(MISSING) 1 %!d(MISSING) 1%!(EXTRA int=2, string=x) %!(NOVERB) %"},
      {R"({{printf "%v %s %d" nil nil nil}})", "<nil> %!s(<nil>) %!d(<nil>)"},
      {R"({{printf "%q" .Args}} {{printf "%d" .Numbers}} {{printf "%5d|" .Numbers}})",
       R"(["a" "b" "c"] [1 2 3] [    1     2     3]|)"},
      {R"({{printf "%5t|%-7t|" true false}} {{printf "%-05d|" 3}})", " true|false  | 3    |"},
      {R"({{printf "%08.3f|%+.1f|%-8.2f|% .1f" 3.14159 2.0 2.5 1.5}})",
       "0003.142|+2.0|2.50    | 1.5"},
      {R"({{printf "%.3d|%6.3d|%x" 5 5 -255}})", "005|   005|-ff"},
      {R"({{printf "%v %v %v" 1e6 1e20 123456789.0}})", "1e+06 1e+20 1.23456789e+08"},
      {R"({{range $k, $v := .Labels}}{{printf "%s=%q\n" $k $v}}{{end}})", "a.b=\"x\"\nk=\"v\"\n"},
      {R"({{"a" | printf "%s%s" "b" | printf "%s%s" "c"}})", "cba"},
      {R"({{printf "%s" .Labels.nope}})", "%!s(<nil>)"},
      {R"({{.Ratio | printf "%.3f"}})", "1.500"},
  };
  for (const Row& row : rows)
    check(row);
}

TEST_CASE("what Go refuses is refused") {
  const char* const rows[] = {
      "{{.Nil.Status}}",
      "{{.Foo}}",
      "{{.ID.Foo}}",
      "{{index .Args 3}}",
      "{{index .Args -1}}",
      R"({{index .Args "x"}})",
      "{{index .Labels 1}}",
      "{{index .Count 0}}",
      R"({{index .Nil "x"}})",
      "{{index nil}}",
      "{{range .ID}}x{{end}}",
      "{{range .Yes}}x{{end}}",
      "{{if true}}{{$x := 1}}{{end}}{{$x}}",
      "{{$x}}",
      "{{$x = 1}}",
      R"({{"bad \q"}})",
      "{{1x}}",
      "{{nil}}",
      "{{nil | print}}",
      "{{ /* no */ }}",
      "{{/* open",
      "{{.ID",
      R"({{"abc}})",
      "{{`abc}}",
      "{{}}",
      "{{ }}",
      "{{- -}}",
      "{{{.ID}}}",
      "{{if}}x{{end}}",
      "{{if .Yes}}x",
      "{{end}}",
      "{{else}}",
      "{{if .Yes}}{{else}}{{else}}{{end}}",
      "{{if .Yes}}{{else with .ID}}{{end}}",
      "{{range .Args}}{{else if .Yes}}{{end}}",
      "{{if .Yes}}x{{end .ID}}",
      R"({{template "x"}})",
      "{{foo}}",
      "{{foo .ID}}",
      "{{.ID foo}}",
      "{{.ID .Name}}",
      "{{.ID | 3}}",
      R"({{.ID | "x"}})",
      "{{.ID | .Name}}",
      R"({{"x" "y"}})",
      "{{len .Count}}",
      "{{len .Nil}}",
      "{{len}}",
      "{{len .ID .ID}}",
      "{{upper}}",
      "{{upper .Count}}",
      "{{upper nil}}",
      "{{printf 1}}",
      "{{printf}}",
      R"({{eq 1 "a"}})",
      "{{eq 1 1.0}}",
      "{{eq 1}}",
      "{{eq .Args .Args}}",
      "{{ne 1 2 3}}",
      R"({{lt 1 "a"}})",
      "{{lt true false}}",
      "{{and}}",
      "{{or false (index .Args 9)}}",
      "{{not}}",
      "{{slice .ID 5}}",
      "{{slice .ID 2 1}}",
      "{{slice .Count 1}}",
      R"({{slice .ID "x"}})",
      "{{.State.Status}} {{.State.Foo}}",
      "{{range $a, $b, $c := .Args}}{{end}}",
      "{{range $a, := .Args}}{{end}}",
      "{{$a, $b := .Args}}",
      "{{.A.}}",
      "{{..ID}}",
      "{{.ID..Name}}",
      R"({{.ID"x"}})",
      "{{len(.ID)}}",
      R"({{"x".Foo}})",
      "{{(.ID}}",
      "{{.ID)}}",
      "{{()}}",
      "{{|}}",
      "{{| .ID}}",
      "{{.ID , .Name}}",
      "{{.ID := 1}}",
      "{{$x : 1}}",
      "{{@}}",
      "{{.ID @}}",
      "{{#}}",
      "{{ .ID",
      "{{call .ID}}",
      "{{len .Labels.nope}}",
      "{{\"a\nb\"}}",
  };
  for (const char* text : rows) {
    CAPTURE(text);
    const std::string why = refusal_of([&] { Template::parse(text).render(go_data()); });
    CHECK(why.starts_with("template parsing error: line "));
  }
}

}  // namespace
}  // namespace cbuild::cli
