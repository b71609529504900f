// Parses and evaluates --mount; see run_mount.h.
#include "frontend/dockerfile/run_mount.h"

#include <algorithm>
#include <array>
#include <limits>

#include "cbuild/util/csv.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"
#include "frontend/dockerfile/expand.h"
#include "frontend/dockerfile/messages.h"
#include "frontend/dockerfile/statement.h"
#include "frontend/dockerfile/words.h"

namespace cbuild::frontend {

void ast::RunMount::collect(Words& words) const {
  for (const auto* word :
       {&type_word, &source, &target, &id, &env, &sharing, &mode, &uid, &gid, &size})
    words.expands(*word);
  words.origin(from);
}

namespace {

using Type = graph::ExecMount::Type;
using Sharing = graph::ExecMount::Sharing;

struct TypeName {
  std::string_view name;
  Type type;
};

constexpr std::array<TypeName, 5> kTypes{{{"bind", Type::bind},
                                          {"cache", Type::cache},
                                          {"tmpfs", Type::tmpfs},
                                          {"secret", Type::secret},
                                          {"ssh", Type::ssh}}};

std::string_view name_of(Type type) {
  return std::ranges::find(kTypes, type, &TypeName::type)->name;
}

constexpr unsigned bit(Type type) {
  return 1U << static_cast<unsigned>(type);
}

constexpr unsigned kAll = ~0U;
constexpr unsigned kWithOwner = bit(Type::cache) | bit(Type::secret) | bit(Type::ssh);
constexpr unsigned kWithFiles = bit(Type::bind) | bit(Type::cache);

/// An option: its name, where its value goes, the types it means something to, and those that may
/// not have it. With the others BuildKit ignores it.
struct Key {
  std::string_view name;
  std::optional<ast::Word> ast::RunMount::*value;
  unsigned types = kAll;
  unsigned refused = 0;
  bool flag = false;  ///< may stand without a value
};

constexpr unsigned kWithSource = kWithFiles | bit(Type::secret);
constexpr unsigned kWithRequired = bit(Type::secret) | bit(Type::ssh);

constexpr std::array<Key, 19> kKeys{{
    {"from", &ast::RunMount::from, kWithFiles, bit(Type::secret)},
    {"source", &ast::RunMount::source, kWithSource},
    {"src", &ast::RunMount::source, kWithSource},
    {"target", &ast::RunMount::target},
    {"dst", &ast::RunMount::target},
    {"destination", &ast::RunMount::target},
    {"id", &ast::RunMount::id, kWithOwner},
    {"sharing", &ast::RunMount::sharing, bit(Type::cache), ~bit(Type::cache)},
    {"mode", &ast::RunMount::mode, kWithOwner, ~kWithOwner},
    {"uid", &ast::RunMount::uid, kWithOwner, ~kWithOwner},
    {"gid", &ast::RunMount::gid, kWithOwner, ~kWithOwner},
    {"size", &ast::RunMount::size, bit(Type::tmpfs), ~bit(Type::tmpfs)},
    {"env", &ast::RunMount::env, bit(Type::secret)},
    {"required", &ast::RunMount::required, kWithRequired, ~kWithRequired, true},
    {"readonly", &ast::RunMount::read_only, kAll, 0, true},
    {"ro", &ast::RunMount::read_only, kAll, 0, true},
    {"readwrite", &ast::RunMount::read_write, kAll, 0, true},
    {"rw", &ast::RunMount::read_write, kAll, 0, true},
    {"type", nullptr},
}};

/// What podman's users write: about labels and propagation, which a mount of a build has no use
/// for.
constexpr auto kWithoutEffect = std::to_array<std::string_view>(
    {"z", "relabel", "bind-nonrecursive", "bind-propagation", "consistency", "private", "rprivate",
     "shared", "rshared", "slave", "rslave", "nodev", "noexec", "nosuid"});

std::vector<std::string_view> key_names() {
  std::vector<std::string_view> names(kKeys.size());
  std::ranges::transform(kKeys, names.begin(), &Key::name);
  return names;
}

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names(kTypes.size());
  std::ranges::transform(kTypes, names.begin(), &TypeName::name);
  return names;
}

/// One `key=value` of the flag.
struct Field {
  ast::Word all;
  std::string key;  ///< in lower case
  std::optional<ast::Word> value;
};

/// The part of `word` that `field` was cut from.
UnquotedWord placed(const CsvField& field, const UnquotedWord& word) {
  UnquotedWord result;
  for (std::size_t i = 0; i < field.text.size(); ++i)
    result.append(field.text[i], word.offsets[field.offsets[i]]);
  return result;
}

std::vector<CsvField> cut(const LogicalLine& line, const UnquotedWord& text) {
  try {
    return csv_fields(text.text);
  } catch (const Error& error) {
    throw DockerfileError(text.slice(line, 0, text.text.size()).range,
                          fmt::format("failed to parse csv mounts: {}", error.what()));
  }
}

std::vector<Field> fields_of(const LogicalLine& line, const UnquotedWord& text) {
  std::vector<Field> fields;
  for (const CsvField& cut_field : cut(line, text)) {
    const UnquotedWord content = placed(cut_field, text);
    const std::size_t equals = content.text.find('=');
    const std::size_t size = content.text.size();
    Field field{.all = content.slice(line, 0, size),
                .key = to_lower(content.text.substr(0, equals)),
                .value = std::nullopt};
    if (equals != std::string::npos) field.value = content.slice(line, equals + 1, size);
    fields.push_back(std::move(field));
  }
  return fields;
}

Type type_named(const std::string& text, const SourceRange& range) {
  const std::string value = to_lower(text);
  const auto known = std::ranges::find(kTypes, std::string_view(value), &TypeName::name);
  if (known == kTypes.end()) {
    throw DockerfileError(range, fmt::format("unsupported mount type {}{}", quoted(text),
                                             suggestion(value, type_names())));
  }
  return known->type;
}

void set_type(ast::RunMount& mount, const std::vector<Field>& fields) {
  const auto field = std::ranges::find(fields, std::string("type"), &Field::key);
  if (field == fields.end() || !field->value) return;
  const std::string& value = field->value->text;
  if (value.find('$') == std::string::npos) {
    mount.type = type_named(value, field->all.range);
  } else {
    mount.type_word = field->value;
  }
}

/// @throws DockerfileError when the type of the mount has no such option
void refuse_misplaced(const Key& key, const SourceRange& range, Type type) {
  if ((key.refused & bit(type)) == 0) return;
  std::string message =
      fmt::format("unexpected key '{}' for mount type '{}'", key.name, name_of(type));
  if (key.name == "mode" || key.name == "uid" || key.name == "gid") {
    message = fmt::format("{} not allowed for \"{}\" type mounts", key.name, name_of(type));
  } else if (key.name == "sharing") {
    message = type == Type::secret
                  ? "secret mount should not define sharing"
                  : fmt::format("invalid cache sharing set for {} mount", name_of(type));
  } else if (key.name == "from") {
    message = fmt::format("{} mount should not have a from", name_of(type));
  }
  throw DockerfileError(range, message);
}

void set_option(ast::RunMount& mount, const Field& field) {
  if (std::ranges::find(kWithoutEffect, field.key) != kWithoutEffect.end()) return;
  const auto key = std::ranges::find(kKeys, std::string_view(field.key), &Key::name);
  if (!field.value && (key == kKeys.end() || !key->flag)) {
    throw DockerfileError(
        field.all.range,
        fmt::format("invalid field '{}' must be a key=value pair", printable(field.all.text)));
  }
  if (key == kKeys.end()) {
    throw DockerfileError(
        field.all.range,
        fmt::format("unexpected key '{}' in '{}'{}", printable(field.key),
                    printable(field.all.text), suggestion(field.key, key_names())));
  }
  if (key->value == nullptr) return;  // the type: known already
  if (!mount.type_word) refuse_misplaced(*key, field.all.range, mount.type);
  if (field.key == "from" && field.value->text.find('$') != std::string::npos) {
    throw DockerfileError(field.all.range,
                          "'from' doesn't support variable expansion, define alias stage instead");
  }
  if (!mount.type_word && (key->types & bit(mount.type)) == 0) return;
  if (field.key == "from" && field.value->text.empty()) return;  // as if it were not there
  // Of ro and rw the last one counts.
  if (key->value == &ast::RunMount::read_only) mount.read_write.reset();
  if (key->value == &ast::RunMount::read_write) mount.read_only.reset();
  mount.*(key->value) = field.value.value_or(ast::Word{.text = "true", .range = field.all.range});
}

bool evaluate_flag(const std::optional<ast::Word>& word,
                   const WordExpander& expand,
                   std::string_view name,
                   bool absent) {
  if (!word) return absent;
  const std::string value = expand(*word);
  for (const std::string_view yes : {"1", "t", "T", "true", "True", "TRUE"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "False", "FALSE"}) {
    if (value == no) return false;
  }
  throw DockerfileError(word->range, fmt::format("invalid value for {}: {} (want true or false)",
                                                 name, printable(value)));
}

std::optional<std::uint32_t> evaluate_number(const std::optional<ast::Word>& word,
                                             const WordExpander& expand,
                                             unsigned base,
                                             std::string_view name) {
  if (!word) return std::nullopt;
  const std::string text = expand(*word);
  std::uint64_t value = 0;
  bool good = !text.empty();
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(static_cast<unsigned char>(c)) - '0';
    good = good && digit < base;
    if (good) value = value * base + digit;
    good = good && value <= std::numeric_limits<std::uint32_t>::max();
  }
  if (!good) {
    throw DockerfileError(
        word->range,
        fmt::format("invalid value {} for {} (want {})", printable(text), name,
                    base == 8 ? "octal digits, as 0755" : "a number from 0 to 4294967295"));
  }
  return static_cast<std::uint32_t>(value);
}

