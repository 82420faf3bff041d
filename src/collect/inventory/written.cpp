// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/written.h"

#include <fmt/format.h>

#include "base/text.h"
#include "collect/inventory/neighbours.h"

namespace sekisho {

std::optional<Scheme> scheme_of(const VersionForms& forms) {
  if (forms.forms.empty()) return Scheme::makers();
  return Scheme::make({forms.forms, forms.lines, forms.aside});
}

std::optional<VersionReading> program_version(const Software& software, std::string_view program,
                                              std::string_view version) {
  const auto scheme = scheme_of(software.versions);
  if (!scheme) return std::nullopt;
  return software.versions.in_name ? scheme->read(program, Scheme::Beside::any)
                                   : scheme->read(version);
}

std::optional<VersionReading> firmware_version(const Appliance& appliance, std::string_view text) {
  if (trim(text).empty() || other_product(appliance, text)) return std::nullopt;
  const auto scheme = scheme_of(appliance.versions);
  return scheme ? scheme->read(text) : std::nullopt;
}

Text firmware_words(const Appliance& appliance, std::string_view text) {
  const std::string entered = printable(trim(text), 60);
  if (const auto other = other_product(appliance, text)) {
    const std::string name = printable(*other, 40);
    return {fmt::format("「{}」は {} の表記で、{} のものではありません。機種を選び直してください",
                        entered, name, appliance.system),
            fmt::format("'{}' is written of {}, not of {}; choose its kind anew", entered, name,
                        appliance.system)};
  }
  const auto reading = firmware_version(appliance, text);
  if (!reading) {
    const std::string& example = appliance.versions.example;
    return {fmt::format("「{}」からはバージョンが読み取れません{}", entered,
                        example.empty() ? "" : fmt::format("（例: {}）", example)),
            fmt::format("no version can be read from '{}'{}", entered,
                        example.empty() ? "" : fmt::format(" (one looks like {})", example))};
  }
  const std::string version = appliance.system + " " + reading->plain;
  if (reading->exact()) return {version, version};
  return {version + " のどれか", "some version of " + version};
}

}  // namespace sekisho
