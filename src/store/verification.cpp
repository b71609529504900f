// Notes damage; see verification.h.
#include "src/store/verification.h"

#include <utility>

#include "cbuild/util/cancel.h"

namespace cbuild::store {

void Verification::note(Damage::Kind kind,
                        std::string subject,
                        std::string problem,
                        const std::function<std::string()>& mend) {
  Damage damage{kind, std::move(subject), std::move(problem), {}};
  if (options.repair && mend) damage.remedy = mend();
  result.damages.push_back(std::move(damage));
}

void Verification::tell(std::string_view what, std::uint64_t done, std::uint64_t total) const {
  cancel.check();
  if (options.progress) options.progress(what, done, total);
}

}  // namespace cbuild::store
