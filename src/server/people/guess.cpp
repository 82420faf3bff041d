// SPDX-License-Identifier: Apache-2.0
#include "server/people/guess.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/http/secrets.h"
#include "server/people/browsers.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

constexpr std::int64_t kLongestLock = 3600;  // seconds
constexpr std::int64_t kMostCounted = 20'000;
constexpr std::int64_t kNotedAnHour = 200;
constexpr std::chrono::hours kForgotten{24};
constexpr std::chrono::days kBrowserKnown{180};
constexpr std::int64_t kBrowsersOfPerson = 20;

std::string browser_cookie_name(const ServerOptions& options) {
  return session_cookie_name(options) + "-browser";
}

/// The id of the browser that asks, where the account's person was signed in from it; 0 elsewhere.
Result<std::int64_t> known_browser(Call& call, const std::string& email) {
  const std::string_view secret = call.request.cookie(browser_cookie_name(call.shop.options));
  if (secret.empty()) return 0;
  const auto rows = call.db.query(
      "SELECT b.id FROM browser b JOIN person p ON p.id = b.person_id WHERE b.secret = ? AND "
      "p.email = ? AND b.used_at > ?",
      {secret_hash(secret), email, value_of(call.now - kBrowserKnown)});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? 0 : rows->front().integer(0);
}

struct Counted {
  std::int64_t failures = 0;
  bool locked = false;
};

Result<Counted> counted(Database& db, const std::string& name, Time now) {
  const auto rows =
      db.query("SELECT failures, last_at, locked_until FROM guess WHERE name = ?", {name});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return Counted{};
  const Row& row = rows->front();
  // A lock that ends later than any can was written by a clock that was ahead.
  const auto left = (row.time(2) - now).count();
  return Counted{std::chrono::abs(now - row.time(1)) < kForgotten ? row.integer(0) : 0,
                 left > 0 && left <= kLongestLock};
}

std::int64_t lock_after(std::int64_t failures, std::int64_t free) {
  if (failures <= free) return 0;
  return std::min(kLongestLock, std::int64_t{30} << std::min<std::int64_t>(failures - free - 1, 7));
}

Result<void> sweep(Database& db, Time now) {
  if (auto old =
          db.execute("DELETE FROM guess WHERE last_at < ?", {value_of(now - 2 * kForgotten)});
      !old)
    return old;
  // Names are whatever strangers type: there are never more than so many of them.
  return db.execute(
      "DELETE FROM guess WHERE name IN (SELECT name FROM guess ORDER BY last_at DESC, name LIMIT "
      "1000 OFFSET ?)",
      {kMostCounted});
}

/// How the log names whose address was tried.
Result<std::string> tried(Database& db, const std::string& email) {
  if (email.empty()) return email;
  const auto known = db.query("SELECT 1 FROM person WHERE email = ?", {email});
  if (!known) return std::unexpected(known.error());
  return known->empty() ? stands_for(db, email) : email;
}

/// What somebody typed may hold an address in any place.
void leave_addresses_out(boost::json::object& detail) {
  for (auto& field : detail) {
    if (!field.value().is_string()) continue;
    std::string kept;
    for (const std::string_view word : words(std::string_view(field.value().get_string())))
      kept.append(kept.empty() ? "" : " ").append(word.contains('@') ? "?" : word);
    field.value() = boost::json::string(kept);
  }
}

}  // namespace

Result<std::string> known_browser(Database& db, const ServerOptions& options,
                                  const HttpRequest& request, Time now) {
  const std::string_view secret = request.cookie(browser_cookie_name(options));
  if (secret.empty()) return std::string();
  const auto rows = db.query("SELECT id FROM browser WHERE secret = ? AND used_at > ?",
                             {secret_hash(secret), value_of(now - kBrowserKnown)});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? std::string() : fmt::format("browser {}", rows->front().integer(0));
}

Result<std::string> stands_for(Database& db, const std::string& email) {
  const auto key = stranger_key(db);
  if (!key) return key;
  return "unknown-" + keyed_hash(*key, "address|" + email).substr(0, 20);
}

Result<std::string> account_guess(Database& db, const std::string& email) {
  auto name = stands_for(db, email);
  if (name) name->insert(0, "account|");
  return name;
}

Result<Counts> counts_of_password(Call& call, const std::string& email) {
  const auto browser = known_browser(call, email);
  if (!browser) return std::unexpected(browser.error());
  if (*browser != 0) return Counts{{fmt::format("browser|{}", *browser)}};
  auto account = account_guess(call.db, email);
  if (!account) return std::unexpected(account.error());
  Counts counts{{std::move(*account)}};
  // Empty behind a proxy that isn't named: one outsider would lock all others out.
  if (!call.request.payer.empty())
    counts.push_back({"address|" + call.request.payer, kFreeGuessesOfAddress});
  return counts;
}

