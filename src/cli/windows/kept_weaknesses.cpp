#include "cli/app.h"

namespace sekisho {

/// None: versions are matched with their weaknesses by the server.
Result<void> App::add_weaknesses(Feeds& /*feeds*/) const { return {}; }

}  // namespace sekisho
