// SPDX-License-Identifier: Apache-2.0
// Names of models: as people write them, and as feeds do.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "guideline/guideline.h"

namespace sekisho {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

/// Of "v3", "ver.3.6", "rev. b1", "hw:v1": "v3", "v3.6", "b1", "v1". Empty for other words.
std::string hardware_version(std::string_view word, bool behind_number) {
  for (const std::string_view mark : {"hw", "h/w"})
    if (word.starts_with(mark)) word.remove_prefix(mark.size());
  while (!word.empty() && (word[0] == ':' || word[0] == '.')) word.remove_prefix(1);
  bool version = false;
  bool revision = behind_number;
  for (const std::string_view mark : {"version", "ver.", "ver", "v", "rev.", "rev"})
    if (word.starts_with(mark)) {
      word.remove_prefix(mark.size());
      version = mark[0] == 'v';
      revision = true;
      break;
    }
  if (word.empty() || word.size() > 5) return {};
  if (version) {
    if (!digit(word[0]) || !std::ranges::all_of(word, [](char c) { return digit(c) || c == '.'; }))
      return {};
    return "v" + std::string(word);
  }
  // D-Link's A1, B2: "DIR-859 A1"; but "Archer C7" is a model.
  return revision && word.size() == 2 && word[0] >= 'a' && word[0] <= 'f' && digit(word[1])
             ? std::string(word)
             : std::string();
}

/// Off its end: "-bk", "/nwh", "(jp)": colours and countries.
void drop_variant(std::string& model) {
  model = trim(std::string_view(model).substr(0, model.find_first_of("(/")));
  for (const std::string_view colour :
       {"-bk", "-wh", "-rd", "-sv", "-gd", "-nbk", "-nwh", "-bl", "-cg", "-gy", "-jp"})
    if (model.ends_with(colour)) model.resize(model.size() - colour.size());
}

}  // namespace

std::vector<std::string> Appliance::Models::spellings(std::string_view given) const {
  std::string model = lower(trim(given));
  // "Archer AX21(JP) v3": what follows a country counts still.
  if (const auto open = model.find('('); open != std::string::npos)
    if (const auto close = model.find(')', open); close != std::string::npos)
      model = model.substr(0, open) + " " + model.substr(close + 1);
  std::vector<std::string> kept;
  std::string hardware;
  for (const std::string_view word : words(model)) {
    const std::string version =
        kept.empty() ? std::string()
                     : hardware_version(word, std::ranges::any_of(kept.back(), digit));
    if (version.empty() && hardware.empty())
      kept.emplace_back(word);
    else if (!version.empty())
      hardware = version;
  }
  model = join(kept, " ");
  for (const std::string& prefix : prefixes)
    if (const std::string low = lower(prefix); model.starts_with(low) && model.size() > low.size())
      model = trim(std::string_view(model).substr(low.size()));
  drop_variant(model);
  std::ranges::replace(model, ' ', '_');
  if (model.empty()) return {};
  if (hardware.empty()) return {model};
  return {model, model + "_" + hardware};
}

std::vector<std::pair<std::string, std::string>> Appliance::cpe_of(std::string_view model) const {
  if (!models || trim(model).empty()) return cpe;
  std::vector<std::pair<std::string, std::string>> names;
  for (const std::string& filled : models->spellings(model))
    for (const auto& [vendor, form] : models->cpe) {
      std::string product = form;
      if (const std::size_t at = product.find("{}"); at != std::string::npos)
        product.replace(at, 2, filled);
      names.emplace_back(vendor, std::move(product));
    }
  return names;
}

}  // namespace sekisho
