// Functions that look at values; see data_functions.h.
#include "src/cli/template/data_functions.h"

#include "cbuild/util/error.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Value::Kind;

/// Go's zero value of the type that the members have.
Value zero_of_members(const Value& map) {
  // A map without members is one of texts, as labels are.
  const Kind kind = map.members().empty() ? Kind::text : map.members().front().value.kind();
  switch (kind) {
    case Kind::text:
      return "";
    case Kind::boolean:
      return false;
    case Kind::integer:
      return 0;
    case Kind::real:
      return 0.0;
    case Kind::list:
      return Value::nil_list();
    case Kind::missing:
    case Kind::null:
    case Kind::map:
    case Kind::record:
    case Kind::lookup:
      break;
  }
  return {};
}

/// A number from 0 to `most`.
std::size_t checked_index(const Value& key, std::size_t most) {
  if (key.kind() != Kind::integer) {
    throw Error(ErrorKind::usage, "cannot index slice/array with {}{}",
                key.kind() == Kind::null ? "" : "type ", key.type_name());
  }
  if (key.integer() < 0 || static_cast<std::uint64_t>(key.integer()) > most) {
    throw Error(ErrorKind::usage, "index out of range: {}", key.integer());
  }
  return static_cast<std::size_t>(key.integer());
}

std::size_t element_index(const Value& key, std::size_t size) {
  const std::size_t index = checked_index(key, size);
  if (index == size) throw Error(ErrorKind::usage, "index out of range: {}", index);
  return index;
}

Value member_of(const Value& item, const Value& key) {
  if (key.kind() != Kind::text) {
    throw Error(ErrorKind::usage, "value has type {}; should be string", key.type_name());
  }
  if (const Value* found = item.find(key.text())) return *found;
  return item.kind() == Kind::map ? zero_of_members(item) : Value::missing();
}

Value index_once(const Value& item, const Value& key) {
  switch (item.kind()) {
    case Kind::missing:
    case Kind::null:
      throw Error(ErrorKind::usage, "index of untyped nil");
    case Kind::text: {
      const std::size_t index = element_index(key, item.text().size());
      return int{static_cast<unsigned char>(item.text()[index])};
    }
    case Kind::list:
      return item.elements()[element_index(key, item.elements().size())];
    case Kind::map:
    case Kind::record:
      return member_of(item, key);
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
    case Kind::lookup:
      break;
  }
  throw Error(ErrorKind::usage, "can't index item of type {}", item.type_name());
}

}  // namespace

Value run_len(Arguments arguments) {
  const Value& value = arguments[0];
  const auto number = [](std::size_t size) { return static_cast<std::int64_t>(size); };
  if (value.kind() == Kind::text) return number(value.text().size());
  if (value.kind() == Kind::list) return number(value.elements().size());
  if (value.has_members()) return number(value.members().size());
  if (value.kind() == Kind::null || value.kind() == Kind::missing) {
    throw Error(ErrorKind::usage, "len of nil pointer");
  }
  throw Error(ErrorKind::usage, "len of type {}", value.type_name());
}

Value run_index(Arguments arguments) {
  Value item = arguments[0];
  if (item.kind() == Kind::null) throw Error(ErrorKind::usage, "index of untyped nil");
  for (const Value& key : arguments.subspan(1))
    item = index_once(item, key);
  return item;
}

Value run_slice(Arguments arguments) {
  const Value& item = arguments[0];
  const bool is_text = item.kind() == Kind::text;
  if (!is_text && item.kind() != Kind::list) {
    throw Error(ErrorKind::usage, "can't slice item of type {}", item.type_name());
  }
  const std::size_t size = is_text ? item.text().size() : item.elements().size();
  const std::size_t from = arguments.size() > 1 ? checked_index(arguments[1], size) : 0;
  const std::size_t to = arguments.size() > 2 ? checked_index(arguments[2], size) : size;
  if (from > to) throw Error(ErrorKind::usage, "invalid slice index: {} > {}", from, to);
  if (is_text) return item.text().substr(from, to - from);
  const auto part = item.elements().subspan(from, to - from);
  return Value::list({part.begin(), part.end()});
}

Value run_not(Arguments arguments) {
  return !arguments[0].truth();
}

}  // namespace cbuild::cli::templates
