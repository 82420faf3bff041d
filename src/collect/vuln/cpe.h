// SPDX-License-Identifier: Apache-2.0
// Names of products as feeds of weaknesses give them (NISTIR 7695), and how two of them relate
// (NISTIR 7696).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// One attribute of a name: any value, none ("not applicable"), or a text in which only * and ?
/// without a backslash are wildcards.
class CpeValue {
 public:
  /// The text of a formatted string: "*", "-", "notepad\+\+", "9.*". Nothing for what is none.
  static std::optional<CpeValue> parse(std::string_view text);
  static CpeValue any() { return {}; }
  static CpeValue none();
  /// A text without wildcards; any for an empty one.
  static CpeValue literal(std::string_view text);

  bool is_any() const { return kind_ == Kind::any; }
  bool is_none() const { return kind_ == Kind::none; }
  bool wild() const { return kind_ == Kind::wild; }
  /// In lower case and without backslashes; "*" and "-" for any and none.
  std::string text() const;
  /// The text of a formatted string, in lower case.
  const std::string& formatted() const { return formatted_; }
  bool operator==(const CpeValue&) const = default;

 private:
  enum class Kind : std::uint8_t { any, none, literal, wild };
  Kind kind_ = Kind::any;
  std::string formatted_ = "*";
};

/// How a source stands to a target (NISTIR 7696, section 6.2).
enum class CpeRelation : std::uint8_t { equal, superset, subset, disjoint, undefined };
CpeRelation relation(const CpeValue& source, const CpeValue& target);

struct Cpe {
  char part = 'a';  // application, o: operating system, h: hardware
  CpeValue vendor, product, version, update, edition, language, sw_edition, target_sw, target_hw,
      other;

  /// The version with its update behind it: "11.5 r1". Empty where it is none or any.
  std::string full_version() const;
  /// What stands behind the version, in the order of a formatted string.
  std::array<const CpeValue*, 7> rest() const {
    return {&update, &edition, &language, &sw_edition, &target_sw, &target_hw, &other};
  }
};

/// The relation of two names: of all their attributes (NISTIR 7696, section 6.3 and table 6-4).
CpeRelation relation(const Cpe& source, const Cpe& target);

/// A formatted string ("cpe:2.3:a:…", NISTIR 7695, section 6.2), or the older URI ("cpe:/a:…",
/// section 6.1). Nothing for what is no such string, and for one with a space or control character
/// in it.
std::optional<Cpe> parse_cpe(std::string_view text);

}  // namespace sekisho
