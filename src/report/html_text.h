// Text as HTML, for pages that stand alone.
#pragma once

#include <string>
#include <string_view>

namespace sekisho {

/// `text` for an element's content or a quoted attribute.
std::string escaped(std::string_view text);

}  // namespace sekisho
