// cbuild version: show the version.
#include "config.h"
#include "src/cli/args.h"
#include "src/cli/command.h"
#include "src/cli/json_writer.h"
#include "src/cli/terminal.h"

namespace cbuild::cli {

namespace {

class Version final : public Command {
 public:
  void declare(Args& args) override {
    args.choice("--format", format_, {"table", "json"}, "Output format");
    args.example("cbuild version", "for people");
    args.example("cbuild version --format json", "for scripts");
  }

  int run(Session&) override {
    if (format_ == "json") {
      JsonWriter json;
      json.begin_object().member("Version", CBUILD_VERSION).end_object();
      write_result(json.take());
    } else {
      write_result("cbuild " CBUILD_VERSION "\n");
    }
    return 0;
  }

 private:
  std::string format_ = "table";
};

}  // namespace

std::unique_ptr<Command> make_version() {
  return std::make_unique<Version>();
}

}  // namespace cbuild::cli
