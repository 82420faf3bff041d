#include "collect/inventory/components.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/base.h"
#include "collect/vuln/debian.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr DocumentLimits kLimits{.bytes = std::size_t{10} << 20U, .nodes = 2'000'000, .depth = 32};
constexpr std::size_t kLongest = 300;

/// A field that may be missing; what is no short text without control characters is noted.
std::string optional_text(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  if (!found) return {};
  std::string text = found->string();
  if (text.size() > kLongest || !is_valid_utf8(text) ||
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    found->report("300 バイトまでの、制御文字のない文ではありません。",
                  "this is no text of at most 300 bytes without control characters.");
    return {};
  }
  return text;
}

class Reader {
 public:
  void read(const Node& list) {
    for (const Node& node : list.items()) {
      if (found_.size() > kMostComponents) return;
      const std::string type = node.at("type").string();
      Component one{optional_text(node, "name"), optional_text(node, "version"),
                    optional_text(node, "cpe"), optional_text(node, "purl")};
      if (one.name.empty()) node.at("name").report("名前がありません。", "it has no name.");
      // NVD's older form of the same name says nothing more.
      if (!one.cpe.empty() && !parse_cpe(one.cpe)) one.cpe.clear();
      if (type != "file" && type != "data" && seen_.emplace(one.name, one.version).second)
        found_.push_back(std::move(one));
      if (const auto inner = node.find("components")) read(*inner);
    }
  }
  std::vector<Component>& found() { return found_; }

 private:
  std::vector<Component> found_;
  std::set<std::pair<std::string, std::string>> seen_;
};

}  // namespace

std::string PackageUrl::qualifier(std::string_view key) const {
  const auto found =
      std::ranges::find(qualifiers, key, &std::pair<std::string, std::string>::first);
  return found == qualifiers.end() ? std::string() : found->second;
}

std::optional<PackageUrl> parse_purl(std::string_view text) {
  if (!text.starts_with("pkg:")) return std::nullopt;
  text.remove_prefix(4);
  while (text.starts_with('/')) text.remove_prefix(1);
  text = text.substr(0, text.find('#'));
  PackageUrl url;
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    std::string_view rest = text.substr(mark + 1);
    text = text.substr(0, mark);
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      const auto equals = pair.find('=');
      const auto value = equals == std::string_view::npos
                             ? std::nullopt
                             : percent_decoded(pair.substr(equals + 1));
      if (!value) return std::nullopt;
      url.qualifiers.emplace_back(lower(pair.substr(0, equals)), *value);
    }
  }
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    const auto version = percent_decoded(text.substr(at + 1));
    if (!version) return std::nullopt;
    url.version = *version;
    text = text.substr(0, at);
  }
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == std::string_view::npos) return std::nullopt;
  const auto name = percent_decoded(text.substr(last + 1));
  const auto space = percent_decoded(first == last ? "" : text.substr(first + 1, last - first - 1));
  if (!name || !space || name->empty()) return std::nullopt;
  url.type = lower(text.substr(0, first));
  url.space = *space;
  url.name = *name;
  return url;
}

std::expected<std::vector<Component>, std::vector<Error>> read_cyclonedx(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const auto document = parse_json("", bytes, kLimits);
  if (!document) return std::unexpected(std::vector{document.error()});
  std::vector<Error> problems;
  const Node top(*document, problems);
  constexpr std::array<std::string_view, 5> kVersions{"1.2", "1.3", "1.4", "1.5", "1.6"};
  if (top.at("bomFormat").string() != "CycloneDX")
    top.at("bomFormat").report("CycloneDX ではありません。", "this is not CycloneDX.");
  if (std::ranges::find(kVersions, top.at("specVersion").string()) == kVersions.end())
    top.at("specVersion")
        .report("CycloneDX 1.2 から 1.6 までを読めます。", "CycloneDX 1.2 to 1.6 can be read.");
  Reader reader;
  if (const auto list = top.find("components")) reader.read(*list);
  if (reader.found().size() > kMostComponents)
    top.report("構成要素が多すぎます（上限 20,000）。",
               "there are too many components (at most 20,000).");
  if (problems.empty() && reader.found().empty())
    top.report("構成要素が一つもありません。", "it lists no component.");
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::move(reader.found());
}

ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform) {
  ComponentJudgement judgement;
  const auto url = parse_purl(component.purl);
  if (url && url->type == "deb" && url->space == "debian" && feeds.debian) {
    const std::string distro = url->qualifier("distro");
    const std::string release =
        distro.starts_with("debian-") ? distro.substr(7, distro.find('.') - 7) : std::string();
    // syft and others name the source where it differs: upstream=glibc, upstream=gcc@12.2.0-14.
    const std::string upstream = url->qualifier("upstream");
    const auto at = upstream.find('@');
    const std::string source = upstream.empty() ? url->name : upstream.substr(0, at);
    const std::string version = at == std::string::npos ? url->version : upstream.substr(at + 1);
    if (feeds.debian->covers(release)) {
      judgement.known = true;
      for (auto& found : feeds.debian->of(release, source, version))
        judgement.open.push_back({std::move(found.id), 0, std::move(found.fixed)});
      return judgement;
    }
  }
  if (const auto cpe = parse_cpe(component.cpe); cpe && feeds.weaknesses) {
    return judge({{cpe->vendor, cpe->product}},
                 cpe->full_version().empty() ? component.version : cpe->full_version(), feeds,
                 platform);
  }
  return judgement;
}

ComponentJudgement judge(const std::vector<std::pair<std::string, std::string>>& names,
                         const std::string& version, const Feeds& feeds,
                         std::string_view platform) {
  ComponentJudgement judgement;
  if (!feeds.weaknesses || version.empty() || names.empty()) return judgement;
  judgement.known = true;
  std::set<std::string> seen;
  for (const auto& [vendor, product] : names)
    for (auto& found : feeds.weaknesses->of(vendor, product, version, platform))
      if (seen.insert(found.cve).second)
        judgement.open.push_back({std::move(found.cve), found.score, {}});
  return judgement;
}

}  // namespace sekisho
