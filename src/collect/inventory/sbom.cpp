// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/sbom.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "collect/vuln/cpe.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostNodes = 2'000'000;
constexpr int kDeepest = 32;
constexpr DocumentLimits kSbomLimits{
    .bytes = kMostSbomBytes, .nodes = kMostNodes, .depth = kDeepest};
constexpr std::size_t kLongest = 300;  // bytes of a field
constexpr std::string_view kNamespace = "http://cyclonedx.org/schema/bom/";

/// Empty for what can't be kept.
std::string kept_text(std::string_view text) {
  if (text.size() > kLongest ||
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }))
    return {};
  return std::string(trim(text));
}

/// A component as it is written, in either form.
struct Written {
  std::string_view type, scope, group, name, version, cpe, purl;
  /// What trivy and syft say in properties of the source that a package was built of.
  std::string_view source{}, source_version{}, source_release{}, source_epoch{};
  void take_property(std::string_view key, std::string_view value) {
    if (key == "aquasecurity:trivy:SrcName" || key == "syft:metadata:source") source = value;
    if (key == "aquasecurity:trivy:SrcVersion" || key == "syft:metadata:sourceVersion")
      source_version = value;
    if (key == "aquasecurity:trivy:SrcRelease") source_release = value;
    if (key == "aquasecurity:trivy:SrcEpoch") source_epoch = value;
  }
};

/// What the whole is of is a component too, unless it only holds the others or names what was
/// looked at: an image, a machine, a folder.
bool is_component(const Written& subject) {
  const bool image =
      subject.purl.starts_with("pkg:oci/") || subject.purl.starts_with("pkg:docker/");
  if (!subject.cpe.empty() || (!subject.purl.empty() && !image)) return true;
  return !image && subject.type != "container" && subject.type != "device" &&
         !subject.version.empty();
}

/// The package URL, with the source where only properties name it.
std::string purl_of(const Written& written) {
  std::string purl = kept_text(written.purl);
  if (!purl.starts_with("pkg:deb/") || written.source.empty() || purl.contains("upstream="))
    return purl;
  std::string source(written.source);
  if (!written.source_version.empty()) {
    source += '@';
    if (!written.source_epoch.empty() && written.source_epoch != "0")
      source.append(written.source_epoch) += ':';
    source += written.source_version;
    if (!written.source_release.empty()) source.append("-") += written.source_release;
  }
  const std::size_t end = std::min(purl.find('#'), purl.size());
  purl.insert(end, (purl.contains('?') ? "&upstream=" : "?upstream=") + percent_encoded(source));
  return purl.size() > kLongest ? std::string() : purl;
}

class Gatherer {
 public:
  /// Counted before any is looked at: a small text can hold a million of them.
  bool may_look(std::size_t more) { return (looked_ += more) <= kMostComponents; }
  bool too_many() const { return looked_ > kMostComponents; }

  void add(const Written& written) {
    if (written.type == "file" || written.type == "data") return;
    if (written.scope == "excluded") {
      ++sbom_.excluded;
      return;
    }
    Component one{name_of(written), kept_text(written.version), kept_text(written.cpe),
                  purl_of(written)};
    // People read these; what feeds know things by has to be as it is, or isn't.
    one.version = printable(one.version, kLongest);
    if (!is_plain_line(one.cpe)) one.cpe.clear();
    if (!is_plain_line(one.purl)) one.purl.clear();
    if (!one.cpe.empty() && !parse_cpe(one.cpe)) one.cpe.clear();
    // Without a name that feeds know, the same one again says nothing more.
    const bool named = names_.emplace(one.name, one.version).second;
    if (!named && one.cpe.empty() && one.purl.empty()) return;
    if (!seen_.emplace(one.name, one.version, one.cpe, one.purl).second) return;
    sbom_.optional += written.scope == "optional" ? 1U : 0U;
    sbom_.components.push_back(std::move(one));
  }
  Sbom& found() { return sbom_; }

 private:
  /// With its group, which tells npm's scopes and Maven's artifacts apart.
  static std::string name_of(const Written& written) {
    std::string name = kept_text(written.name);
    const std::string group = kept_text(written.group);
    if (!group.empty() && !name.empty() && !name.starts_with(group + "/"))
      name = group + "/" + name;
    name = printable(name, kLongest);
    return name.empty() ? "?" : name;
  }

  std::size_t looked_ = 0;
  Sbom sbom_;
  std::set<std::pair<std::string, std::string>> names_;
  std::set<std::tuple<std::string, std::string, std::string, std::string>> seen_;
};

