// Extended attributes: the record of an owner is hidden, so that a copy of a file does not take it
// along.
#include <linux/limits.h>
#include <sys/xattr.h>

#include <span>
#include <string>
#include <string_view>

#include "src/sandbox/emulated_calls/answer.h"
#include "src/sandbox/emulated_calls/call_context.h"
#include "src/sandbox/standpoint.h"

namespace cbuild::sandbox {

namespace {

constexpr std::string_view kOurs = "user.cbuild.";

/// Without those of ours; each name ends with a NUL byte.
std::string visible_names(std::string_view names) {
  std::string visible;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find('\0') + 1);
    if (!name.starts_with(kOurs)) visible += name;
    names.remove_prefix(name.size());
  }
  return visible;
}

}  // namespace

Reply answer_set_attribute(const CallContext& call) {
  const auto name = call.tracee.read_string(call.argument(0));
  if (name && std::string_view(*name).starts_with(kOurs)) return failing(EPERM);
  return Proceed{};
}

Reply answer_list_attributes(const CallContext& call) {
  const auto name = call.tracee.file_of(call.form);
  if (!name || call.owners().look(call.tracee.quick_name(*name), name->follow) !=
                   StepOwners::Answer::found) {
    return Proceed{};
  }
  const Fd file = call.open(*name);
  if (!file) return Proceed{};
  std::string names(XATTR_LIST_MAX, '\0');
  const ssize_t size = ::listxattr(path_of(file.get()).c_str(), names.data(), names.size());
  if (size < 0) return Proceed{};
  const std::string visible = visible_names({names.data(), static_cast<std::size_t>(size)});
  const std::uint64_t room = call.argument(1);
  if (room == 0) return Return{static_cast<long>(visible.size())};
  if (room < visible.size()) return failing(ERANGE);
  if (!call.tracee.write(call.argument(0), std::as_bytes(std::span(visible))))
    return failing(EFAULT);
  return Return{static_cast<long>(visible.size())};
}

}  // namespace cbuild::sandbox
