// Names of products as feeds of weaknesses give them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// The parts of a CPE 2.3 formatted string (NISTIR 7695, section 6.2) that matching here asks for,
/// in lower case and without its backslashes. "*" stands for any, "-" for none.
struct Cpe {
  char part = 'a';  // application, o: operating system, h: hardware
  std::string vendor, product, version, update;
  std::string target;  // target_sw: what it runs on

  bool any_version() const { return version == "*"; }
  /// The version with its update behind it: "11.5 r1". Empty where it is none or any.
  std::string full_version() const;
};

/// Nothing for what is no such string, and for one with a space or control character in it.
std::optional<Cpe> parse_cpe(std::string_view text);

}  // namespace sekisho
