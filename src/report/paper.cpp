// SPDX-License-Identifier: Apache-2.0
#include "report/paper.h"

#include <fmt/format.h>

#include "evidence/partly.h"

namespace sekisho {

std::string Paper::ink(Ink ink, std::string_view text) const {
  if (!style_.colour || ink == Ink::plain) return std::string(text);
  constexpr std::array<std::string_view, 7> kCodes{"0", "1", "2", "31", "32", "33", "36"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes.at(static_cast<std::size_t>(ink)), text);
}

void Paper::heading(std::string_view text) {
  blank();
  line(ink(Ink::bold, text));
}

void Paper::say(std::string_view text, std::size_t indent, std::string_view first, Ink colour,
                std::string_view plain_first) {
  // The width of `first` is that of `plain_first` when it carries colours.
  const std::size_t lead = display_width(plain_first.empty() ? first : plain_first);
  const std::size_t room =
      std::max<std::size_t>(style_.columns, indent + lead + 20) - indent - lead;
  bool begun = false;
  for (const std::string& part : wrap(text, room)) {
    out_.append(indent, ' ');
    if (begun)
      out_.append(lead, ' ');
    else
      out_ += first;
    line(ink(colour, part));
    begun = true;
  }
}

Ink ink_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return Ink::green;
    case Verdict::fail: return Ink::red;
    case Verdict::unknown: return Ink::yellow;
    case Verdict::not_applicable: break;
  }
  return Ink::dim;
}

Text shown(const CheckState& check) {
  return said_partly(check.evidence) ? partly_label() : label(check.verdict());
}

Ink ink_of(const CheckState& check) {
  return said_partly(check.evidence) ? ink_of(Status::partly_met) : ink_of(check.verdict());
}

Ink ink_of(Status status) {
  switch (status) {
    case Status::met: return Ink::green;
    case Status::not_met: return Ink::red;
    case Status::partly_met:
    case Status::unknown: return Ink::yellow;
    case Status::not_applicable: break;
  }
  return Ink::dim;
}

}  // namespace sekisho
