// The answers of `cbuild build --call` as JSON, in the form of BuildKit's answers.
#pragma once

#include <string>
#include <vector>

namespace cbuild::frontend {
struct CheckResult;
struct Outline;
struct TargetInfo;
}  // namespace cbuild::frontend

namespace cbuild::cli {

std::string json_of(const frontend::CheckResult& result, const std::string& dockerfile_name);
std::string json_of(const frontend::Outline& outline);
std::string json_of(const std::vector<frontend::TargetInfo>& targets);

}  // namespace cbuild::cli
