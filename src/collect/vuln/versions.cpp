#include <algorithm>
#include <array>

#include "collect/vuln/vuln.h"

namespace sekisho {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// '~' sorts before the end, the end before letters, letters before the rest.
int weight(std::string_view text) {
  if (text.empty() || digit(text[0])) return 0;
  if (text[0] == '~') return -1;
  return letter(text[0]) ? text[0] : static_cast<unsigned char>(text[0]) + 256;
}

std::strong_ordering compare_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !digit(a[0])) || (!b.empty() && !digit(b[0]))) {
      if (const auto order = weight(a) <=> weight(b); order != 0) return order;
      if (!a.empty()) a.remove_prefix(1);
      if (!b.empty()) b.remove_prefix(1);
    }
    const auto number = [](std::string_view& text) {
      std::size_t zeros = 0;
      while (zeros < text.size() && text[zeros] == '0') ++zeros;
      std::size_t end = zeros;
      while (end < text.size() && digit(text[end])) ++end;
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

namespace {

/// A number or a word of a version. Ranked: not out yet, the bare end (0), other words, numbers.
struct Token {
  int rank = 1;
  std::string_view text;
};

constexpr std::array<std::string_view, 7> kNotOut{"alpha",   "beta", "dev",     "pre",
                                                  "preview", "rc",   "snapshot"};

Token next_token(std::string_view& text) {
  while (!text.empty() && !digit(text[0]) && !letter(text[0])) text.remove_prefix(1);
  if (text.empty()) return {};
  const bool number = digit(text[0]);
  std::size_t end = 0;
  while (end < text.size() && (number ? digit(text[end]) : letter(text[end]))) ++end;
  Token token{number ? 3 : 2, text.substr(0, end)};
  text.remove_prefix(end);
  if (number) {
    while (token.text.starts_with('0')) token.text.remove_prefix(1);
    if (token.text.empty()) token.rank = 1;
  } else if (std::ranges::any_of(kNotOut, [&](std::string_view word) {
               return std::ranges::equal(word, token.text, {}, {}, [](char c) {
                 return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
               });
             })) {
    token.rank = 0;
  }
  return token;
}

std::strong_ordering compare_words(std::string_view a, std::string_view b) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : int{c}; };
  return std::lexicographical_compare_three_way(
      a.begin(), a.end(), b.begin(), b.end(),
      [&](char left, char right) { return low(left) <=> low(right); });
}

}  // namespace

std::strong_ordering compare_releases(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const Token left = next_token(a);
    const Token right = next_token(b);
    if (const auto order = left.rank <=> right.rank; order != 0) return order;
    if (left.rank == 1) continue;
    if (left.rank == 3)
      if (const auto order = left.text.size() <=> right.text.size(); order != 0) return order;
    if (const auto order = compare_words(left.text, right.text); order != 0) return order;
  }
  return std::strong_ordering::equal;
}

std::string_view upstream_version(std::string_view version) { return parts_of(version).upstream; }

const Cycle* SupportFeed::find(std::string_view product, std::string_view version) const {
  const auto lines = products.find(product);
  if (lines == products.end()) return nullptr;
  const Cycle* best = nullptr;
  for (const Cycle& cycle : lines->second) {
    const bool within = version.starts_with(cycle.name) &&
                        (version.size() == cycle.name.size() || !digit(version[cycle.name.size()]));
    if (within && (best == nullptr || cycle.name.size() > best->name.size())) best = &cycle;
  }
  return best;
}

const Cycle* SupportFeed::ended_after(std::string_view product, std::string_view version,
                                      Day day) const {
  const auto lines = products.find(product);
  if (lines == products.end() || version.empty() || !digit(version.front())) return nullptr;
  const Cycle* oldest = nullptr;
  for (const Cycle& cycle : lines->second) {
    if (cycle.name.empty() || !digit(cycle.name.front())) continue;
    if (compare_versions(version, cycle.name) >= 0) return nullptr;
    if (oldest == nullptr || compare_versions(cycle.name, oldest->name) < 0) oldest = &cycle;
  }
  return oldest == nullptr || oldest->supported_on(day) ? nullptr : oldest;
}

}  // namespace sekisho