/// "64m", "1.5GiB": units are powers of 1024, as in docker run.
std::uint64_t evaluate_size(const ast::Word& word, const WordExpander& expand) {
  const std::string text = to_lower(trim(expand(word)));
  std::string_view rest = text;
  double value = 0;
  double scale = 0;  // of the next digit behind the point
  bool digits = false;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char c = rest.front();
    if (c == '.' && scale == 0) {
      scale = 1;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      value = scale == 0 ? value * 10 + (c - '0') : value + (c - '0') * (scale /= 10);
    } else {
      break;
    }
  }
  rest = trim(rest);
  static constexpr std::string_view kUnits = "kmgtp";
  if (!rest.empty() && kUnits.find(rest.front()) != kUnits.npos) {
    for (std::size_t i = 0; i <= kUnits.find(rest.front()); ++i)
      value *= 1024;
    rest.remove_prefix(1);
    if (rest.starts_with('i')) rest.remove_prefix(1);
  }
  if (rest.starts_with('b')) rest.remove_prefix(1);
  if (!digits || !rest.empty() || value > 9e18) {
    throw DockerfileError(
        word.range, fmt::format("invalid value for size: {} (write 64m or 1g)", printable(text)));
  }
  return static_cast<std::uint64_t>(value);
}

Sharing evaluate_sharing(const std::optional<ast::Word>& word, const WordExpander& expand) {
  if (!word) return Sharing::shared;
  const std::string value = to_lower(expand(*word));
  if (value == "shared") return Sharing::shared;
  if (value == "private") return Sharing::private_;
  if (value == "locked") return Sharing::locked;
  static constexpr std::array<std::string_view, 3> kModes{"shared", "private", "locked"};
  throw DockerfileError(word->range, fmt::format("unsupported sharing value {}{}", quoted(value),
                                                 suggestion(value, kModes)));
}

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return std::string(slash == path.npos ? path : path.substr(slash + 1));
}

