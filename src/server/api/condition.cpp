// SPDX-License-Identifier: Apache-2.0
#include "server/api/condition.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/view.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostTags = 50;

using By = Versioned::By;
/// All that people can change, and nothing that devices report of themselves: a report that comes
/// between is no reason to refuse a person's change.
constexpr std::array<Versioned, 22> kKinds{{
    {"me", "SELECT name, lang FROM person WHERE id = ?", By::person},
    {"organisation",
     "SELECT name, value FROM setting WHERE name LIKE 'organisation.%' OR name LIKE 'situation.%' "
     "OR name IN ('method', 'methods') ORDER BY name",
     By::nothing},
    {"device",
     "SELECT name, person_id, state, team, own, wiped_at, wiped_how, extended_support, appliance, "
     "model, reused, confirmed_at, serial, CASE WHEN appliance = '' THEN '' ELSE system_version "
     "END FROM device WHERE id = ?",
     By::id},
    {"software",
     "SELECT software_at, software_version, (SELECT COUNT(*) FROM software WHERE device_id = "
     "device.id), (SELECT MAX(id) FROM software WHERE device_id = device.id) FROM device WHERE id "
     "= ?",
     By::id},
    {"line",
     "SELECT name, value FROM setting WHERE name IN ('line.ours', 'line.portals', 'line.hours') "
     "ORDER BY name",
     By::nothing},
    {"incident", "SELECT state, done, text, device_id, duty FROM incident WHERE id = ?", By::id},
    {"contacts", "SELECT name, value FROM setting WHERE name LIKE 'contact.%' ORDER BY name",
     By::nothing},
    // Not the password: even its hash tells something of it.
    {"notices",
     "SELECT name, value FROM setting WHERE name IN ('smtp.url', 'smtp.from', 'smtp.user', "
     "'hooks') ORDER BY name",
     By::nothing},
    {"feeds",
     "SELECT name, value FROM setting WHERE name IN ('feeds.renew', 'feeds.proxy', "
     "'feeds.proxy_user', 'feeds.mirror') ORDER BY name",
     By::nothing},
    {"access-policy", "SELECT COUNT(*), MAX(id) FROM access_policy", By::nothing},
    {"clouds", "SELECT id FROM cloud_reading ORDER BY id", By::nothing},
    {"cloud-services", "SELECT id, version FROM cloud_service ORDER BY id", By::nothing},
    {"cloud-service", "SELECT version FROM cloud_service WHERE id = ?", By::id},
    {"privacy",
     "SELECT name, value FROM setting WHERE name LIKE 'retention.%' AND name <> "
     "'retention.horizon' ORDER BY name",
     By::nothing},
    {"setup", "SELECT name, value FROM setting WHERE name LIKE 'setup.%' ORDER BY name",
     By::nothing},
    {"invitations", "SELECT id, roles, withdrawn_at FROM invitation ORDER BY id", By::nothing},
    // Lists that are only added to and taken from: no id comes twice.
    {"enrolments", "SELECT COUNT(*), MAX(id), COUNT(withdrawn_at) FROM enrolment", By::nothing},
    {"incidents", "SELECT COUNT(*), MAX(id) FROM incident", By::nothing},
    {"device-views",
     "SELECT id, name, query FROM device_view WHERE person_id = ? UNION ALL SELECT 0, '', '' ORDER "
     "BY 1",
     By::person},
    {"tokens", "SELECT COUNT(*), MAX(id) FROM token WHERE person_id = ?", By::person},
    {"answer",
     "SELECT COUNT(*), MAX(id) FROM evidence WHERE subject = 'organisation' AND check_id = ?",
     By::nothing},
    // Always a row: that nobody has it is something that a change can overwrite.
    {"assignment", "SELECT COUNT(*), MAX(person_id), MAX(due) FROM assignment WHERE item = ?",
     By::nothing},
}};

/// What is bound to an item takes it by the name in the path, which may be a former one.
bool is_of_item(const Versioned& kind) { return kind.by == By::nothing && kind.sql.contains('?'); }

std::string short_hash(std::string_view text) { return base64url(sha256(text).substr(0, 15)); }

