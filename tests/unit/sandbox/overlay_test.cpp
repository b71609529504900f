// Rules of the mount options of an overlay.
#include "src/sandbox/overlay.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/mount.h"

namespace cbuild::sandbox {

TEST_CASE("overlay_options escapes what overlayfs takes for a separator") {
  struct Row {
    OverlayMount mount;
    bool is_volatile;
    std::string options;
  };

  const Row rows[] = {
      {{"/b", {"1", "2"}, "", ""}, true, "userxattr,lowerdir=1:2"},
      {{"/b", {"1"}, "u", "w"}, true, "userxattr,lowerdir=1,upperdir=u,workdir=w,volatile"},
      {{"/b", {"1"}, "u", "w"}, false, "userxattr,lowerdir=1,upperdir=u,workdir=w"},
      {{"/b", {"a:b", "c,d", "e\\f"}, "u,:", "w\\"},
       false,
       "userxattr,lowerdir=a\\:b:c\\,d:e\\\\f,upperdir=u\\,:,workdir=w\\\\"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    CHECK(overlay_options(row.mount, row.is_volatile) == row.options);
  }
}

TEST_CASE("overlay_options refuses more than a page") {
  const OverlayMount mount{"/b", std::vector<std::string>(100, std::string(64, 'x')), "", ""};
  CHECK_THROWS_AS(overlay_options(mount, true), Error);
}

}  // namespace cbuild::sandbox
