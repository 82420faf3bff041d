// SPDX-License-Identifier: Apache-2.0
#include "store/audit.h"

#include <functional>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kRedacted = "person-erased";

/// Each field with its length before it, so that no two entries give the same text.
std::string entry_hash(std::string_view previous, std::int64_t at, std::string_view actor,
                       std::string_view action, std::string_view item, std::string_view detail) {
  const std::string moment = std::to_string(at);
  std::string text;
  for (const std::string_view field :
       {previous, std::string_view(moment), actor, action, item, detail})
    text += fmt::format("{}:{}", field.size(), field);
  return hex(sha256(text));
}

struct Entry {
  std::int64_t id = 0;
  std::int64_t at = 0;
  std::string actor, action, item, detail;
  bool operator==(const Entry&) const = default;
};
/// Of a row that begins with id, at, actor, action, item, detail.
Entry entry_of(const Row& row) {
  return {row.integer(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5)};
}

/// What stands in entries whose names were replaced, as one hash. That of each entry is still of
/// what stood there before: this one holds what stands there now.
class RedactedSeal {
 public:
  void add(const Entry& entry) {
    seal_ = entry_hash(fmt::format("{}:{}", seal_, entry.id), entry.at, entry.actor, entry.action,
                       entry.item, entry.detail);
    ++entries_;
  }
  std::int64_t entries() const { return entries_; }
  const std::string& text() const { return seal_; }

 private:
  std::string seal_;
  std::int64_t entries_ = 0;
};

bool of_address(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) != 0 ||
         std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view(".!#$%&'*+/=?^_`{|}~-@").find(c) != std::string_view::npos;
}

/// `text` with `with` in the place of the address, or of all of it where that stands behind a name.
std::string redacted_text(const std::string& text, const std::string& email,
                          const std::string& with) {
  if (text.ends_with(" <" + email + ">")) return with;
  std::string out = text;
  std::size_t at = 0;
  while ((at = out.find(email, at)) != std::string::npos) {
    const std::size_t end = at + email.size();
    const bool whole =
        (at == 0 || !of_address(out[at - 1])) && (end == out.size() || !of_address(out[end]));
    if (whole) out.replace(at, email.size(), with);
    at += whole ? with.size() : 1;
  }
  return out;
}

/// Its texts; a name of a field is none.
void redact_texts(json::value& value, const std::string& email, const std::string& with) {
  if (value.is_string())
    value = json::string(redacted_text(std::string(value.get_string()), email, with));
  else if (value.is_array())
    for (json::value& one : value.get_array()) redact_texts(one, email, with);
  else if (value.is_object())
    for (auto& field : value.get_object()) redact_texts(field.value(), email, with);
}

void replace_texts(json::object& of, std::initializer_list<const char*> fields,
                   const std::string& with) {
  for (const char* field : fields)
    if (auto* there = of.if_contains(field); there != nullptr && there->is_string()) *there = with;
}

/// What only the detail of an entry about the person, theirs or their devices' says of them.
void redact_own(json::object& detail, const Entry& entry, const KnownAs& known,
                const std::string& with) {
  const bool about = entry.item == known.email;
  const bool by = entry.actor.ends_with(" <" + known.email + ">");
  if (about && entry.action == "renamed") replace_texts(detail, {"from", "to"}, with);
  if (auto* renamed = detail.if_contains("renamed");
      about && renamed != nullptr && renamed->is_object())
    replace_texts(renamed->get_object(), {"from", "to"}, with);
  if (about && entry.action.starts_with("oidc-")) replace_texts(detail, {"subject"}, with);
  if ((about || by) && entry.action.starts_with("sign-in")) replace_texts(detail, {"from"}, "");
  if (known.devices.contains(entry.item)) replace_texts(detail, {"name"}, with);
}

/// The same without the person's name and address.
Entry without(const Entry& entry, const KnownAs& known, const std::string& with) {
  Entry out = entry;
  if (entry.id <= known.after || entry.id > known.up_to) return out;
  out.actor = redacted_text(entry.actor, known.email, with);
  if (entry.action == kRedacted) return out;
  out.item = redacted_text(entry.item, known.email, with);
  boost::system::error_code wrong;
  const json::value before = json::parse(entry.detail, wrong);
  if (wrong) return out;
  json::value now = before;
  redact_texts(now, known.email, with);
  if (now.is_object()) redact_own(now.get_object(), entry, known, with);
  // Written anew only where it changes: an entry that names somebody else keeps its bytes.
  if (now != before) out.detail = json::serialize(now);
  return out;
}

/// All entries in pieces that fit into memory.
Result<void> each_entry(Database& database,
                        const std::function<Result<void>(const Entry&, bool redacted)>& take) {
  std::int64_t after = 0;
  while (true) {
    const auto rows = database.query(
        "SELECT id, at, actor, action, item, detail, redacted FROM audit WHERE id > ? ORDER BY id "
        "LIMIT 500",
        {after});
    if (!rows) return std::unexpected(rows.error());
    for (const Row& row : *rows) {
      after = row.integer(0);
      if (auto done = take(entry_of(row), row.integer(6) != 0); !done) return done;
    }
    if (rows->empty()) return {};
  }
}

