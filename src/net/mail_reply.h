// SPDX-License-Identifier: Apache-2.0
// What a mail server answers (RFC 5321, 4.2), line by line as it comes: a stranger's words.
#pragma once

#include <string>
#include <string_view>

namespace sekisho {

struct MailReply {
  long code = 0;      // of the newest reply; 0: none yet
  std::string words;  // of all its lines, to be shown
  bool over = true;   // no line of it follows

  static constexpr std::size_t kMostWords = 300;

  /// One line: its number, a hyphen where another follows, words. What is said when it is left
  /// (221), and what is no line of a reply, is nothing to the mail.
  void hear(std::string_view line);
};

}  // namespace sekisho
