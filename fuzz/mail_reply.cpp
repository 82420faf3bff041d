// SPDX-License-Identifier: Apache-2.0
// A mail server's replies, line by line.
#include "net/mail_reply.h"
#include "base/text.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  MailReply reply;
  for (const std::string_view line : split(text_of(data, size), '\n')) {
    const MailReply before = reply;
    reply.hear(line);
    require(reply.code >= 0 && reply.code <= 999 && reply.code != 221);
    require(reply.words.size() <= MailReply::kMostWords + std::string_view("…").size());
    require(is_plain_line(reply.words));
    // A reply has the number of its first line, and grows until the next begins.
    if (!before.over) require(reply.code == before.code && reply.words.starts_with(before.words));
  }
  return 0;
}