Result<Counts> counts_of_code(Call& call, const std::string& email) {
  const auto browser = known_browser(call, email);
  if (!browser) return std::unexpected(browser.error());
  if (*browser != 0) return Counts{{fmt::format("code-browser|{}", *browser)}};
  return Counts{{fmt::format("code|{}", call.who.person)}};
}

Counts counts_of_session(const Call& call) { return {{fmt::format("proof|{}", call.who.session)}}; }

Result<bool> take_guess(Database& db, const Counts& counts, Time now) {
  bool free = true;
  const auto done = db.write([&]() -> Result<void> {
    std::vector<std::int64_t> failures;
    for (const Count& count : counts) {
      const auto before = counted(db, count.name, now);
      if (!before) return std::unexpected(before.error());
      free = free && !before->locked;
      failures.push_back(before->failures + 1);
    }
    if (!free) return {};
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto until = now + std::chrono::seconds(lock_after(failures[i], counts[i].free));
      if (auto kept = db.execute(
              "INSERT INTO guess (name, failures, last_at, locked_until) VALUES (?, ?, ?, ?) ON "
              "CONFLICT (name) DO UPDATE SET failures = excluded.failures, last_at = "
              "excluded.last_at, locked_until = excluded.locked_until",
              {counts[i].name, failures[i], value_of(now), value_of(until)});
          !kept)
        return kept;
    }
    return sweep(db, now);
  });
  if (!done) return std::unexpected(done.error());
  return free;
}

Result<void> give_back_guess(Database& db, const Counts& counts) {
  for (const Count& count : counts)
    if (auto done =
            db.execute("UPDATE guess SET failures = failures - 1, locked_until = 0 WHERE name = ?",
                       {count.name});
        !done)
      return done;
  return {};
}

Result<void> forgive_guesses(Database& db, const Counts& counts) {
  for (const Count& count : counts)
    if (auto done = db.execute("DELETE FROM guess WHERE name = ?", {count.name}); !done)
      return done;
  return {};
}

Result<void> note_failure(Call& call, std::string_view email, boost::json::object detail) {
  constexpr const char* kName = "noted";
  leave_addresses_out(detail);
  return call.db.write([&]() -> Result<void> {
    const auto rows =
        call.db.query("SELECT failures, last_at FROM guess WHERE name = ?", {std::string(kName)});
    if (!rows) return std::unexpected(rows.error());
    std::int64_t noted = 0;
    Time since = call.now;
    if (!rows->empty() &&
        std::chrono::abs(call.now - rows->front().time(1)) < std::chrono::hours(1)) {
      noted = rows->front().integer(0);
      since = rows->front().time(1);
    }
    if (noted >= kNotedAnHour) return {};
    if (noted + 1 == kNotedAnHour) detail["more"] = "not noted for an hour";
    if (auto kept = call.db.execute(
            "INSERT INTO guess (name, failures, last_at, locked_until) VALUES (?, ?, ?, 0) ON "
            "CONFLICT (name) DO UPDATE SET failures = excluded.failures, last_at = "
            "excluded.last_at",
            {std::string(kName), noted + 1, value_of(since)});
        !kept)
      return kept;
    const auto whose = tried(call.db, std::string(email));
    if (!whose) return std::unexpected(whose.error());
    return audit(call, "sign-in-failed", *whose, std::move(detail));
  });
}

Result<std::optional<std::string>> know_browser(Call& call, PersonId person) {
  const std::string name = browser_cookie_name(call.shop.options);
  const auto again = call.db.query(
      "UPDATE browser SET used_at = ? WHERE secret = ? AND person_id = ? RETURNING id",
      {value_of(call.now), secret_hash(call.request.cookie(name)), person});
  if (!again) return std::unexpected(again.error());
  if (!again->empty()) return std::nullopt;
  const std::string secret = random_token();
  for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
           {"INSERT INTO browser (person_id, secret, used_at) VALUES (?, ?, ?)",
            {person, secret_hash(secret), value_of(call.now)}},
           {"DELETE FROM browser WHERE person_id = ? AND id IN (SELECT id FROM browser WHERE "
            "person_id = ? ORDER BY used_at DESC, id DESC LIMIT 1000 OFFSET ?)",
            {person, person, kBrowsersOfPerson}}})
    if (auto ran = call.db.execute(sql, values); !ran) return std::unexpected(ran.error());
  return make_cookie(call.shop.options, name, secret, kBrowserKnown);
}

}  // namespace sekisho
