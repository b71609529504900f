// The rules: one function each, or one for several about the same instruction.
#pragma once

#include <string_view>

namespace cbuild::frontend {

class Findings;
struct LintInput;
struct StageView;

// lint_characters.cpp
void check_characters(std::string_view text, Findings& findings);

// lint_file.cpp: what the instructions tell by themselves
void check_instruction_casing(const LintInput& input, Findings& findings);
void check_writing(const LintInput& input, Findings& findings);

// lint_from.cpp
void check_stage_names(const LintInput& input, Findings& findings);
void check_base_names(const LintInput& input, Findings& findings);

// lint_platform.cpp
void check_platform_flag(const StageView& view, Findings& findings);
void check_base_platform(const StageView& view, Findings& findings);

// lint_variables.cpp
void check_undefined_variables(const LintInput& input, Findings& findings);
void check_secrets(const LintInput& input, Findings& findings);

// lint_metadata.cpp
void check_commands(const StageView& view, Findings& findings);
void check_workdir(const StageView& view, Findings& findings);
void check_expose(const StageView& view, Findings& findings);

// lint_copy.cpp
void check_ignored_files(const StageView& view, Findings& findings);
void check_copy_before_install(const StageView& view, Findings& findings);

// lint_rewritten.cpp
void check_rewritten_files(const StageView& view, Findings& findings);

// lint_packages.cpp
void check_package_lists(const StageView& view, Findings& findings);
void check_cache_mounts(const StageView& view, Findings& findings);

}  // namespace cbuild::frontend
