// A Dockerfile is parsed, described and lowered; whatever it holds ends in a graph or an Error.
#include <cstddef>
#include <cstdint>

#include "cbuild/frontend/describe.h"
#include "cbuild/frontend/describe_graph.h"
#include "cbuild/frontend/dockerfile.h"
#include "cbuild/frontend/excerpt.h"
#include "cbuild/frontend/lowered.h"
#include "cbuild/frontend/options.h"
#include "tests/support/fake_resolver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cbuild;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  test::FakeResolver resolver;
  resolver.configs["onbuild:1"] = test::FakeResolver::config_of("onbuild:1");
  resolver.configs["onbuild:1"].config.on_build = {"ARG A=1", "COPY . /src", "RUN make $A"};
  frontend::Options options;
  options.build_args = {{"A", "given"}, {"HTTP_PROXY", "http://proxy"}};
  try {
    const frontend::Lowered lowered =
        frontend::Dockerfile(std::string(text)).lower(options, resolver);
    frontend::to_text(lowered);
    frontend::describe(text);
  } catch (const frontend::DockerfileError& error) {
    frontend::excerpt("Dockerfile", text, error.diagnostics());
  } catch (const Error&) {
  }
  return 0;
}
