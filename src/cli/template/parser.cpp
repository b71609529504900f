// Parses templates; see parser.h.
#include "src/cli/template/parser.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "src/cli/template/pipeline_parser.h"

namespace cbuild::cli::templates {

namespace {

using Kind = Token::Kind;

constexpr int kMaxDepth = 100;

std::optional<Node::Kind> control_of(const Token& word) {
  if (word.kind != Kind::identifier) return std::nullopt;
  if (word.name == "if") return Node::Kind::if_true;
  if (word.name == "range") return Node::Kind::range;
  if (word.name == "with") return Node::Kind::with;
  return std::nullopt;
}

bool is_word(const Token& token, std::string_view name) {
  return token.kind == Kind::identifier && token.name == name;
}

class Parser {
 public:
  Parser(std::string_view source, Escapes escapes)
      : source_(source), pieces_(cut_template(source, escapes)) {}

  std::vector<Node> run() {
    std::vector<Node> nodes = parse_list(0);
    if (at_ < pieces_.size()) {
      const Token& word = pieces_[at_].words.front();
      fail(source_, word.place, fmt::format("unexpected {{{{{}}}}}", word.name));
    }
    return nodes;
  }

 private:
  /// Up to an {{end}} or {{else}}, which is left, or the end of the template. Variables that are
  /// declared in it end with it.
  std::vector<Node> parse_list(int depth) {
    const std::size_t known = variables_.size();
    std::vector<Node> nodes;
    while (at_ < pieces_.size()) {
      Piece& piece = pieces_[at_];
      if (piece.words.empty()) {
        Node node;
        node.text = std::move(piece.text);
        nodes.push_back(std::move(node));
        ++at_;
        continue;
      }
      const Token& first = piece.words.front();
      if (is_word(first, "end") || is_word(first, "else")) break;
      nodes.push_back(parse_action(depth));
    }
    variables_.resize(known);
    return nodes;
  }

  Node parse_action(int depth) {
    const std::vector<Token>& words = pieces_[at_].words;
    refuse_unsupported(words.front());
    ++at_;
    if (const auto control = control_of(words.front())) {
      return parse_control(*control, words, 1, depth);
    }
    Node node;
    node.kind = Node::Kind::print;
    node.pipeline = PipelineParser(source_, words, variables_).parse(false);
    return node;
  }

  /// @param skipped  words before the pipeline: "if", or "else if"
  Node parse_control(Node::Kind kind,
                     const std::vector<Token>& words,
                     std::size_t skipped,
                     int depth) {
    const Token& first = words.front();
    if (depth == kMaxDepth) {
      fail(source_, first.place, fmt::format("nested more than {} deep", kMaxDepth));
    }
    const std::size_t known = variables_.size();
    Node node;
    node.kind = kind;
    PipelineParser parser(source_, words, variables_);
    for (std::size_t i = 0; i < skipped; ++i)
      parser.skip();
    node.pipeline = parser.parse(kind == Node::Kind::range);
    node.body = parse_list(depth + 1);
    if (at_ == pieces_.size()) {
      fail(source_, first.place, fmt::format("{{{{{}}}}} is not closed", first.name),
           "write {{end}} behind it");
    }
    parse_rest(node, kind, depth);
    variables_.resize(known);
    return node;
  }

  /// From {{else}} or {{end}} on.
  void parse_rest(Node& node, Node::Kind kind, int depth) {
    const std::vector<Token>& words = pieces_[at_].words;
    ++at_;
    if (is_word(words[0], "end")) {
      expect_end(words, 1);
      return;
    }
    // {{else if}} is an {{else}}{{if}} that shares the {{end}}.
    if (const auto further = control_of(words[1]);
        further && *further == kind && kind != Node::Kind::range) {
      node.otherwise.push_back(parse_control(*further, words, 2, depth + 1));
      return;
    }
    expect_end(words, 1);
    node.otherwise = parse_list(depth + 1);
    if (at_ == pieces_.size() || !is_word(pieces_[at_].words.front(), "end")) {
      fail(source_, words[0].place, "{{else}} is not closed", "write {{end}} behind it");
    }
    expect_end(pieces_[at_].words, 1);
    ++at_;
  }

  void expect_end(const std::vector<Token>& words, std::size_t at) const {
    if (words[at].kind == Kind::end) return;
    fail(source_, words[at].place, fmt::format("unexpected word in {{{{{}}}}}", words[0].name));
  }

  void refuse_unsupported(const Token& word) const {
    constexpr std::array<std::string_view, 5> kUnsupported = {"define", "template", "block",
                                                              "break", "continue"};
    if (word.kind != Kind::identifier ||
        std::ranges::find(kUnsupported, word.name) == kUnsupported.end())
      return;
    fail(source_, word.place, fmt::format("{{{{{}}}}} is not supported", word.name),
         "known actions: if, else, range, with, end");
  }

  std::string_view source_;
  std::vector<Piece> pieces_;
  std::size_t at_ = 0;
  std::vector<std::string> variables_ = {"$"};
};

}  // namespace

std::vector<Node> parse_template(std::string_view source, Escapes escapes) {
  return Parser(source, escapes).run();
}

}  // namespace cbuild::cli::templates
