#include "collect/inventory/components.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/base.h"
#include "collect/inventory/written.h"
#include "collect/vuln/debian.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

constexpr DocumentLimits kSbomLimits{
    .bytes = std::size_t{10} << 20U, .nodes = 2'000'000, .depth = 32};
constexpr std::size_t kLongest = 300;  // bytes of a field

/// A field that may be missing; empty for what can't be kept.
std::string kept_text(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  const auto* text = found ? found->value().if_string() : nullptr;
  if (text == nullptr || text->size() > kLongest ||
      std::ranges::any_of(*text, [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return {};
  return std::string(trim(std::string_view(text->data(), text->size())));
}

class Reader {
 public:
  void read(const Node& list) {
    // Counted before any is looked at: a small text can hold a million of them.
    if (const auto* all = list.value().if_array()) looked_ += all->size();
    if (looked_ > kMostComponents) return;
    for (const Node& node : list.items()) {
      if (!node.value().is_object()) {
        add({"?", {}, {}, {}});
        continue;
      }
      const std::string type = kept_text(node, "type");
      Component one{kept_text(node, "name"), kept_text(node, "version"), kept_text(node, "cpe"),
                    kept_text(node, "purl")};
      // People read these; what feeds know things by has to be as it is, or isn't.
      one.name = printable(one.name, kLongest);
      one.version = printable(one.version, kLongest);
      if (one.name.empty()) one.name = "?";
      if (!is_plain_line(one.cpe)) one.cpe.clear();
      if (!is_plain_line(one.purl)) one.purl.clear();
      if (!one.cpe.empty() && !parse_cpe(one.cpe)) one.cpe.clear();
      if (type != "file" && type != "data") add(std::move(one));
      if (const auto inner = node.find("components")) read(*inner);
    }
  }
  std::vector<Component>& found() { return found_; }
  bool too_many() const { return looked_ > kMostComponents; }

 private:
  void add(Component one) {
    // Without a name that feeds know, the same one again says nothing more.
    const bool named = names_.emplace(one.name, one.version).second;
    if (!named && one.cpe.empty() && one.purl.empty()) return;
    if (seen_.emplace(one.name, one.version, one.cpe, one.purl).second)
      found_.push_back(std::move(one));
  }

  std::size_t looked_ = 0;
  std::vector<Component> found_;
  std::set<std::pair<std::string, std::string>> names_;
  std::set<std::tuple<std::string, std::string, std::string, std::string>> seen_;
};

/// SPDX in JSON or as tags, and SBOMs in XML, are known by their beginnings.
std::optional<Error> other_format(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4000);
  const Text make{
      "CycloneDX の JSON で書き出してください（syft なら -o cyclonedx-json、trivy なら "
      "--format cyclonedx）。",
      "write CycloneDX in JSON instead (syft: -o cyclonedx-json; trivy: --format "
      "cyclonedx)."};
  const auto is = [&](const char* name) {
    return Error{{fmt::format("これは {} です。{}", name, make.ja),
                  fmt::format("this is {}; {}", name, make.en)},
                 {}};
  };
  if (head.contains("\"spdxVersion\"") || head.starts_with("SPDXVersion:") ||
      head.contains("spdx.org/rdf"))
    return is("SPDX");
  if (trim(head).starts_with('<')) return is("XML");
  return std::nullopt;
}

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
  if (const auto other = other_format(bytes)) return std::unexpected(std::vector{*other});
  const auto document = parse_json("", bytes, kSbomLimits);
  if (!document) return std::unexpected(std::vector{document.error()});
  std::vector<Error> problems;
  const Node top(*document, problems);
  constexpr std::array<std::string_view, 6> kVersions{"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"};
  if (top.at("bomFormat").string() != "CycloneDX")
    top.at("bomFormat").report("CycloneDX ではありません。", "this is not CycloneDX.");
  if (std::ranges::find(kVersions, top.at("specVersion").string()) == kVersions.end())
    top.at("specVersion")
        .report("CycloneDX 1.2 から 1.7 までを読めます。", "CycloneDX 1.2 to 1.7 can be read.");
  Reader reader;
  if (const auto list = top.find("components"); list && problems.empty()) reader.read(*list);
  if (reader.too_many())
    top.report("構成要素が多すぎます（上限 20,000）。",
               "there are too many components (at most 20,000).");
  if (problems.empty() && reader.found().empty())
    top.report("構成要素が一つもありません。", "it lists no component.");
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return std::move(reader.found());
}

namespace {

/// Packages that a distribution builds, and mends in versions that look old.
constexpr std::array<std::string_view, 6> kOfDistributions{"deb",  "rpm",    "apk",
                                                           "alpm", "ebuild", "nix"};

/// Debian's release in a package's qualifiers: "debian-12", "debian-12.5", "bookworm".
std::string debian_release(const PackageUrl& url) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{{{"buster", "10"},
                                                                                 {"bullseye", "11"},
                                                                                 {"bookworm", "12"},
                                                                                 {"trixie", "13"},
                                                                                 {"forky", "14"},
                                                                                 {"stretch", "9"}}};
  for (const char* key : {"distro", "distro_name"}) {
    std::string distro = lower(url.qualifier(key));
    if (distro.starts_with("debian-")) distro = distro.substr(7);
    for (const auto& [name, release] : kNames)
      if (distro == name) return std::string(release);
    distro = distro.substr(0, distro.find('.'));
    if (!distro.empty() && whole_number(distro) > 0) return distro;
  }
  return {};
}

ComponentJudgement judge_debian(const PackageUrl& url, const DebianWeaknesses& debian) {
  ComponentJudgement judgement;
  const std::string release = debian_release(url);
  // syft and others name the source where it differs: upstream=glibc, upstream=gcc@12.2.0-14.
  const std::string upstream = url.qualifier("upstream");
  const auto at = upstream.find('@');
  const std::string source = upstream.empty() ? url.name : upstream.substr(0, at);
  std::string version = at == std::string::npos ? url.version : upstream.substr(at + 1);
  if (const std::string epoch = url.qualifier("epoch");
      at == std::string::npos && whole_number(epoch) > 0 && !version.contains(':'))
    version = epoch + ":" + version;
  if (!debian.covers(release) || !is_debian_version(version)) return judgement;
  judgement.known = true;
  for (auto& found : debian.of(release, source, version))
    judgement.open.push_back({std::move(found.id), 0, std::move(found.fixed)});
  return judgement;
}

/// What NVD says of one of several names, each weakness once: open by one is open.
void add_matches(const Weaknesses& weaknesses, const Installed& installed,
                 ComponentJudgement& judgement) {
  const bool read = installed.version || !installed.version_text.empty();
  if (!weaknesses.covers(installed.vendor, installed.product)) return;
  judgement.by_nvd = true;
  if (read && installed.version) judgement.known = true;
  auto matches = weaknesses.of(installed);
  for (auto& [into, list] :
       {std::pair(&judgement.open, &matches.open), std::pair(&judgement.unclear, &matches.unclear)})
    for (auto& found : *list)
      if (std::ranges::find(*into, found.cve, &ComponentWeakness::id) == into->end())
        into->push_back({std::move(found.cve), found.score, {}});
  std::erase_if(judgement.unclear, [&](const ComponentWeakness& one) {
    return std::ranges::find(judgement.open, one.id, &ComponentWeakness::id) !=
           judgement.open.end();
  });
}

}  // namespace

