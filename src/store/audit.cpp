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

/// `text` with `with` in the place of the address, or of all of it where it names the person.
std::string redacted_text(const std::string& text, const KnownAs& called, const std::string& with) {
  if (called.names.contains(text) || text.ends_with(" <" + called.email + ">")) return with;
  std::string out = text;
  std::size_t at = 0;
  while ((at = out.find(called.email, at)) != std::string::npos) {
    const std::size_t end = at + called.email.size();
    const bool whole =
        (at == 0 || !of_address(out[at - 1])) && (end == out.size() || !of_address(out[end]));
    if (whole) out.replace(at, called.email.size(), with);
    at += whole ? with.size() : 1;
  }
  return out;
}

json::value redacted_json(const json::value& value, const KnownAs& called,
                          const std::string& with) {
  if (value.is_string())
    return json::string(redacted_text(std::string(value.get_string()), called, with));
  if (value.is_array()) {
    json::array out;
    for (const json::value& one : value.get_array())
      out.push_back(redacted_json(one, called, with));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  for (const auto& [key, one] : value.get_object())
    out[redacted_text(key, called, with)] = redacted_json(one, called, with);
  return out;
}

/// The same without the person's name and address.
Entry without(const Entry& entry, const KnownAs& called, const std::string& with) {
  Entry out = entry;
  out.actor = redacted_text(entry.actor, called, with);
  out.item = redacted_text(entry.item, called, with);
  boost::system::error_code wrong;
  const json::value detail = json::parse(entry.detail, wrong);
  // Written anew only where it changes: an entry that names somebody else keeps its bytes.
  if (const json::value now = wrong ? detail : redacted_json(detail, called, with);
      !wrong && now != detail)
    out.detail = json::serialize(now);
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

Result<std::int64_t> redact_audit(Database& database, Time at, std::string_view actor,
                                  const KnownAs& called, const std::string& pseudonym) {
  std::int64_t changed = 0;
  RedactedSeal seal;
  const auto done = each_entry(database, [&](const Entry& entry, bool redacted) -> Result<void> {
    const Entry now = without(entry, called, pseudonym);
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
  std::optional<std::int64_t> first_redacted;
  const auto done = database.each(
      "SELECT id, at, actor, action, item, detail, previous, hash, redacted FROM audit ORDER BY id",
      {}, [&](const Row& row) {
        ++check.entries;
        const bool redacted = row.integer(8) != 0;
        if (redacted) {
          seal.add(entry_of(row));
          if (!first_redacted) first_redacted = row.integer(0);
        }
        const std::string expected = redacted ? row.text(7)
                                              : entry_hash(previous, row.integer(1), row.text(2),
                                                           row.text(3), row.text(4), row.text(5));
        if (row.text(6) != previous || row.text(7) != expected) check.first_broken = row.integer(0);
        if (row.text(3) == kRedacted) sealed = sealed_in(row.text(5));
        previous = row.text(7);
        return !check.first_broken;
      });
  if (!done) return std::unexpected(done.error());
  if (!check.first_broken && seal.text() != sealed) check.first_broken = first_redacted;
  check.redacted = seal.entries();
  check.last_hash = previous;
  const auto people = database.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return std::unexpected(people.error());
  check.missing = check.entries == 0 && !people->empty();
  return check;
}

}  // namespace sekisho
