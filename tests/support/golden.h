// Tests against recorded text: folders of cases, and files that CBUILD_UPDATE_GOLDEN=1 rewrites.
#pragma once

#include <string>
#include <vector>

namespace cbuild::test {

/// Paths of the case folders in testdata/`folder`, sorted.
std::vector<std::string> cases(const std::string& folder);

/// What is recorded in `path`; with CBUILD_UPDATE_GOLDEN=1 `actual` is recorded there first.
/// A missing file reads as empty.
std::string golden(const std::string& path, const std::string& actual);

}  // namespace cbuild::test