/// What the last entry of its kind says of the seal.
std::string sealed_in(const std::string& detail) {
  boost::system::error_code wrong;
  const json::value value = json::parse(detail, wrong);
  const auto* seal = wrong || !value.is_object() ? nullptr : value.get_object().if_contains("seal");
  return seal == nullptr || !seal->is_string() ? "" : std::string(seal->get_string());
}

}  // namespace

Result<void> append_audit(Database& database, Time at, std::string_view actor,
                          std::string_view action, std::string_view item, std::string_view detail) {
  return database.write([&]() -> Result<void> {
    const auto last = database.query("SELECT hash FROM audit ORDER BY id DESC LIMIT 1");
    if (!last) return std::unexpected(last.error());
    const std::string previous = last->empty() ? "" : last->front().text(0);
    const std::int64_t seconds = at.time_since_epoch().count();
    return database.execute(
        "INSERT INTO audit (at, actor, action, item, detail, previous, hash) VALUES (?, ?, ?, ?, "
        "?, ?, ?)",
        {seconds, std::string(actor), std::string(action), std::string(item), std::string(detail),
         previous, entry_hash(previous, seconds, actor, action, item, detail)});
  });
}

Result<std::vector<KnownAs>> addresses_of(Database& database, PersonId person) {
  const auto now = database.query(
      "SELECT email, (SELECT COALESCE(MAX(f.last_entry), 0) FROM former_address f WHERE f.email = "
      "person.email) FROM person WHERE id = ?",
      {person});
  if (!now) return std::unexpected(now.error());
  const auto before = database.query(
      "SELECT email, last_entry, (SELECT COALESCE(MAX(f.last_entry), 0) FROM "
      "former_address f WHERE f.email = former_address.email AND f.last_entry < "
      "former_address.last_entry) FROM former_address WHERE person_id = ?",
      {person});
  if (!before) return std::unexpected(before.error());
  std::vector<KnownAs> all;
  for (const Row& row : *now) all.push_back({row.text(0), {}, row.integer(1)});
  for (const Row& row : *before) all.push_back({row.text(0), {}, row.integer(2), row.integer(1)});
  return all;
}

Result<std::int64_t> redact_audit(Database& database, Time at, std::string_view actor,
                                  const KnownAs& known, const std::string& pseudonym) {
  // What stands there is sealed anew: nothing may hide behind that which the old seal would show.
  const auto whole = verify_audit(database);
  if (!whole) return std::unexpected(whole.error());
  if (!whole->intact())
    return failure("監査ログが変えられています。調べるまで、誰の情報も消しません。",
                   "the audit log was changed; nobody is forgotten until that is looked into.");
  std::int64_t changed = 0;
  RedactedSeal seal;
  const auto done = each_entry(database, [&](const Entry& entry, bool redacted) -> Result<void> {
    const Entry now = without(entry, known, pseudonym);
    if (now != entry || redacted) seal.add(now);
    if (now == entry) return {};
    ++changed;
    return database.execute(
        "UPDATE audit SET actor = ?, item = ?, detail = ?, redacted = 1 WHERE id = ?",
        {now.actor, now.item, now.detail, now.id});
  });
  if (!done) return std::unexpected(done.error());
  const auto noted =
      append_audit(database, at, actor, kRedacted, pseudonym,
                   json::serialize(json::object{
                       {"entries", changed}, {"of_all", seal.entries()}, {"seal", seal.text()}}));
  if (!noted) return std::unexpected(noted.error());
  return changed;
}

Result<AuditCheck> verify_audit(Database& database) {
  AuditCheck check;
  std::string previous;
  RedactedSeal seal;
  std::string sealed;
  std::optional<std::int64_t> sealing;  // the entry that seals, or the first that none does
  const auto done = database.each(
      "SELECT id, at, actor, action, item, detail, previous, hash, redacted FROM audit ORDER BY id",
      {}, [&](const Row& row) {
        ++check.entries;
        const bool redacted = row.integer(8) != 0;
        if (redacted) {
          seal.add(entry_of(row));
          if (!sealing) sealing = row.integer(0);
        }
        const std::string expected = redacted ? row.text(7)
                                              : entry_hash(previous, row.integer(1), row.text(2),
                                                           row.text(3), row.text(4), row.text(5));
        if (row.text(6) != previous || row.text(7) != expected) check.first_broken = row.integer(0);
        if (row.text(3) == kRedacted) {
          sealed = sealed_in(row.text(5));
          sealing = row.integer(0);
        }
        previous = row.text(7);
        return !check.first_broken;
      });
  if (!done) return std::unexpected(done.error());
  if (!check.first_broken && seal.text() != sealed) check.first_broken = sealing;
  check.redacted = seal.entries();
  check.last_hash = previous;
  const auto people = database.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return std::unexpected(people.error());
  check.missing = check.entries == 0 && !people->empty();
  return check;
}

}  // namespace sekisho
