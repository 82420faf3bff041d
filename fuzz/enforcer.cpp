// SPDX-License-Identifier: Apache-2.0
// A line of one that enforces, or of the server to it: refused, or read into a message that says
// the same when it is written and read again, and is one line.
#include "fuzz.h"
#include "server/enforcers/message.h"

namespace {

template <typename Message, typename Read>
void hold(const Message& message, Read read) {
  const std::string line = sekisho::line_of(message);
  require(line.size() > 1 && line.find('\n') == line.size() - 1);
  const auto again = read(std::string_view(line).substr(0, line.size() - 1));
  require(again && again->index() == message.index() && sekisho::line_of(*again) == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view line = text_of(data, size);
  if (size >= kMostEnforcerLine) return 0;
  if (const auto message = read_from_enforcer(line)) {
    hold(*message, read_from_enforcer);
    if (const auto* ask = std::get_if<AskToEnter>(&*message)) {
      require(!(ask->key && ask->certificate) && ask->number > 0);
      require(is_plain_line(ask->person.text()));
    }
  }
  if (const auto message = read_from_server(line)) {
    hold(*message, read_from_server);
    if (const auto* verdict = std::get_if<TellVerdict>(&*message))
      require(verdict->token.has_value() == (verdict->answer == AccessAnswer::allow));
    if (const auto* cut = std::get_if<TellCut>(&*message))
      require(is_plain(cut->why.ja) && is_plain(cut->why.en));
  }
  return 0;
}
