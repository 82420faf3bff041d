// SPDX-License-Identifier: Apache-2.0
// What Google's APIs answer, put into types. A list with a next page isn't whole and is none; a
// policy whose place or order can't be read makes all policies unreadable, as it may be the one
// that holds.
#include <algorithm>

#include "collect/cloud/google.h"

namespace sekisho {
namespace {

std::string words_of(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? std::string() : *text.value();
}

Known said(const ExportPlace& place) {
  const auto value = place.boolean();
  return value.value() == nullptr ? Known::unsure : *value.value() ? Known::yes : Known::no;
}

/// "orgUnits/x", "id:x" and "x" are one unit; so with groups.
std::string bare(std::string text) {
  for (const std::string_view before : {"orgUnits/", "groups/", "id:"})
    if (text.starts_with(before)) return text.substr(before.size());
  return text;
}

bool more_follows(const ExportPlace& page) { return !words_of(page.at("nextPageToken")).empty(); }

/// A page of which Google leaves the list out, since there is nothing in it. What says anything
/// else is an item that lacks what it should have.
bool is_empty_page(const ExportPlace& page) {
  const std::vector<std::string> names = page.names();
  return !names.empty() && std::ranges::all_of(names, [](const std::string& name) {
    return name == "kind" || name == "etag" || name == "nextPageToken";
  });
}

/// A list, an answer with the list in it, or all pages of an answer; pages may be empty.
CloudSetting<std::vector<ExportPlace>> all_pages(const ExportPlace& place, std::string_view key,
                                                 std::string_view has) {
  if (place.is_list_of_null()) return Lack::not_readable;
  const bool lone = place.in_page(key).is_there() || place.at("nextPageToken").is_there();
  auto parts = lone ? CloudSetting<std::vector<ExportPlace>>(std::vector{place}) : place.objects();
  if (parts.value() == nullptr) parts = place.objects(has);  // one that became the list itself
  if (parts.value() == nullptr) return parts.lack();
  const auto is_item = [&](const ExportPlace& one) { return !one.at(has).is_absent(); };
  if (std::ranges::all_of(*parts.value(), is_item)) return parts;
  std::vector<ExportPlace> all;
  for (std::size_t i = 0; i < parts.value()->size(); ++i) {
    const ExportPlace& page = (*parts.value())[i];
    const bool last = i + 1 == parts.value()->size();
    if (is_item(page) || more_follows(page) == last) return Lack::not_readable;
    if (page.in_page(key).is_absent()) {
      if (!is_empty_page(page)) return Lack::not_readable;
      continue;
    }
    const auto items = page.in_page(key).objects(has);
    if (items.value() == nullptr) return Lack::not_readable;
    all.insert(all.end(), items.value()->begin(), items.value()->end());
  }
  return all;
}

/// A word, a switch or a number as text, and of a list how many it has.
CloudSetting<std::string> as_text(const ExportPlace& place) {
  if (!place.is_there()) return place.lack();
  if (const auto text = place.text(); text.value() != nullptr) return text;
  if (const auto value = place.boolean(); value.value() != nullptr)
    return std::string(*value.value() ? "true" : "false");
  if (const auto number = place.integer(); number.value() != nullptr)
    return std::to_string(*number.value());
  if (const auto list = place.texts(); list.value() != nullptr)
    return std::to_string(list.value()->size());
  if (const auto list = place.objects(); list.value() != nullptr)
    return std::to_string(list.value()->size());
  return Lack::not_readable;
}

std::string spaceless(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\n') out.push_back(c);
  return out;
}

/// A query that says no more than the unit and the group that stand beside it.
bool says_no_more(const std::string& query, const GooglePolicy& policy) {
  const std::string text = spaceless(query);
  for (const std::string_view part : split(text, '&')) {
    if (part.empty()) continue;
    const bool of_unit = part.starts_with("entity.org_units.exists(") &&
                         part.ends_with(".org_unit_id==orgUnitId('" + policy.unit + "'))");
    const bool of_group = part.starts_with("entity.groups.exists(") && !policy.group.empty() &&
                          part.ends_with(".group_id==groupId('" + policy.group + "'))");
    if (!of_unit && !of_group) return false;
  }
  return true;
}

/// Nothing for a setting that nobody asks for.
std::optional<CloudSetting<GooglePolicy>> read_policy(const ExportPlace& place) {
  const CloudSetting<std::string> type = place.at("setting").at("type").text();
  if (type.value() == nullptr) return CloudSetting<GooglePolicy>(Lack::not_readable);
  GooglePolicy policy;
  policy.setting = type.value()->starts_with("settings/") ? type.value()->substr(9) : *type.value();
  const ExportPlace value = place.at("setting").at("value");
  for (const std::string& name : value.names())
    if (google_field(policy.setting, name) != nullptr)
      policy.fields.emplace(name, as_text(value.at(name)));
  if (!google_setting(policy.setting)) return std::nullopt;
  const ExportPlace query = place.at("policyQuery");
  const CloudSetting<double> order = query.at("sortOrder").number();
  const auto named = [&](std::string_view key) {
    const ExportPlace id = query.at(key);
    const CloudSetting<std::string> text = id.text();
    return text.value() != nullptr || id.is_absent();
  };
  if (order.value() == nullptr || !named("orgUnit") || !named("group") || !named("query") ||
      !value.is_object())
    return CloudSetting<GooglePolicy>(Lack::not_readable);
  policy.order = *order.value();
  policy.unit = bare(words_of(query.at("orgUnit")));
  policy.group = bare(words_of(query.at("group")));
  policy.plain = says_no_more(words_of(query.at("query")), policy);
  return CloudSetting<GooglePolicy>(std::move(policy));
}

/// A listing of all settings tells of every service of Google's whether it is on, which are dozens.
bool is_whole(const std::vector<ExportPlace>& policies) {
  constexpr std::size_t kFewestServices = 10;
  std::set<std::string> services;
  for (const ExportPlace& one : policies)
    if (std::string type = words_of(one.at("setting").at("type"));
        type.ends_with(".service_status"))
      services.insert(std::move(type));
  return services.size() >= kFewestServices;
}

CloudSetting<std::vector<GooglePolicy>> read_policies(
    const CloudSetting<std::vector<ExportPlace>>& list) {
  if (list.value() == nullptr) return list.lack();
  // Google makes some for everybody.
  if (list.value()->empty()) return Lack::not_readable;
  std::vector<GooglePolicy> found;
  for (const ExportPlace& one : *list.value()) {
    auto policy = read_policy(one);
    if (!policy) continue;
    if (policy->value() == nullptr) return Lack::not_readable;
    found.push_back(*policy->value());
  }
  return found;
}

/// A list of the directory's, or ScubaGoggles' {"id": {"name", "path"}}.
CloudSetting<std::vector<GoogleUnit>> read_google_units(const ExportPlace& place) {
  std::vector<GoogleUnit> found;
  const auto list = all_pages(place, "organizationUnits", "orgUnitPath");
  if (list.value() == nullptr) {
    const auto by_id = place.by_id();
    if (by_id.value() == nullptr) return list.lack();
    for (const auto& [id, unit] : *by_id.value())
      found.push_back({bare(id), words_of(unit.at("path"))});
  } else {
    for (const ExportPlace& unit : *list.value()) {
      found.push_back({bare(words_of(unit.at("orgUnitId"))), words_of(unit.at("orgUnitPath"))});
      // A listing without the top still names it, as the parent of others.
      if (words_of(unit.at("parentOrgUnitPath")) == "/")
        found.push_back({bare(words_of(unit.at("parentOrgUnitId"))), "/"});
    }
  }
  std::erase_if(found, [](const GoogleUnit& unit) { return unit.id.empty(); });
  if (std::ranges::any_of(found, [](const auto& unit) { return !unit.path.starts_with('/'); }))
    return Lack::not_readable;
  // One unit is in one place.
  std::map<std::string, std::string> paths;
  for (const GoogleUnit& unit : found)
    if (const auto [at, fresh] = paths.try_emplace(unit.id, unit.path);
        !fresh && at->second != unit.path)
      return Lack::not_readable;
  return found;
}

void read_google_member(const ExportPlace& place, GoogleGroup& group) {
  const std::string email = lower(words_of(place.at("email")));
  const std::string id = lower(words_of(place.at("id")));
  const std::string type = words_of(place.at("type"));
  if (type == "CUSTOMER") {
    group.everyone = true;
  } else if (email.empty() && id.empty()) {
    group.whole = false;
  } else if (type == "USER") {
    group.people.push_back({email, id});
  } else {
    group.members.push_back(email.empty() ? id : email);
  }
}

GoogleGroup read_google_group(const ExportPlace& place) {
  GoogleGroup group{bare(words_of(place.at("id"))), lower(words_of(place.at("email")))};
  const ExportPlace members = place.at("members");
  if (members.is_list_of_null()) return group;
  // Google says beside a group how many there are in it.
  const ExportPlace count = place.at("directMembersCount");
  const auto is_all = [&](std::size_t members_read) {
    return count.is_absent() || count.integer().is(static_cast<std::int64_t>(members_read));
  };
  if (const auto names = members.texts(); names.value() != nullptr) {
    for (const std::string& one : *names.value()) group.members.push_back(lower(one));
    group.whole = is_all(group.members.size());
    return group;
  }
  const auto list = all_pages(members, "members", "type");
  group.whole = list.value() != nullptr && is_all(list.value()->size());
  if (list.value() == nullptr) return group;
  for (const ExportPlace& one : *list.value()) read_google_member(one, group);
  return group;
}

/// A list of the directory's, or ScubaGoggles' {"id": "address"}, which has no members.
CloudSetting<std::vector<GoogleGroup>> read_google_groups(const ExportPlace& place) {
  const auto list = all_pages(place, "groups", "email");
  if (list.value() != nullptr) return each_of<GoogleGroup>(list, read_google_group);
  std::vector<GoogleGroup> found;
  for (const std::string& id : place.names()) {
    const std::string email = lower(words_of(place.at(id)));
    if (email.empty()) return Lack::not_readable;
    found.push_back({bare(id), email});
  }
  return place.is_object() ? CloudSetting<std::vector<GoogleGroup>>(std::move(found)) : list.lack();
}

GooglePerson read_google_person(const ExportPlace& user) {
  GooglePerson person;
  person.id = lower(words_of(user.at("id")));
  person.email = words_of(user.at("primaryEmail"));
  person.name = words_of(user.at("name").at("fullName"));
  for (const char* more : {"aliases", "nonEditableAliases"})
    if (const auto names = user.at(more).texts(); names.value() != nullptr)
      for (const std::string& name : *names.value()) person.aliases.push_back(lower(name));
  person.unit = words_of(user.at("orgUnitPath"));
  // Nobody signs in to an account that is suspended or archived.
  const Known archived = user.at("archived").is_absent() ? Known::no : said(user.at("archived"));
  person.active = opposite(std::max(said(user.at("suspended")), archived));
  person.administrator = said(user.at("isAdmin"));
  person.some_rights = std::max(person.administrator, said(user.at("isDelegatedAdmin")));
  person.enrolled = user.at("isEnrolledIn2Sv").boolean();
  person.enforced = user.at("isEnforcedIn2Sv").boolean();
  return person;
}

CloudSetting<std::vector<GooglePerson>> read_google_people(const ExportPlace& place) {
  const auto list = all_pages(place, "users", "primaryEmail");
  // A firm has somebody in it.
  if (list.value() != nullptr && list.value()->empty()) return Lack::not_readable;
  return each_of<GooglePerson>(list, read_google_person);
}

std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

/// How many of the firm's own people are in groups, but not in the list of people. Outsiders may be
/// in groups as well: these have an address of another domain.
std::size_t missing_people(const GoogleWorkspace& all) {
  if (all.people.value() == nullptr || all.groups.value() == nullptr) return 0;
  std::set<std::string, std::less<>> known;
  std::set<std::string, std::less<>> domains;
  for (const GooglePerson& person : *all.people.value()) {
    known.insert(person.id);
    const std::string email = lower(person.email);
    domains.emplace(domain_of(email));
    known.insert(email);
    known.insert(person.aliases.begin(), person.aliases.end());
  }
  std::set<std::string> missing;
  for (const GoogleGroup& group : *all.groups.value())
    for (const GoogleMember& one : group.people) {
      const bool listed = (!one.id.empty() && known.contains(one.id)) ||
                          (!one.email.empty() && known.contains(one.email));
      if (!listed && (one.email.empty() || domains.contains(domain_of(one.email))))
        missing.insert(one.id.empty() ? one.email : one.id);
    }
  return missing.size();
}

/// Google's id of the firm, as its policies and people bear it. Empty where none does, and nothing
/// where they are of more than one firm.
std::optional<std::string> customer_of(const CloudSetting<std::vector<ExportPlace>>& policies,
                                       const CloudSetting<std::vector<ExportPlace>>& people) {
  std::set<std::string> found;
  const auto note = [&](const auto& list, const char* key) {
    if (list.value() == nullptr) return;
    for (const ExportPlace& one : *list.value()) {
      const std::string id = export_id(one.at(key));
      const std::size_t slash = id.find('/');
      if (!id.empty()) found.insert(slash == std::string::npos ? id : id.substr(slash + 1));
    }
  };
  note(policies, "customer");
  note(people, "customerId");
  if (found.size() > 1) return std::nullopt;
  return found.empty() ? std::string() : *found.begin();
}

}  // namespace

bool is_google(const Document& document) {
  const ExportPlace root(document.root);
  if (root.at("sekisho").is_there()) return root.at("sekisho").text().is("google");
  return root.at("policies").is_there() && root.at("orgunits").is_there();
}

GoogleWorkspace read_google(const Document& document) {
  const ExportPlace root(document.root);
  GoogleWorkspace all;
  all.read_at = export_time(root.at("readAt"));
  const auto policies = all_pages(root.at("policies"), "policies", "setting");
  all.policies = read_policies(policies);
  all.whole = policies.value() != nullptr && is_whole(*policies.value());
  all.units = read_google_units(root.at("orgunits"));
  all.groups = read_google_groups(root.at("groups"));
  all.people = read_google_people(root.at("users"));
  all.people_missing = missing_people(all);
  const auto customer = customer_of(policies, all_pages(root.at("users"), "users", "primaryEmail"));
  if (customer) {
    all.customer = *customer;
  } else {  // whose it is isn't known
    all.policies = Lack::not_readable;
    all.people = Lack::not_readable;
  }
  return all;
}

}  // namespace sekisho