ComponentJudgement judge(const Component& component, const Feeds& feeds,
                         std::string_view platform) {
  const auto url = parse_purl(component.purl);
  if (url && std::ranges::find(kOfDistributions, url->type) != kOfDistributions.end())
    return url->type == "deb" && url->space == "debian" && feeds.debian
               ? judge_debian(*url, *feeds.debian)
               : ComponentJudgement();
  ComponentJudgement judgement;
  const auto cpe = parse_cpe(component.cpe);
  if (!cpe || !feeds.weaknesses) return judgement;
  Installed installed = installed_of(*cpe, platform);
  if (cpe->version.is_any()) {
    installed.version_text = lower(component.version);
    installed.version = installed.scheme->read(component.version);
  }
  add_matches(*feeds.weaknesses, installed, judgement);
  return judgement;
}

ComponentJudgement judge(const Software& software, const std::string& program,
                         const std::string& version, const Feeds& feeds,
                         std::string_view platform) {
  ComponentJudgement judgement;
  if (!feeds.weaknesses) return judgement;
  const auto scheme = scheme_of(software.versions);
  const auto reading = program_version(software, program, version);
  for (const ProgramProduct& name : software.cpe_of(program)) {
    Installed one{name.vendor, name.product, scheme ? &*scheme : &Scheme::makers(), reading};
    one.platform = platform;
    one.may_have_build = software.versions.forms.empty();
    if (reading) one.version_text = lower(reading->plain);
    if (!name.edition.empty())
      one.rest.at(3) = name.edition == "-" ? CpeValue::none() : CpeValue::literal(name.edition);
    add_matches(*feeds.weaknesses, one, judgement);
  }
  return judgement;
}

}  // namespace sekisho
