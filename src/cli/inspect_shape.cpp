// The shape of docker's documents; see inspect_shape.h.
#include "src/cli/inspect_shape.h"

#include "src/cli/json_value.h"

namespace cbuild::cli {

const DocumentShape& inspect_shape() {
  static const DocumentShape kShape{
      .maps = {"Annotations", "Containers", "DriverOpts", "ExposedPorts", "GraphDriver.Data",
               "Labels", "LogConfig.Config", "Networks", "Options", "PortBindings", "Ports",
               "StorageOpt", "Sysctls", "Tmpfs", "Volumes"},
      .lists = {"Aliases",
                "Args",
                "Binds",
                "CapAdd",
                "CapDrop",
                "Cmd",
                "DNSNames",
                "DeviceCgroupRules",
                "DeviceRequests",
                "Devices",
                "Dns",
                "DnsOptions",
                "DnsSearch",
                "Entrypoint",
                "Env",
                "ExecIDs",
                "ExtraHosts",
                "GroupAdd",
                "IPAM.Config",
                "Layers",
                "Links",
                "Log",
                "MaskedPaths",
                "Mounts",
                "OnBuild",
                "PortBindings.*",
                "Ports.*",
                "ReadonlyPaths",
                "RepoDigests",
                "RepoTags",
                "SecurityOpt",
                "Shell",
                "Ulimits",
                "VolumesFrom"},
  };
  return kShape;
}

}  // namespace cbuild::cli
