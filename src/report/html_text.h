// SPDX-License-Identifier: Apache-2.0
// Text as HTML, and what pages that stand alone are written with.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "base/text.h"

namespace sekisho {

/// `text` for an element's content or a quoted attribute.
std::string escaped(std::string_view text);

/// A page in the making, in one language.
class HtmlWriter {
 protected:
  explicit HtmlWriter(Lang lang) : lang_(lang) {}
  template <typename... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }
  std::string tr(std::string_view ja, std::string_view en) const {
    return std::string(lang_ == Lang::ja ? ja : en);
  }
  std::string in(const Text& text) const { return escaped(text.in(lang_)); }

  Lang lang_;
  std::string out_;
};

}  // namespace sekisho