/// The type after expansion. @throws DockerfileError when that type has no such option
Type evaluate_type(const ast::RunMount& mount, const WordExpander& expand) {
  const Type type = type_named(expand(*mount.type_word), mount.type_word->range);
  for (const Key& key : kKeys) {
    if (key.value == nullptr) continue;
    const auto& value = mount.*(key.value);
    if (value) refuse_misplaced(key, value->range, type);
  }
  return type;
}

/// Defaults of a secret: id, target and mode.
void fill_in_secret(graph::ExecMount& result, const ast::RunMount& mount) {
  if (!result.source.empty() && !result.id.empty()) {
    throw DockerfileError(mount.text.range, "both source and id can't be set");
  }
  if (result.id.empty()) result.id = result.source;
  if (result.id.empty()) result.id = base_name(result.target);
  if (result.id.empty()) {
    throw DockerfileError(mount.text.range, "invalid secret mount. one of source, target required");
  }
  result.source.clear();
  if (mount.env && result.env.empty()) result.env = result.id;
  if (result.target.empty() && result.env.empty()) {
    result.target = "/run/secrets/" + base_name(result.id);
  }
  if (!result.mode) result.mode = 0400;
}

void fill_in_defaults(graph::ExecMount& result, const ast::RunMount& mount) {
  if (result.type == Type::secret) {
    fill_in_secret(result, mount);
  } else if (result.type == Type::ssh) {
    if (result.id.empty()) result.id = "default";
    if (!result.mode) result.mode = 0600;
  }
  if (result.source.empty() && (bit(result.type) & kWithFiles) != 0) {
    result.source = "/";
  }
}

}  // namespace

