// Collects what the rules find.
#pragma once

#include <string>
#include <vector>

#include "cbuild/graph/diagnostic.h"
#include "frontend/dockerfile/lint/rule_id.h"

namespace cbuild::frontend {

struct Ast;
struct CheckOptions;

class Findings {
 public:
  explicit Findings(const CheckOptions& options) : options_(options) {}

  /// Ignored when the rule does not count. Control characters in `message` are made visible.
  void add(RuleId id, const graph::SourceRange& range, const std::string& message);

  /// In order of the file, each once, without those that a comment above their instruction
  /// silences.
  std::vector<graph::Diagnostic> take(const Ast& ast);

 private:
  const CheckOptions& options_;
  std::vector<graph::Diagnostic> found_;
};

}  // namespace cbuild::frontend
