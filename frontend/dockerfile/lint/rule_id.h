// The rules by name, for the code; rules.cpp has the table.
#pragma once

#include <string_view>

namespace cbuild::frontend {

struct Rule;

/// In the order of the table.
enum class RuleId {
  // BuildKit's, with its names and texts.
  stage_name_casing,
  from_as_casing,
  no_empty_continuation,
  consistent_instruction_casing,
  duplicate_stage_name,
  reserved_stage_name,
  json_args_recommended,
  maintainer_deprecated,
  undefined_arg_in_from,
  workdir_relative_path,
  undefined_var,
  multiple_instructions_disallowed,
  legacy_key_value_format,
  invalid_base_image_platform,
  redundant_target_platform,
  secrets_used_in_arg_or_env,
  invalid_default_arg_in_from,
  from_platform_flag_const_disallowed,
  copy_ignored_file,
  invalid_definition_description,
  expose_proto_casing,
  expose_invalid_format,
  // Ours.
  copied_files_rewritten,
  package_lists_in_layer,
  copy_before_install,
  cache_mount_sharing,
  invisible_characters,
  unknown_syntax,
};

/// The row of the table.
const Rule& rule(RuleId id) noexcept;

/// Not one that we added.
bool is_of_buildkit(std::string_view rule) noexcept;

}  // namespace cbuild::frontend
