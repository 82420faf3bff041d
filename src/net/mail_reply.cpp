// SPDX-License-Identifier: Apache-2.0
#include "net/mail_reply.h"

#include <algorithm>

#include "base/text.h"

namespace sekisho {

void MailReply::hear(std::string_view line) {
  constexpr long kLeft = 221;
  line = trim(line);
  const long said = static_cast<long>(whole_number(line.substr(0, 3)));
  if (line.size() < 3 || said < 0 || said == kLeft) return;
  if (over) *this = {.code = said, .words = {}};
  over = line.size() == 3 || line[3] != '-';
  const std::string_view more = trim(line.substr(std::min<std::size_t>(line.size(), 4)));
  if (words.size() >= kMostWords) return;
  words += (words.empty() ? "" : " ") + printable(more, kMostWords - words.size());
}

}  // namespace sekisho
