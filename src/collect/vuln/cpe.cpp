#include "collect/vuln/cpe.h"

#include <array>

namespace sekisho {

std::string Cpe::full_version() const {
  if (version == "*" || version == "-") return {};
  return update == "*" || update == "-" ? version : version + " " + update;
}

std::optional<Cpe> parse_cpe(std::string_view text) {
  constexpr std::string_view kStart = "cpe:2.3:";
  constexpr std::size_t kAttributes = 11;
  constexpr std::size_t kLongest = 2000;
  if (!text.starts_with(kStart) || text.size() > kLongest) return std::nullopt;
  std::array<std::string, kAttributes> values;
  std::size_t at = 0;
  for (std::size_t i = kStart.size(); i < text.size(); ++i) {
    char c = text[i];
    if (c == ':') {
      if (++at == kAttributes) return std::nullopt;
      continue;
    }
    if (c == '\\') {
      if (++i == text.size()) return std::nullopt;
      c = text[i];
    }
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
    values.at(at) += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (at + 1 != kAttributes) return std::nullopt;
  for (const std::string& value : values)
    if (value.empty()) return std::nullopt;
  if (values[0] != "a" && values[0] != "o" && values[0] != "h") return std::nullopt;
  return Cpe{values[0][0], values[1], values[2], values[3], values[4], values[8]};
}

}  // namespace sekisho