using Faults = std::vector<Error>;

/// "1.0" to "1.99".
bool is_spec_version(std::string_view text) {
  return text.starts_with("1.") && text.size() <= 4 && whole_number(text.substr(2)) >= 0;
}

std::unexpected<Faults> fault(const char* ja, const char* en, const char* where = "") {
  return std::unexpected(Faults{{{ja, en}, where}});
}

std::expected<Sbom, Faults> gathered(Gatherer& gatherer) {
  if (gatherer.too_many())
    return fault("構成要素が多すぎます（上限 20,000）。",
                 "there are too many components (at most 20,000).", "/components");
  Sbom& sbom = gatherer.found();
  if (sbom.components.empty() && sbom.excluded > 0)
    return std::unexpected(
        Faults{{{fmt::format("構成要素 {} 個は、すべて scope が excluded（実行時に使わない）です。",
                             sbom.excluded),
                 fmt::format("all {} components have the scope excluded (not there at run time).",
                             sbom.excluded)},
                "/components"}});
  if (sbom.components.empty())
    return fault("構成要素が一つもありません。", "it lists no component.", "/components");
  return std::move(sbom);
}

std::string_view text_of_key(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  const auto* text = found ? found->value().if_string() : nullptr;
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

Written written_in(const Node& node) {
  const auto text = [&](std::string_view key) { return text_of_key(node, key); };
  Written written{text("type"),    text("scope"), text("group"), text("name"),
                  text("version"), text("cpe"),   text("purl")};
  const auto* all = node.value().as_object().if_contains("properties");
  const auto* list = all == nullptr ? nullptr : all->if_array();
  if (list == nullptr) return written;
  for (const auto& property : *list) {
    const auto* object = property.if_object();
    const auto* key = object == nullptr ? nullptr : object->if_contains("name");
    const auto* value = object == nullptr ? nullptr : object->if_contains("value");
    if (key != nullptr && value != nullptr && key->is_string() && value->is_string())
      written.take_property(key->get_string(), value->get_string());
  }
  return written;
}

void gather(const Node& list, Gatherer& gatherer) {
  if (const auto* all = list.value().if_array(); all != nullptr && !gatherer.may_look(all->size()))
    return;
  for (const Node& node : list.items()) {
    if (!node.value().is_object()) {
      gatherer.add({});
      continue;
    }
    gatherer.add(written_in(node));
    if (const auto inner = node.find("components")) gather(*inner, gatherer);
  }
}

/// The subject of the whole, and what is said to be in it.
void gather_subject(const Node& top, Gatherer& gatherer) {
  const auto metadata = top.find("metadata");
  if (!metadata || !metadata->value().is_object()) return;
  const auto subject = metadata->find("component");
  if (!subject || !subject->value().is_object()) return;
  if (const Written written = written_in(*subject); is_component(written) && gatherer.may_look(1))
    gatherer.add(written);
  if (const auto inner = subject->find("components")) gather(*inner, gatherer);
}

std::expected<Sbom, Faults> read_json_sbom(std::string_view bytes) {
  const auto document = parse_json("", bytes, kSbomLimits);
  if (!document) return std::unexpected(Faults{document.error()});
  Faults problems;
  const Node top(*document, problems);
  if (top.at("bomFormat").string() != "CycloneDX")
    top.at("bomFormat").report("CycloneDX ではありません。", "this is not CycloneDX.");
  if (!is_spec_version(top.at("specVersion").string()))
    top.at("specVersion").report("CycloneDX 1.x を読めます。", "CycloneDX 1.x can be read.");
  Gatherer gatherer;
  if (problems.empty()) gather_subject(top, gatherer);
  if (const auto list = top.find("components"); list && problems.empty()) gather(*list, gatherer);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return gathered(gatherer);
}

/// The elements of a document of one namespace, whose names may stand behind a prefix.
struct Xml {
  std::string prefix;  // "cdx:", or nothing

  pugi::xml_node child(const pugi::xml_node& node, const char* name) const {
    return node.child((prefix + name).c_str());
  }
  std::string_view text(const pugi::xml_node& node, const char* name) const {
    return trim(std::string_view(child(node, name).child_value()));
  }
  Written written_in(const pugi::xml_node& node) const {
    Written written{node.attribute("type").value(),
                    text(node, "scope"),
                    text(node, "group"),
                    text(node, "name"),
                    text(node, "version"),
                    text(node, "cpe"),
                    text(node, "purl")};
    const std::string name = prefix + "property";
    for (const pugi::xml_node& property : child(node, "properties").children(name.c_str()))
      written.take_property(property.attribute("name").value(),
                            trim(std::string_view(property.child_value())));
    return written;
  }
  bool gather_subject(const pugi::xml_node& top, Gatherer& gatherer) const {
    const pugi::xml_node subject = child(child(top, "metadata"), "component");
    if (subject.empty()) return true;
    if (const Written written = written_in(subject); is_component(written) && gatherer.may_look(1))
      gatherer.add(written);
    return gather(child(subject, "components"), gatherer, 1);
  }
  /// False where it is too deep.
  bool gather(const pugi::xml_node& list, Gatherer& gatherer, int depth) const {
    if (depth > kDeepest) return false;
    const std::string name = prefix + "component";  // the range points at it
    const auto all = list.children(name.c_str());
    const auto count = static_cast<std::size_t>(std::distance(all.begin(), all.end()));
    if (!gatherer.may_look(count)) return true;
    return std::ranges::all_of(all.begin(), all.end(), [&](const pugi::xml_node& node) {
      gatherer.add(written_in(node));
      return gather(child(node, "components"), gatherer, depth + 1);
    });
  }
};

std::expected<Sbom, Faults> read_xml_sbom(std::string_view bytes) {
  if (bytes.size() > kMostSbomBytes)
    return fault("大きすぎます（上限 10 MB）。", "it is too large (at most 10 MB).");
  if (!is_valid_utf8(bytes) || bytes.contains('\0'))
    return fault("XML が UTF-8 ではありません。UTF-8 で書き出してください。",
                 "the XML is not UTF-8: write it as UTF-8.");
  // Counted before any memory is asked for them.
  if (static_cast<std::size_t>(std::ranges::count(bytes, '<')) > kMostNodes)
    return fault("XML の要素が多すぎます。", "the XML has too many elements.");
  pugi::xml_document document;
  const auto parsed = document.load_buffer(
      bytes.data(), bytes.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
  if (!parsed)
    return std::unexpected(
        Faults{{{"XML として読めません。",
                 fmt::format("this can't be read as XML: {}.", parsed.description())},
                fmt::format("byte {}", parsed.offset)}});
  for (const pugi::xml_node& node : document.children())
    if (node.type() == pugi::node_doctype)
      return fault("DOCTYPE のある XML は読みません。", "XML with a DOCTYPE is not read.");
  const pugi::xml_node top = document.document_element();
  const std::string_view name = top.name();
  const auto colon = name.find(':');
  const Xml xml{colon == std::string_view::npos ? std::string()
                                                : std::string(name.substr(0, colon + 1))};
  const std::string declared =
      xml.prefix.empty() ? "xmlns" : "xmlns:" + xml.prefix.substr(0, colon);
  const std::string_view space = top.attribute(declared.c_str()).value();
  if (name.substr(xml.prefix.size()) != "bom" || !space.starts_with(kNamespace))
    return fault("CycloneDX ではありません。", "this is not CycloneDX.");
  if (!is_spec_version(space.substr(kNamespace.size())))
    return fault("CycloneDX 1.x を読めます。", "CycloneDX 1.x can be read.", "xmlns");
  Gatherer gatherer;
  if (!xml.gather_subject(top, gatherer) || !xml.gather(xml.child(top, "components"), gatherer, 1))
    return fault("構成要素の入れ子が深すぎます。", "components are nested too deeply.",
                 "/components");
  return gathered(gatherer);
}

/// SPDX, in JSON, as tags or RDF, is known by its beginning.
bool is_spdx(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4000);
  return head.contains("\"spdxVersion\"") || head.starts_with("SPDXVersion:") ||
         head.contains("spdx.org/rdf");
}

}  // namespace

std::expected<Sbom, std::vector<Error>> read_cyclonedx(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  if (is_spdx(bytes))
    return fault(
        "これは SPDX です。CycloneDX で書き出してください（syft なら -o "
        "cyclonedx-json、trivy なら --format cyclonedx）。",
        "this is SPDX; write CycloneDX instead (syft: -o cyclonedx-json; trivy: --format "
        "cyclonedx).");
  return trim(bytes.substr(0, 100)).starts_with('<') ? read_xml_sbom(bytes) : read_json_sbom(bytes);
}

}  // namespace sekisho
