// A value as templates see it: of JSON, with the differences that Go's types make.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cbuild::cli {

/// Immutable; a copy shares its content. Thread-safe.
class Value {
 public:
  enum class Kind {
    missing,  ///< what a map has not: prints "<no value>"
    null,     ///< nil: prints "<nil>"
    boolean,
    integer,
    real,
    text,
    list,
    map,     ///< any names, in their order of bytes; one it has not is `missing`
    record,  ///< names known beforehand, in their own order; another one is a mistake
    lookup,  ///< docker's method with a name, {{.Label "x"}}: "" for a name it has not. Member of a
             ///< record, and no part of its text and JSON
  };

  struct Member;
  using List = std::vector<Value>;
  using Members = std::vector<Member>;

  Value() = default;  ///< null

  Value(std::same_as<bool> auto truth) : content_(truth) {}

  Value(std::signed_integral auto number) : content_(std::int64_t{number}) {}

  /// What no std::int64_t holds is a real number.
  Value(std::uint64_t number);

  Value(double number) : content_(number) {}

  Value(std::string text) : content_(std::make_shared<const std::string>(std::move(text))) {}

  Value(std::string_view text) : Value(std::string(text)) {}

  Value(const char* text) : Value(std::string(text)) {}

  static Value missing();
  static Value list(List elements);
  static Value texts(const std::vector<std::string>& elements);
  /// Sorted here; the last of several members of one name counts.
  static Value map(Members members);
  static Value record(Members members);
  static Value lookup(Members members);
  /// Go's nil list and nil map: empty, but `null` in JSON.
  static Value nil_list();
  static Value nil_map();

  Kind kind() const noexcept;

  /// Each of these @pre has that kind.
  bool boolean() const { return std::get<bool>(content_); }

  std::int64_t integer() const { return std::get<std::int64_t>(content_); }

  double real() const { return std::get<double>(content_); }

  const std::string& text() const { return *std::get<Text>(content_); }

  std::span<const Value> elements() const;
  /// Of a map, record or lookup.
  std::span<const Member> members() const;

  bool is_nil_container() const noexcept;

  bool has_members() const noexcept { return kind() == Kind::map || kind() == Kind::record; }

  /// The member of a map, record or lookup; nullptr when there is none, and for every other kind.
  const Value* find(std::string_view name) const;

  /// Go's truth: false, 0, "", nil, and a list or map without elements are not true.
  bool truth() const;

  /// Go's name for the type, as errors have it: "string", "int", "list", …
  std::string_view type_name() const noexcept;

 private:
  struct Missing {};

  struct Object {
    Kind kind;
    std::shared_ptr<const Members> members;  ///< nullptr: nil
  };

  struct Elements {
    std::shared_ptr<const List> list;  ///< nullptr: nil
  };

  using Text = std::shared_ptr<const std::string>;
  using Content =
      std::variant<std::monostate, Missing, bool, std::int64_t, double, Text, Elements, Object>;

  static Members unique(Members members);

  explicit Value(Content content) : content_(std::move(content)) {}

  Content content_;
};

struct Value::Member {
  std::string name;
  Value value;
};

}  // namespace cbuild::cli
