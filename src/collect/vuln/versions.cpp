// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "collect/vuln/version.h"
#include "collect/vuln/vuln.h"

namespace sekisho {
namespace {

bool dpkg_digit(char c) { return c >= '0' && c <= '9'; }
bool dpkg_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// '~' sorts before the end, the end before letters, letters before the rest.
int weight(std::string_view text) {
  if (text.empty() || dpkg_digit(text[0])) return 0;
  if (text[0] == '~') return -1;
  return dpkg_letter(text[0]) ? text[0] : static_cast<unsigned char>(text[0]) + 256;
}

std::strong_ordering compare_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !dpkg_digit(a[0])) || (!b.empty() && !dpkg_digit(b[0]))) {
      if (const auto order = weight(a) <=> weight(b); order != 0) return order;
      if (!a.empty()) a.remove_prefix(1);
      if (!b.empty()) b.remove_prefix(1);
    }
    const auto number = [](std::string_view& text) {
      std::size_t zeros = 0;
      while (zeros < text.size() && text[zeros] == '0') ++zeros;
      std::size_t end = zeros;
      while (end < text.size() && dpkg_digit(text[end])) ++end;
      const std::string_view digits = text.substr(zeros, end - zeros);
      text.remove_prefix(end);
      return digits;
    };
    const std::string_view left = number(a);
    const std::string_view right = number(b);
    if (const auto order = left.size() <=> right.size(); order != 0) return order;
    if (const auto order = left <=> right; order != 0) return order;
  }
  return std::strong_ordering::equal;
}

struct Parts {
  std::string_view epoch, upstream, revision;
};

Parts parts_of(std::string_view version) {
  Parts parts{"0", version, "0"};
  if (const auto colon = parts.upstream.find(':'); colon != std::string_view::npos) {
    parts.epoch = parts.upstream.substr(0, colon);
    parts.upstream.remove_prefix(colon + 1);
  }
  if (const auto dash = parts.upstream.rfind('-'); dash != std::string_view::npos) {
    parts.revision = parts.upstream.substr(dash + 1);
    parts.upstream = parts.upstream.substr(0, dash);
  }
  return parts;
}

}  // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const Parts left = parts_of(a);
  const Parts right = parts_of(b);
  if (const auto order = compare_part(left.epoch, right.epoch); order != 0) return order;
  if (const auto order = compare_part(left.upstream, right.upstream); order != 0) return order;
  return compare_part(left.revision, right.revision);
}

bool is_debian_version(std::string_view text) {
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (colon == 0 || !std::ranges::all_of(text.substr(0, colon), dpkg_digit)) return false;
    text.remove_prefix(colon + 1);
  }
  return !text.empty() && dpkg_digit(text[0]) && !text.ends_with('-') &&
         std::ranges::all_of(text, [](char c) {
           return dpkg_digit(c) || dpkg_letter(c) || std::string_view(".+~-").contains(c);
         });
}

std::string_view upstream_version(std::string_view version) { return parts_of(version).upstream; }

const Cycle* SupportFeed::find(std::string_view product, std::string_view version) const {
  const auto lines = products.find(product);
  if (lines == products.end()) return nullptr;
  const Cycle* best = nullptr;
  for (const Cycle& cycle : lines->second) {
    const bool within =
        version.starts_with(cycle.name) &&
        (version.size() == cycle.name.size() || !dpkg_digit(version[cycle.name.size()]));
    if (within && (best == nullptr || cycle.name.size() > best->name.size())) best = &cycle;
  }
  return best;
}

const Cycle* SupportFeed::ended_after(std::string_view product, std::string_view version,
                                      Day day) const {
  const auto lines = products.find(product);
  const auto asked = Scheme::makers().read(version);
  if (lines == products.end() || !asked) return nullptr;
  const Cycle* oldest = nullptr;
  std::optional<Version> least;
  for (const Cycle& cycle : lines->second) {
    const auto line = Scheme::makers().exact(cycle.name);
    if (!line) continue;
    if (!(asked->most < *line)) return nullptr;
    if (!least || *line < *least) {
      oldest = &cycle;
      least = line;
    }
  }
  return oldest == nullptr || oldest->supported_on(day) ? nullptr : oldest;
}

}  // namespace sekisho
