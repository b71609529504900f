// The data that testdata/template/go.jsonl was made with.
#pragma once

#include "src/cli/value.h"

namespace cbuild::cli {

/// Structs of Go are records, a nil pointer is null.
inline Value go_data() {
  const auto mount = [](const char* source, const char* target) {
    return Value::record({{"Source", source}, {"Target", target}});
  };
  return Value::record({
      {"ID", "abc"},
      {"Name", "/web"},
      {"Image", "redis:7"},
      {"Count", 3},
      {"Ratio", 1.5},
      {"Big", 1e21},
      {"Small", 0.00001},
      {"Neg", -7},
      {"Yes", true},
      {"No", false},
      {"Empty", ""},
      {"Nil", Value()},
      {"Labels", Value::map({{"k", "v"}, {"a.b", "x"}})},
      {"NoLabels", Value::map({})},
      {"NilMap", Value::nil_map()},
      {"Args", Value::texts({"a", "b", "c"})},
      {"NoArgs", Value::list({})},
      {"NilArgs", Value::nil_list()},
      {"Numbers", Value::list({1, 2, 3})},
      {"State", Value::record({{"Status", "running"}, {"ExitCode", 0}, {"Running", true}})},
      {"Mounts", Value::list({mount("/s", "/t"), mount("/u", "/v")})},
      {"Ports", Value::map({{"80/tcp", Value::list({Value::record({{"HostPort", "8080"}})})},
                            {"443/tcp", Value::list({})}})},
  });
}

}  // namespace cbuild::cli