ast::RunMount parse_mount(const LogicalLine& line, const UnquotedWord& value, char escape) {
  const std::vector<Field> fields = fields_of(line, value);
  ast::RunMount mount;
  mount.text = value.slice(line, 0, value.text.size());
  set_type(mount, fields);
  for (const Field& field : fields)
    set_option(mount, field);
  if (value.text.find('$') == std::string::npos) {
    // Without variables the values are final: report errors now, not when the stage is built.
    const auto nothing_set = [](std::string_view) { return std::optional<std::string>(); };
    evaluate_mount(mount, [&](const ast::Word& word) {
      return expand_word(word, nothing_set, {.escape = escape});
    });
  }
  return mount;
}

graph::ExecMount evaluate_mount(const ast::RunMount& mount, const WordExpander& expand) {
  const auto text = [&](const std::optional<ast::Word>& word) {
    return word ? expand(*word) : std::string();
  };
  graph::ExecMount result;
  result.type = mount.type_word ? evaluate_type(mount, expand) : mount.type;
  result.source = text(mount.source);
  result.target = text(mount.target);
  result.id = text(mount.id);
  result.env = text(mount.env);
  result.sharing = evaluate_sharing(mount.sharing, expand);
  result.mode = evaluate_number(mount.mode, expand, 8, "mode");
  result.uid = evaluate_number(mount.uid, expand, 10, "uid");
  result.gid = evaluate_number(mount.gid, expand, 10, "gid");
  if (mount.size) result.size = evaluate_size(*mount.size, expand);
  result.required = evaluate_flag(mount.required, expand, "required", false);
  const bool writable = result.type == Type::cache || result.type == Type::tmpfs;
  result.read_only = evaluate_flag(mount.read_only, expand, "readonly", !writable);
  if (mount.read_write) {
    result.read_only = !evaluate_flag(mount.read_write, expand, "readwrite", true);
  }
  fill_in_defaults(result, mount);
  return result;
}

}  // namespace cbuild::frontend
