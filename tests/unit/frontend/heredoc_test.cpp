// Here-documents among the words of an instruction.
#include "frontend/dockerfile/heredoc.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frontend/dockerfile/ast_parts.h"

namespace cbuild::frontend {

TEST_CASE("a heredoc word") {
  struct Row {
    std::string word;
    std::string name;  ///< empty = none
    bool expand, strip_tabs;
    int descriptor;
  };

  const Row rows[] = {
      {"<<EOF", "EOF", true, false, 0},
      {"<<-EOF", "EOF", true, true, 0},
      {"<<\"EOF\"", "EOF", false, false, 0},
      {"<<E'O'F", "EOF", false, false, 0},
      {"<<\\EOF", "EOF", true, false, 0},
      {"<<E\\'OF", "E'OF", true, false, 0},
      {"<<\"E\\OF\"", "E\\OF", false, false, 0},
      {"<< EOF", "EOF", true, false, 0},
      {"<<- \t'EOF'", "EOF", false, true, 0},
      {"<< -EOF", "-EOF", true, false, 0},
      {"<<EOF sh", "", true, false, 0},
      {"3<<EOF", "EOF", true, false, 3},
      {"<<", "", true, false, 0},
      {"<<-", "", true, false, 0},
      {"<<<EOF", "", true, false, 0},
      {"a<<EOF", "", true, false, 0},
      {"<<'EOF", "", true, false, 0},
      {"<<\"\"", "", true, false, 0},
      {"99999999999999999999<<E", "E", true, false, 0},
      {"9999999999<<E", "E", true, false, 1 << 20},
      {"0<<E", "E", true, false, 0},
      {"-1<<E", "", true, false, 0},
      {"<<E<F", "", true, false, 0},
      {"<<E\\", "E\\", true, false, 0},
      {"<<''E", "E", false, false, 0},
      {"<<\"E", "", true, false, 0},
      {"<<\"E\\\"F\"", "E\"F", false, false, 0},
      {"<<'E\\F'", "E\\F", false, false, 0},
      {"<<$E", "$E", true, false, 0},
      {"<<\u20ac", "\u20ac", true, false, 0},
      {"", "", true, false, 0},
      {"EOF", "", true, false, 0},
      {"12", "", true, false, 0},
  };
  for (const Row& row : rows) {
    CAPTURE(row.word);
    const auto heredoc = parse_heredoc_word(row.word);
    CHECK(heredoc.has_value() == !row.name.empty());
    if (!heredoc) continue;
    CHECK(heredoc->name == row.name);
    CHECK(heredoc->expand == row.expand);
    CHECK(heredoc->strip_tabs == row.strip_tabs);
    CHECK(heredoc->descriptor == row.descriptor);
  }
}

TEST_CASE("heredocs are found where a shell would see them") {
  using Names = std::vector<std::string>;

  struct Row {
    std::string args;
    Names names;
  };

  const Row rows[] = {
      {"", {}},
      {"cat", {}},
      {"cat <<A", {"A"}},
      {"cat <<A <<-B 3<<'C D' > f", {"A", "B", "C D"}},
      {"cat << A", {"A"}},
      {"cat <<\tA", {"A"}},
      {"cat 3<<- 'A B'", {"A B"}},
      {"cat <<", {}},
      {"cat << A <<", {"A"}},
      {"cat <<A <<A", {"A", "A"}},
      {"cat a<<A", {}},
      {"cat <<<A", {}},
      {"cat <<<<A", {}},
      {"cat <<A; x", {"A;"}},  // as BuildKit: a word ends at a blank
      // quotes and escapes hold a word together
      {"echo '<<A'", {}},
      {"echo \"a <<A b\"", {}},
      {"echo a\\ <<A", {}},
      {"echo a\\\\ <<A", {"A"}},
      {"echo 'a\\' <<A", {"A"}},
      {"echo \"a\\\" <<A\"", {}},
      {"echo it's <<A", {}},  // a quote that is not closed: no shell would run that
      // arithmetic shifts
      {"echo $((1<<A))", {}},
      {"echo $(( 1 << A ))", {}},
      {"echo $(( 1 <<A )) <<B", {"B"}},
      {"echo $(( (1) << A )) <<B", {"B"}},
      {"((i <<= 1)) <<A", {"A"}},
      {"grep '((' <<A", {"A"}},
      {"grep \"((\" <<A", {"A"}},
      {"grep \\(\\( <<A", {"A"}},
      {"f() { x; } <<A", {"A"}},
      {"x )) <<A", {"A"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.args);
    Names names;
    for (const ast::Heredoc& heredoc : find_heredocs(row.args))
      names.push_back(heredoc.name);
    CHECK(names == row.names);
  }
}

TEST_CASE("a heredoc lacks its name when the next word is it") {
  for (const char* word : {"<<", "<<-", "3<<", "42<<-"}) {
    CAPTURE(word);
    CHECK(lacks_heredoc_name(word));
  }
  for (const char* word : {"", "<", "<<A", "<<-A", "<<<", "3", "a<<", "<<--", "<< "}) {
    CAPTURE(word);
    CHECK_FALSE(lacks_heredoc_name(word));
  }
}

}  // namespace cbuild::frontend
