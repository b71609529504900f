// The words of one action → a pipeline.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/cli/template/syntax.h"
#include "src/cli/template/token.h"

namespace cbuild::cli::templates {

/// Reads one action from its first word on.
class PipelineParser {
 public:
  /// @param variables  that exist; those that a pipeline declares are added
  PipelineParser(std::string_view source,
                 const std::vector<Token>& words,
                 std::vector<std::string>& variables)
      : source_(source), words_(words), variables_(variables) {}

  /// The word that is next.
  const Token& peek() const { return words_[at_]; }

  void skip() { ++at_; }

  /// The pipeline that the rest of the action is.
  /// @param range  whether it may declare two variables
  Pipeline parse(bool range);

 private:
  Pipeline parse_until(Token::Kind end, int depth);
  void parse_variables(Pipeline& pipeline, bool range);
  Command parse_command(int depth);
  Operand parse_operand(int depth);
  Operand parse_base(int depth);
  void check_stages(const Pipeline& pipeline) const;
  void check_variable(const Token& token) const;
  [[noreturn]] void unexpected(const Token& token, std::string_view where) const;

  std::string_view source_;
  const std::vector<Token>& words_;
  std::vector<std::string>& variables_;
  std::size_t at_ = 0;
};

}  // namespace cbuild::cli::templates
