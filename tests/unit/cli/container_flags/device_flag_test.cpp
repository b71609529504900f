// --device and --gpus.
#include "src/cli/container_flags/device_flag.h"

#include "src/cli/container_flags/gpu_flag.h"
#include "tests/unit/cli/refusal.h"

namespace cbuild::cli {
namespace {

TEST_CASE("a device has a path here, a path there and permissions") {
  struct Row {
    const char* text;
    DeviceRequest wanted;
  };

  const Row rows[] = {{"/dev/fuse", {"/dev/fuse", "/dev/fuse", "rwm", ""}},
                      {"/dev/sr0:/dev/cd", {"/dev/sr0", "/dev/cd", "rwm", ""}},
                      {"/dev/sr0:r", {"/dev/sr0", "/dev/sr0", "r", ""}},
                      {"/dev/sr0:mr", {"/dev/sr0", "/dev/sr0", "mr", ""}},
                      {"/dev/sr0:/dev/cd:rw", {"/dev/sr0", "/dev/cd", "rw", ""}},
                      {"vendor.com/gpu=0", {"", "", "rwm", "vendor.com/gpu=0"}},
                      {"v.com/gpu=mig:0:1", {"", "", "rwm", "v.com/gpu=mig:0:1"}}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parse_device_flag(row.text) == row.wanted);
  }
}

TEST_CASE("what is no device is refused") {
  const auto refusal = [](const std::string& text) {
    return refusal_of([&] { parse_device_flag(text); });
  };
  CHECK(refusal("") == "--device '': bad format for path: ");
  CHECK(refusal("/a:/b:r:w") == "--device '/a:/b:r:w': bad format for path: /a:/b:r:w");
  CHECK(refusal("dev/x") == "--device 'dev/x': dev/x is not an absolute path");
  CHECK(refusal("/dev/x:y") == "--device '/dev/x:y': y is not an absolute path");
  CHECK(refusal("/dev/x:rr") == "--device '/dev/x:rr': rr is not an absolute path");
  for (const char* mode : {"", "x", "rr", "rwmr"}) {
    CHECK(refusal("/a:/b:" + std::string(mode)).find("bad mode specified: " + std::string(mode)) !=
          std::string::npos);
  }
}

TEST_CASE("graphics processors are counted or named") {
  const auto with = [](int count, std::vector<std::string> devices) {
    GpuRequest request;
    request.count = count;
    request.devices = std::move(devices);
    return request;
  };
  CHECK(parse_gpu_flag("all") == with(GpuRequest::kAll, {}));
  CHECK(parse_gpu_flag("2") == with(2, {}));
  CHECK(parse_gpu_flag("0") == with(0, {}));
  CHECK(parse_gpu_flag("count=all") == with(GpuRequest::kAll, {}));
  CHECK(parse_gpu_flag("device=0") == with(0, {"0"}));
  CHECK(parse_gpu_flag("\"device=0,GPU-3a\"") == with(0, {"0", "GPU-3a"}));
  const GpuRequest full =
      parse_gpu_flag("driver=nvidia,\"capabilities=compute,utility\",\"options=a=b,c\"");
  CHECK(full.driver == "nvidia");
  CHECK(full.count == 1);
  CHECK(full.capabilities == std::vector<std::string>{"compute", "utility", "gpu"});
  CHECK(full.options == std::map<std::string, std::string>{{"a", "b"}, {"c", ""}});
}

TEST_CASE("what is no request for graphics processors is refused") {
  const auto refusal = [](const std::string& text) {
    return refusal_of([&] { parse_gpu_flag(text); });
  };
  for (const char* count : {"", "some", "-2", "1.5", "99999999999"})
    CHECK(refusal(count).find("value must be either \"all\" or an integer") != std::string::npos);
  CHECK(refusal("device=0,1") ==
        "--gpus 'device=0,1': cannot set both Count and DeviceIDs on device request");
  CHECK(refusal("device=0,device=1").find("can be specified only once") != std::string::npos);
  CHECK(refusal("1,2").find("can be specified only once") != std::string::npos);
  CHECK(refusal("colour=red").find("unexpected key 'colour'") != std::string::npos);
}

}  // namespace
}  // namespace cbuild::cli