/// The part of a tag that a change is decided by.
std::string_view version_in(std::string_view tag) {
  const std::size_t dot = tag.find('.');
  return dot == std::string_view::npos ? std::string_view() : tag.substr(0, dot);
}

/// All lines of a header as one (RFC 9110, 5.3).
EntityTags tags_in(const HttpRequest& request, std::string_view name) {
  std::string whole;
  bool given = false;
  for (const auto& [there, value] : request.headers)
    if (there == name) {
      if (std::exchange(given, true)) whole += ',';
      whole += value;
    }
  EntityTags tags = read_entity_tags(whole);
  tags.given = given;
  return tags;
}

}  // namespace

EntityTags read_entity_tags(std::string_view header) {
  EntityTags found;
  found.given = true;
  if (trim(header) == "*") {
    found.any = true;
    return found;
  }
  const auto unreadable = [] { return EntityTags{true, false, false, {}}; };
  std::string_view left = trim(header);
  while (!left.empty()) {
    if (left.front() == ',') {  // an empty element
      left = trim(left.substr(1));
      continue;
    }
    EntityTags::Tag tag;
    if (left.starts_with("W/")) {
      tag.weak = true;
      left.remove_prefix(2);
    }
    if (!left.starts_with('"')) return unreadable();
    const std::size_t end = left.find('"', 1);
    if (end == std::string_view::npos || found.tags.size() == kMostTags) return unreadable();
    tag.text = left.substr(1, end - 1);
    for (const char c : tag.text)
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return unreadable();
    found.tags.push_back(std::move(tag));
    left = trim(left.substr(end + 1));
    if (!left.empty() && left.front() != ',') return unreadable();
  }
  if (found.tags.empty()) return unreadable();
  return found;
}

const Versioned* versioned(std::string_view name) {
  const auto* kind = std::ranges::find(kKinds, name, &Versioned::name);
  return kind == kKinds.end() ? nullptr : kind;
}

Result<std::optional<std::string>> version_of(const Versioned& kind, const Call& call) {
  Values values;
  if (kind.by == By::id) values.emplace_back(call.id<Id<Versioned>>(0));
  if (kind.by == By::person) values.emplace_back(call.who.person);
  if (is_of_item(kind)) values.emplace_back(item_named(call.shop, call.parameter(0)));
  const auto rows = call.db.query(kind.sql, values);
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() && kind.by != By::nothing) return std::nullopt;
  std::string text;
  for (const Row& row : *rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string value = row.text(i);
      text += row.null(i) ? std::string("-") : fmt::format("{}:{}", value.size(), value);
    }
  return short_hash(text);
}

Precondition::Precondition(const HttpRequest& request)
    : match_(tags_in(request, "if-match")), none_match_(tags_in(request, "if-none-match")) {}

bool Precondition::allows_change(const std::optional<std::string>& version) const {
  const auto same = [&](const EntityTags::Tag& tag) { return version_in(tag.text) == *version; };
  if (match_.given) {
    if (!match_.readable || !version) return false;
    // A weak tag never proves that nothing has changed.
    if (!match_.any && std::ranges::none_of(match_.tags, [&](const EntityTags::Tag& tag) {
          return !tag.weak && same(tag);
        }))
      return false;
  }
  if (!none_match_.given) return true;
  if (!none_match_.readable) return false;
  return !version || (!none_match_.any && std::ranges::none_of(none_match_.tags, same));
}

unsigned Precondition::instead_of(std::string_view tag) const {
  const auto same = [&](const EntityTags::Tag& one) { return one.text == tag; };
  if (match_.given && !match_.any &&
      (!match_.readable || std::ranges::none_of(match_.tags, [&](const EntityTags::Tag& one) {
        return !one.weak && same(one);
      })))
    return 412;
  if (none_match_.given &&
      (none_match_.any || (none_match_.readable && std::ranges::any_of(none_match_.tags, same))))
    return 304;
  return 0;
}

std::string entity_tag(const std::optional<std::string>& version, std::string_view body) {
  return version ? *version + "." + short_hash(body) : short_hash(body);
}

}  // namespace sekisho
