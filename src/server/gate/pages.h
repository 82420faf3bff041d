// SPDX-License-Identifier: Apache-2.0
// The few pages that the gate shows at an application's own name. They need nothing but themselves.
#pragma once

#include <string>
#include <vector>

#include "base/base.h"
#include "server/http/http.h"

namespace sekisho {

struct GatePage {
  unsigned status = 200;
  Text title;
  std::vector<Text> lines;  // each its own paragraph
  struct Link {
    Text words;
    std::string to;
    bool post = false;  // a button that changes something
  };
  std::vector<Link> links = {};
};

/// In the language that the browser asks for.
HttpReply show_page(const GatePage& page, const HttpRequest& request);

/// For programs, and for what shows no page: a status and a line.
HttpReply plain_refusal(unsigned status, const HttpRequest& request);

std::string html_escaped(std::string_view text);

}  // namespace sekisho
