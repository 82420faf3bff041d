// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/vuldef.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "collect/vuln/jvn.h"

namespace sekisho {
namespace {

using Bound = VersionRange::Bound;
using Words = std::span<const std::string_view>;

constexpr std::size_t kMostProducts = 2000;  // of a record
constexpr std::size_t kMostVersions = 500;   // of a product
constexpr std::size_t kMostCves = 1000;      // of a record
constexpr std::size_t kLongestWords = 200;   // bytes
constexpr std::size_t kLongestVersion = 60;

// What stands before a version and says no more than that it is one.
constexpr std::array<std::string_view, 12> kBeforeVersion{"ファームウェアバージョン",
                                                          "ファームウェア",
                                                          "ファームウエア",
                                                          "バージョン",
                                                          "firmware version",
                                                          "firmware",
                                                          "versions",
                                                          "version",
                                                          "Version",
                                                          "Ver.",
                                                          "ver.",
                                                          "Ver"};
constexpr std::array<std::string_view, 3> kBehind{"のバージョン", "の版", "バージョン"};
constexpr std::array<std::string_view, 4> kAll{"すべてのバージョン", "全てのバージョン",
                                               "全バージョン", "all versions"};
// Longer ones before those that they end with.
constexpr std::array<std::string_view, 8> kUpTo{"およびそれ以前", "及びそれ以前", "以前",
                                                "以下",           "まで",         "and earlier",
                                                "and prior",      "or earlier"};
constexpr std::array<std::string_view, 3> kBelow{"より前", "未満", "より以前"};
constexpr std::array<std::string_view, 5> kFrom{"およびそれ以降", "及びそれ以降", "以降", "以上",
                                                "and later"};
constexpr std::array<std::string_view, 4> kBelowFirst{"prior to ", "before ", "earlier than ",
                                                      "older than "};
constexpr std::array<std::string_view, 6> kBetween{"から", "以上", "以降",
                                                   "~",    " to ", " through "};

bool take_last(std::string_view& text, Words words) {
  for (const std::string_view word : words) {
    if (!text.ends_with(word)) continue;
    text = trim(text.substr(0, text.size() - word.size()));
    return true;
  }
  return false;
}

bool take_first(std::string_view& text, Words words) {
  for (const std::string_view word : words) {
    if (!text.starts_with(word)) continue;
    text = trim(text.substr(word.size()));
    return true;
  }
  return false;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// "1.4.2", "7.0u3", "6 R4"; with nothing else beside it.
std::optional<std::string> version_of(std::string_view text) {
  while (take_first(text, kBeforeVersion)) {
  }
  if (text.size() > 1 && (text[0] == 'v' || text[0] == 'V') && is_digit(text[1]))
    text.remove_prefix(1);
  if (text.empty() || text.size() > kLongestVersion || !is_digit(text[0]) || text.ends_with(".x") ||
      text.ends_with(".X"))
    return std::nullopt;
  const std::string_view number = text.substr(0, text.find(' '));
  if (!std::ranges::all_of(number, [](char c) {
        return is_digit(c) || is_letter(c) || c == '.' || c == '_' || c == '-' || c == '+';
      }))
    return std::nullopt;
  if (number.size() == text.size()) return std::string(text);
  // One word more: letters, then a number.
  std::string_view more = text.substr(number.size() + 1);
  const auto letters = std::ranges::find_if_not(more, is_letter) - more.begin();
  const std::string_view rest = trim(more.substr(static_cast<std::size_t>(letters)));
  if (letters == 0 || letters > 6 || rest.empty() || !std::ranges::all_of(rest, is_digit))
    return std::nullopt;
  return std::string(text);
}

/// "8.x" is from 8 to below 9.
std::optional<VersionRange> line_of(std::string_view text) {
  if (!text.ends_with(".x") && !text.ends_with(".X") && !text.ends_with('*')) return std::nullopt;
  const auto start = version_of(text.substr(0, text.rfind('.')));
  if (!start) return std::nullopt;
  const std::size_t last = start->rfind('.') + 1;  // 0 without a dot
  std::uint32_t number = 0;
  const char* end = start->data() + start->size();
  const auto [read, error] = std::from_chars(start->data() + last, end, number);
  if (error != std::errc() || read != end || number == UINT32_MAX) return std::nullopt;
  return VersionRange{*start, start->substr(0, last) + std::to_string(number + 1), Bound::including,
                      Bound::excluding};
}

/// Takes "(CVE-2025-0354、CVE-2025-0355)" off the end.
std::vector<std::string> cves_of(std::string& words) {
  std::vector<std::string> cves;
  const std::size_t open = words.rfind('(');
  if (!words.ends_with(')') || open == std::string::npos) return cves;
  std::string_view list = std::string_view(words).substr(open + 1, words.size() - open - 2);
  while (!list.empty()) {
    const std::size_t end = std::min(list.find("CVE-", 1), list.size());
    std::string_view one = list.substr(0, end);
    list.remove_prefix(end);
    while (!one.empty() && !is_digit(one.back())) one.remove_suffix(1);
    if (!is_cve(one)) return {};
    cves.emplace_back(one);
  }
  words = std::string(trim(std::string_view(words).substr(0, open)));
  return cves;
}

double score_of(const pugi::xml_node& impact) {
  double score = 0;
  std::string_view newest;
  for (const auto& cvss : impact.children("Cvss")) {
    const std::string_view version = cvss.attribute("version").value();
    double base = 0;
    const std::string_view text = trim(std::string_view(cvss.child_value("Base")));
    if (version < newest ||
        std::from_chars(text.data(), text.data() + text.size(), base).ec != std::errc())
      continue;
    newest = version;
    score = std::clamp(base, 0.0, 10.0);
  }
  return score;
}

/// "cpe:/o:nec:aterm_wg2600hs_firmware" (CPE 2.2, URI), as its vendor and product.
std::optional<std::pair<std::string, std::string>> product_of(std::string_view cpe) {
  cpe = trim(cpe);
  if (!cpe.starts_with("cpe:/") || cpe.size() > 300) return std::nullopt;
  const auto read = parse_cpe(cpe);
  if (!read || read->vendor.is_any() || read->product.is_any()) return std::nullopt;
  return std::pair(read->vendor.text(), read->product.text());
}

/// What is said of one product, apart for each set of CVEs that it is said of.
void read_product(const pugi::xml_node& node, VuldefRecord& record) {
  const auto name = product_of(node.child_value("Cpe"));
  if (!name) return;
  const std::size_t first = record.products.size();
  std::size_t count = 0;
  bool partly_read = false;
  for (const auto& version : node.children("VersionNumber")) {
    std::string words = plain_width(version.child_value());
    if (++count > kMostVersions || words.size() > kLongestWords) {
      partly_read = true;
      continue;
    }
    std::vector<std::string> cves = cves_of(words);
    std::erase_if(cves, [&](const std::string& one) {
      return std::ranges::find(record.cves, one) == record.cves.end();
    });
    if (cves.empty()) cves = record.cves;
    const auto range = read_version_words(words);
    if (!range) {
      partly_read = true;
      continue;
    }
    auto there = std::ranges::find(record.products.begin() + static_cast<std::ptrdiff_t>(first),
                                   record.products.end(), cves, &VuldefRecord::Product::cves);
    if (there == record.products.end())
      there = record.products.insert(there, {name->first, name->second, {}, false, cves});
    there->ranges.push_back(*range);
  }
  for (std::size_t i = first; i < record.products.size(); ++i)
    record.products[i].partly_read = partly_read;
  if (partly_read || count == 0) ++record.unread;
}

std::optional<VuldefRecord> read_record(const pugi::xml_node& node, bool japanese) {
  const pugi::xml_node data = node.child("VulinfoData");
  VuldefRecord record;
  record.id = node.child_value("VulinfoID");
  record.title = printable(trim(std::string_view(data.child_value("Title"))), kLongestJvnTitle);
  record.japanese = japanese;
  record.score = score_of(data.child("Impact"));
  for (const auto& item : data.child("Related").children("RelatedItem")) {
    const std::string cve(trim(std::string_view(item.child_value("VulinfoID"))));
    if (is_cve(cve) && std::ranges::find(record.cves, cve) == record.cves.end() &&
        record.cves.size() < kMostCves)
      record.cves.push_back(cve);
  }
  if (!is_jvndb(record.id) || record.cves.empty() || record.title.empty() ||
      !is_valid_utf8(data.child_value("Title")))
    return std::nullopt;
  for (const auto& item : data.child("Affected").children("AffectedItem"))
    if (record.products.size() < kMostProducts) read_product(item, record);
  return record;
}

}  // namespace

std::optional<VersionRange> read_version_words(std::string_view words) {
  const std::string plain = plain_width(words.substr(0, kLongestWords + 1));
  std::string_view text = plain;
  if (text.empty() || text.size() > kLongestWords) return std::nullopt;
  for (const std::string_view all : kAll)
    if (text == all) return VersionRange{};
  if (auto line = line_of(text)) return line;
  take_last(text, kBehind);
  VersionRange range;
  // What the end of the words says of the last version in them.
  bool upwards = false;
  if (take_last(text, kBelow)) {
    range.to = Bound::excluding;
  } else if (take_last(text, kUpTo)) {
    range.to = Bound::including;
  } else if (take_last(text, kFrom)) {
    upwards = true;
  } else {
    while (take_first(text, kBeforeVersion)) {
    }
    if (take_first(text, kBelowFirst)) range.to = Bound::excluding;
  }
  for (const std::string_view between : kBetween) {
    const std::size_t at = text.find(between);
    if (at == std::string_view::npos) continue;
    const auto start = version_of(trim(text.substr(0, at)));
    const auto end = version_of(trim(text.substr(at + between.size())));
    const auto first = start ? Scheme::makers().exact(*start) : std::nullopt;
    const auto last = end ? Scheme::makers().exact(*end) : std::nullopt;
    if (upwards || !first || !last || !(*first <= *last)) return std::nullopt;
    range.start = *start;
    range.end = *end;
    range.from = Bound::including;
    if (range.to == Bound::none) range.to = Bound::including;
    return range;
  }
  const auto version = version_of(text);
  if (!version) return std::nullopt;
  if (range.to != Bound::none) {
    range.end = *version;
  } else {
    range.start = *version;
    range.from = upwards ? Bound::including : Bound::none;
    range.exact = !upwards;
  }
  return range;
}

Result<std::vector<VuldefRecord>> read_vuldef(std::string_view xml) {
  if (xml.size() > kMostVuldefBytes)
    return failure("大きすぎます（上限 256 MB）。", "it is too large (at most 256 MB).");
  pugi::xml_document document;
  // Neither external entities nor DOCTYPEs are followed by pugixml.
  const auto read = document.load_buffer(xml.data(), xml.size(), pugi::parse_default);
  const pugi::xml_node root = document.document_element();
  const pugi::xml_node status = root.child("status:Status");
  if (std::string_view(status.attribute("retCd").value()) == "1")
    return failure("MyJVN がエラーを返しました。", "MyJVN answered with an error.",
                   printable(status.attribute("errMsg").value(), 200));
  if (!read || std::string_view(root.name()) != "VULDEF-Document")
    return failure("MyJVN の脆弱性対策詳細情報（VULDEF）として読めません。",
                   "this can't be read as MyJVN's records of vulnerabilities (VULDEF).");
  const bool japanese = std::string_view(root.attribute("xml:lang").value()) != "en";
  std::vector<VuldefRecord> records;
  for (const auto& node : root.children("Vulinfo"))
    if (auto record = read_record(node, japanese)) records.push_back(std::move(*record));
  return records;
}

}  // namespace sekisho
