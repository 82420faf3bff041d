// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/plain.h"

#include <algorithm>

#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

constexpr std::string_view kEmpty = "empty";
constexpr std::string_view kNumbers = "#";
constexpr std::string_view kAnything = "*";

/// A switch, a number or a word as a word; of a list how many there are.
CloudSetting<std::string> plain_word(const ExportPlace& place, const PlainTerm& term,
                                     std::string_view null_is) {
  if (std::ranges::find(term.good, kEmpty) != term.good.end()) {
    const auto list = place.texts();
    if (list.value() != nullptr) return std::to_string(list.value()->size());
    const auto objects = place.objects("Domain");
    return objects.value() == nullptr
               ? CloudSetting<std::string>(objects.lack())
               : CloudSetting<std::string>(std::to_string(objects.value()->size()));
  }
  if (!place.is_there())
    return place.lack() == Lack::null && !null_is.empty()
               ? CloudSetting<std::string>(std::string(null_is))
               : place.lack();
  if (const auto text = place.text(); text.value() != nullptr) return text;
  if (const auto yes = place.boolean(); yes.value() != nullptr)
    return std::string(*yes.value() ? "true" : "false");
  if (const auto number = place.integer(); number.value() != nullptr)
    return std::to_string(*number.value());
  return Lack::not_readable;
}

ExportPlace place_at(const ExportPlace& object, std::string_view path, char between) {
  ExportPlace place = object;
  for (const std::string_view name : split(path, between)) place = place.at(name);
  return place;
}

bool is_among(const ExportPlace& object, std::string_view of) {
  if (of.empty()) return true;
  const std::size_t equals = of.find('=');
  const auto text = object.at(of.substr(0, equals)).text();
  if (text.value() == nullptr) return false;
  return std::ranges::any_of(split(of.substr(equals + 1), '|'),
                             [&](std::string_view one) { return same_name(*text.value(), one); });
}

/// "a/b": b of the only object in a.
ExportPlace list_place(const ExportPlace& root, std::string_view list) {
  const std::size_t slash = list.find('/');
  if (slash == std::string_view::npos) return root.at(list);
  const std::string_view inner = list.substr(slash + 1);
  const auto outer = root.at(list.substr(0, slash)).objects(inner);
  if (outer.value() == nullptr) return ExportPlace(outer.lack());
  return outer.value()->size() == 1 ? outer.value()->front().at(inner)
                                    : ExportPlace(Lack::not_readable);
}

CloudSetting<std::vector<CloudSetting<std::string>>> plain_values(const PlainSetting& setting,
                                                                  const PlainSource& source) {
  if (!setting.command.empty() && source.failed.contains(setting.command))
    return Lack::not_readable;
  const std::string_view first = setting.terms.front().path;
  const ExportPlace place = list_place(source.root, setting.list);
  if (place.is_list_of_null()) return Lack::not_readable;
  // Of a list some may be of another kind, without what is looked for.
  auto objects = place.objects();
  if (objects.value() == nullptr) objects = place.objects(first.substr(0, first.find('.')));
  if (objects.value() == nullptr) return objects.lack();
  const bool trusted = !source.with_commands || source.worked.contains(setting.command);
  if (objects.value()->empty() && !trusted) return Lack::not_readable;
  std::vector<CloudSetting<std::string>> values;
  for (const ExportPlace& object : *objects.value())
    if (is_among(object, setting.of))
      for (const PlainTerm& term : setting.terms)
        values.push_back(plain_word(place_at(object, term.path, '.'), term, setting.null_is));
  // A list that lacks the one that is asked for doesn't say.
  if (values.empty()) return Lack::absent;
  return values;
}

/// "1-30": a whole number between the two, which "*" leaves open.
bool is_between(std::string_view range, const std::string& value) {
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return false;
  const std::int64_t number = whole_number(value);
  const std::int64_t least = whole_number(range.substr(0, dash));
  const std::string_view last = range.substr(dash + 1);
  if (number < 0 || least < 0) return false;
  return number >= least && (last == "*" || number <= whole_number(last));
}

Finding judge_term(const PlainTerm& term, const CloudSetting<std::string>& setting, const Text& is,
                   const Text& is_not) {
  return judged(setting, [&](const std::string& value) {
    std::string limit;
    for (const std::string_view one : term.good)
      limit.append(limit.empty() ? "" : ", ").append(one == kEmpty ? "0" : one);
    const auto fits = [&](std::string_view one) {
      return same_name(one, value) || is_between(one, value) || (one == kEmpty && value == "0");
    };
    if (std::ranges::any_of(term.good, fits)) return good(is.ja, is.en, value, limit);
    const std::string_view rest = term.bad.empty() ? std::string_view() : term.bad.front();
    const bool number = whole_number(value) >= 0 || value == "-1";
    if (rest == kAnything || (rest == kNumbers && number) || std::ranges::any_of(term.bad, fits))
      return bad(is_not.ja, is_not.en, value, limit);
    return lacking(Lack::not_readable);
  });
}

}  // namespace

PlainValues read_plain(const PlainSource& source) {
  PlainValues values;
  for (const PlainSetting& setting : plain_settings())
    if (setting.command.empty() != source.with_commands)
      values.emplace(setting.id, plain_values(setting, source));
  return values;
}

std::vector<ItemFinding> judge_places(CloudService service, const ExportPlace& root) {
  std::vector<ItemFinding> found;
  for (const PlaceSetting& setting : place_settings()) {
    if (setting.service != service) continue;
    std::vector<Finding> findings;
    for (const PlainTerm& term : setting.terms) {
      ExportPlace place = place_at(root, term.path, '/');
      // An item of Box's that isn't used says nothing.
      if (service == CloudService::box && place.is_there())
        place = place.at("is_used").boolean().is(true) ? place.at("value")
                                                       : ExportPlace(Lack::not_readable);
      findings.push_back(judge_term(term, plain_word(place, term, {}), setting.is, setting.is_not));
    }
    found.emplace_back(setting.id, worst_of(std::move(findings)));
  }
  return found;
}

std::vector<CloudItem> plain_items() {
  std::vector<CloudItem> items;
  for (const PlaceSetting& one : place_settings())
    items.push_back({one.id, one.service, one.check, false, one.title, one.where});
  for (const PlainSetting& one : plain_settings())
    items.push_back({one.id, one.service, one.check, false, one.title, one.where});
  return items;
}

void judge_plain(const Microsoft365& tenant, CloudService service, CloudRows& rows) {
  const auto* plans = tenant.entra.plans.value();
  for (const PlainSetting& setting : plain_settings()) {
    if (setting.service != service) continue;
    const auto bought = [&](std::string_view plan) {
      return std::ranges::find(*plans, plan) != plans->end();
    };
    if (!setting.plan.empty() && plans != nullptr &&
        std::ranges::none_of(split(setting.plan, '|'), bought)) {
      rows.add(setting.id, lacking(Lack::not_licensed));
      continue;
    }
    const auto found = tenant.plain.find(setting.id);
    if (found == tenant.plain.end() || found->second.value() == nullptr) {
      rows.add(setting.id,
               lacking(found == tenant.plain.end() ? Lack::absent : found->second.lack()));
      continue;
    }
    std::vector<Finding> findings;
    const auto& values = *found->second.value();
    for (std::size_t i = 0; i < values.size(); ++i)
      findings.push_back(judge_term(setting.terms[i % setting.terms.size()], values[i], setting.is,
                                    setting.is_not));
    rows.add(setting.id, worst_of(std::move(findings)));
  }
}

}  // namespace sekisho
