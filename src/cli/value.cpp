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

Value Value::map(Members members) {
  std::ranges::stable_sort(members, {}, &Member::name);
  Members unique;
  for (Member& member : members) {
    if (!unique.empty() && unique.back().name == member.name) unique.pop_back();
    unique.push_back(std::move(member));
  }
  return Value(Content(Object{true, std::make_shared<const Members>(std::move(unique))}));
}

Value Value::record(Members members) {
  return Value(Content(Object{false, std::make_shared<const Members>(std::move(members))}));
}

Value Value::nil_list() {
  return Value(Content(Elements{}));
}

Value Value::nil_map() {
  return Value(Content(Object{true, nullptr}));
}

Value::Kind Value::kind() const noexcept {
  return std::visit(
      overloaded{[](std::monostate) { return Kind::null; }, [](Missing) { return Kind::missing; },
                 [](bool) { return Kind::boolean; }, [](std::int64_t) { return Kind::integer; },
                 [](double) { return Kind::real; }, [](const Text&) { return Kind::text; },
                 [](const Elements&) { return Kind::list; },
                 [](const Object& object) { return object.is_map ? Kind::map : Kind::record; }},
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
  if (!has_members()) return nullptr;
  const auto all = members();
  const auto found = kind() == Kind::map ? std::ranges::lower_bound(all, name, {}, &Member::name)
                                         : std::ranges::find(all, name, &Member::name);
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
  }
  return "";
}

}  // namespace cbuild::cli
