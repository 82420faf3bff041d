// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/purl.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sekisho {
namespace {

using Qualifiers = std::vector<std::pair<std::string, std::string>>;

bool made_of(std::string_view text, std::string_view signs) {
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || signs.contains(c);
  });
}

/// Parts between slashes, each decoded; those that are empty aren't there, and none may hold a
/// slash.
std::optional<std::vector<std::string>> segments_of(std::string_view text) {
  std::vector<std::string> list;
  for (const std::string_view part : split(text, '/')) {
    auto decoded = percent_decoded(part);
    if (!decoded || decoded->contains('/')) return std::nullopt;
    if (!decoded->empty()) list.push_back(std::move(*decoded));
  }
  return list;
}

std::optional<Qualifiers> qualifiers_of(std::string_view text) {
  Qualifiers list;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    std::string key = lower(pair.substr(0, equals));
    auto value = percent_decoded(pair.substr(equals + 1));
    if (!value || key.empty() || !made_of(key, ".-_") || (key[0] >= '0' && key[0] <= '9') ||
        std::ranges::find(list, key, &Qualifiers::value_type::first) != list.end())
      return std::nullopt;
    // A key with an empty value isn't there.
    if (!value->empty()) list.emplace_back(std::move(key), std::move(*value));
  }
  return list;
}

/// What types say of names: which case counts.
void settle(PackageUrl& url) {
  constexpr std::array<std::string_view, 10> kLowerSpace{
      "alpm", "apk", "bitbucket", "composer", "deb", "github", "golang", "npm", "pypi", "rpm"};
  constexpr std::array<std::string_view, 8> kLowerName{"alpm", "apk",    "bitbucket", "composer",
                                                       "deb",  "github", "golang",    "pypi"};
  if (std::ranges::find(kLowerSpace, url.type) != kLowerSpace.end()) url.space = lower(url.space);
  if (std::ranges::find(kLowerName, url.type) != kLowerName.end()) url.name = lower(url.name);
  if (url.type == "pypi") std::ranges::replace(url.name, '_', '-');
}

}  // namespace

std::string PackageUrl::qualifier(std::string_view key) const {
  const auto found = std::ranges::find(qualifiers, key, &Qualifiers::value_type::first);
  return found == qualifiers.end() ? std::string() : found->second;
}

std::optional<PackageUrl> parse_purl(std::string_view text) {
  if (lower(text.substr(0, 4)) != "pkg:") return std::nullopt;
  text = text.substr(4, text.find('#') == std::string_view::npos ? text.npos : text.find('#') - 4);
  PackageUrl url;
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    auto qualifiers = qualifiers_of(text.substr(mark + 1));
    if (!qualifiers) return std::nullopt;
    url.qualifiers = std::move(*qualifiers);
    text = text.substr(0, mark);
  }
  while (text.starts_with('/')) text.remove_prefix(1);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  url.type = lower(text.substr(0, slash));
  text.remove_prefix(slash + 1);
  if (url.type.empty() || !made_of(url.type, ".+-") || (url.type[0] >= '0' && url.type[0] <= '9'))
    return std::nullopt;
  // Where a part begins with it, it is the scope of npm, written without an escape.
  if (const auto at = text.rfind('@');
      at != std::string_view::npos && at != 0 && text[at - 1] != '/') {
    const auto version = percent_decoded(text.substr(at + 1));
    if (!version) return std::nullopt;
    url.version = *version;
    text = text.substr(0, at);
  }
  auto parts = segments_of(text);
  if (!parts || parts->empty()) return std::nullopt;
  url.name = std::move(parts->back());
  parts->pop_back();
  url.space = join(*parts, "/");
  settle(url);
  return url;
}

}  // namespace sekisho
