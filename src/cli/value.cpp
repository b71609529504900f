// Values of templates; see value.h.
#include "src/cli/value.h"

#include <algorithm>
#include <limits>

#include "cbuild/util/overloaded.h"

namespace cbuild::cli {

Value::Value(std::uint64_t number) {
  if (number <= std::numeric_limits<std::int64_t>::max()) {
    content_ = static_cast<std::int64_t>(number);
  } else {
    content_ = static_cast<double>(number);
  }
}

Value Value::missing() {
  return Value(Content(Missing{}));
}

Value Value::list(List elements) {
  return Value(Content(Elements{std::make_shared<const List>(std::move(elements))}));
}

Value Value::texts(const std::vector<std::string>& elements) {
  return list(List(elements.begin(), elements.end()));
}

/// Sorted; of several members of one name, the last one.
Value::Members Value::unique(Members members) {
  std::ranges::stable_sort(members, {}, &Member::name);
  Members result;
  for (Member& member : members) {
    if (!result.empty() && result.back().name == member.name) result.pop_back();
    result.push_back(std::move(member));
  }
  return result;
}

Value Value::map(Members members) {
  auto all = std::make_shared<const Members>(unique(std::move(members)));
  return Value(Content(Object{Kind::map, std::move(all)}));
}

Value Value::record(Members members) {
  auto all = std::make_shared<const Members>(std::move(members));
  return Value(Content(Object{Kind::record, std::move(all)}));
}

Value Value::lookup(Members members) {
  auto all = std::make_shared<const Members>(unique(std::move(members)));
  return Value(Content(Object{Kind::lookup, std::move(all)}));
}

Value Value::nil_list() {
  return Value(Content(Elements{}));
}

Value Value::nil_map() {
  return Value(Content(Object{Kind::map, nullptr}));
}

Value::Kind Value::kind() const noexcept {
  return std::visit(
      overloaded{[](std::monostate) { return Kind::null; }, [](Missing) { return Kind::missing; },
                 [](bool) { return Kind::boolean; }, [](std::int64_t) { return Kind::integer; },
                 [](double) { return Kind::real; }, [](const Text&) { return Kind::text; },
                 [](const Elements&) { return Kind::list; },
                 [](const Object& object) { return object.kind; }},
      content_);
}

std::span<const Value> Value::elements() const {
  const auto& list = std::get<Elements>(content_).list;
  return list ? std::span<const Value>(*list) : std::span<const Value>();
}

std::span<const Value::Member> Value::members() const {
  const auto& members = std::get<Object>(content_).members;
  return members ? std::span<const Member>(*members) : std::span<const Member>();
}

bool Value::is_nil_container() const noexcept {
  const auto* list = std::get_if<Elements>(&content_);
  const auto* object = std::get_if<Object>(&content_);
  return (list != nullptr && !list->list) || (object != nullptr && !object->members);
}

const Value* Value::find(std::string_view name) const {
  if (!has_members() && kind() != Kind::lookup) return nullptr;
  const auto all = members();
  const auto found = kind() == Kind::record
                         ? std::ranges::find(all, name, &Member::name)
                         : std::ranges::lower_bound(all, name, {}, &Member::name);
  return found != all.end() && found->name == name ? &found->value : nullptr;
}

bool Value::truth() const {
  switch (kind()) {
    case Kind::missing:
    case Kind::null:
      return false;
    case Kind::boolean:
      return boolean();
    case Kind::integer:
      return integer() != 0;
    case Kind::real:
      return real() != 0;
    case Kind::text:
      return !text().empty();
    case Kind::list:
      return !elements().empty();
    case Kind::map:
      return !members().empty();
    case Kind::record:
    case Kind::lookup:
      return true;
  }
  return false;
}

std::string_view Value::type_name() const noexcept {
  switch (kind()) {
    case Kind::missing:
    case Kind::null:
      return "nil";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::real:
      return "float64";
    case Kind::text:
      return "string";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::record:
      return "struct";
    case Kind::lookup:
      return "func";
  }
  return "";
}

}  // namespace cbuild::cli
