// Functions that compare; see comparisons.h.
#include "src/cli/template/comparisons.h"

#include "cbuild/util/error.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Value::Kind;

bool is_nil(const Value& value) {
  return value.kind() == Kind::null || value.kind() == Kind::missing || value.is_nil_container();
}

[[noreturn]] void refuse_types(const Value& a, const Value& b) {
  throw Error(ErrorKind::usage, "incompatible types for comparison ({} and {})", a.type_name(),
              b.type_name());
}

bool equal(const Value& a, const Value& b) {
  if (is_nil(a) || is_nil(b)) return is_nil(a) && is_nil(b);
  if (a.kind() != b.kind()) refuse_types(a, b);
  switch (a.kind()) {
    case Kind::boolean:
      return a.boolean() == b.boolean();
    case Kind::integer:
      return a.integer() == b.integer();
    case Kind::real:
      return a.real() == b.real();
    case Kind::text:
      return a.text() == b.text();
    case Kind::missing:
    case Kind::null:
    case Kind::list:
    case Kind::map:
    case Kind::record:
    case Kind::lookup:
      break;
  }
  throw Error(ErrorKind::usage, "non-comparable type {}", a.type_name());
}

bool less(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) refuse_types(a, b);
  if (a.kind() == Kind::integer) return a.integer() < b.integer();
  if (a.kind() == Kind::real) return a.real() < b.real();
  if (a.kind() == Kind::text) return a.text() < b.text();
  throw Error(ErrorKind::usage, "invalid type for comparison: {}", a.type_name());
}

}  // namespace

Value run_eq(Arguments arguments) {
  for (const Value& other : arguments.subspan(1)) {
    if (equal(arguments[0], other)) return true;
  }
  return false;
}

Value run_ne(Arguments arguments) {
  return !equal(arguments[0], arguments[1]);
}

Value run_lt(Arguments arguments) {
  return less(arguments[0], arguments[1]);
}

Value run_le(Arguments arguments) {
  return less(arguments[0], arguments[1]) || equal(arguments[0], arguments[1]);
}

Value run_gt(Arguments arguments) {
  return !run_le(arguments).boolean();
}

Value run_ge(Arguments arguments) {
  return !less(arguments[0], arguments[1]);
}

}  // namespace cbuild::cli::templates
