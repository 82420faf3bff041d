// SPDX-License-Identifier: Apache-2.0
// Internal to the room: text laid out for a terminal.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace sekisho {

enum class Ink : std::uint8_t { plain, bold, dim, red, green, yellow, cyan };

/// Collects lines, wrapped and indented by display width, coloured when the style asks for it.
class Paper {
 public:
  explicit Paper(const TextStyle& style) : style_(style) {}

  const std::string& in(const Text& text) const { return text.in(style_.lang); }
  std::string tr(std::string_view ja, std::string_view en) const {
    return std::string(style_.lang == Lang::ja ? ja : en);
  }
  std::string_view bullet() const { return style_.lang == Lang::ja ? "・" : "- "; }
  std::string ink(Ink ink, std::string_view text) const;

  void blank() { out_ += '\n'; }
  void heading(std::string_view text);
  /// A paragraph. `first` stands before its first line, and the others are indented to match.
  void say(std::string_view text, std::size_t indent = 0, std::string_view first = {},
           Ink colour = Ink::plain, std::string_view plain_first = {});
  /// A line as it is.
  void line(std::string_view text) { (out_ += text) += '\n'; }
  std::string take() { return std::move(out_); }
  const TextStyle& style() const { return style_; }

 private:
  TextStyle style_;
  std::string out_;
};

Ink ink_of(Verdict verdict);
Ink ink_of(Status status);
/// What a check says, where half of it is done as well.
Ink ink_of(const CheckState& check);
Text shown(const CheckState& check);

}  // namespace sekisho
