// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "collect/feeds/renewal.h"
#include "collect/lists.h"
#include "net/net.h"
#include "server/api/fields.h"
#include "server/api/view.h"
#include "server/feeds/handlers.h"
#include "server/feeds/settings.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::size_t kLongestPath = 1000;

/// The date of a list in use; nothing for one that has none, or that was not taken.
std::optional<ListDate> date_in_use(const Feeds& feeds, std::string_view source) {
  if (source == "exploited") return date_of(feeds.exploited);
  if (source == "support") return date_of(feeds.support);
  if (source == "weaknesses" && feeds.weaknesses) return date_of(*feeds.weaknesses);
  const auto one = std::ranges::find(feed_sources(), source, &FeedSource::id);
  if (one != feed_sources().end() && one->ecosystem)
    if (const OsvList* list = feeds.osv_of(*one->ecosystem)) return date_of(*list);
  return std::nullopt;
}

json::object list_json(const FeedSource& source, const Feeds& feeds, const RenewalState& state,
                       Day today) {
  json::object out{{"id", source.id},     {"title", json_text(source.title)},
                   {"host", source.host}, {"as_of", nullptr},
                   {"bound", nullptr},    {"stale", false},
                   {"tried", nullptr},    {"succeeded", nullptr},
                   {"due", nullptr},      {"error", nullptr}};
  if (const auto date = date_in_use(feeds, source.id)) {
    if (date->as_of != Day{}) out["as_of"] = format_day(date->as_of);
    out["bound"] = date->bound.count();
    out["stale"] = date->stale_on(today);
  }
  if (const auto one = state.sources.find(source.id); one != state.sources.end()) {
    out["tried"] = json_time(one->second.tried);
    out["succeeded"] = json_time(one->second.succeeded);
    out["due"] = json_time(one->second.due);
    if (one->second.error) out["error"] = json_text(*one->second.error);
  }
  return out;
}

Outcome show_feeds(Call& call) {
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const FeedSettings set = feed_settings(*kept);
  const bool keeps = !call.shop.options.feeds_folder.empty();
  const RenewalState state =
      keeps ? read_renewal_state({call.shop.options.feeds_folder}) : RenewalState();
  // In this order: what is said to be done is in use then.
  const auto& in_use = call.shop.options.feeds_in_use;
  bool running = in_use && in_use->renewing();
  // Where a list that is there can't be read, renewing it mends that: the page must not fail.
  const auto feeds = call.shop.options.newest_feeds();
  const Day today = organisation_of(call.guideline(), *kept).calendar.day(call.now);
  json::array lists;
  for (const FeedSource& source : feed_sources()) {
    const auto one = state.sources.find(source.id);
    // Those of ecosystems of which there never was anything here would only be in the way.
    const bool there = feeds && source.ecosystem && (*feeds)->osv_of(*source.ecosystem) != nullptr;
    if (!source.always() && !there && one == state.sources.end()) continue;
    lists.emplace_back(list_json(source, feeds ? **feeds : Feeds(), state, today));
    if (!source.always()) continue;
    running = running || (!set.asked.empty() &&
                          (one == state.sources.end() || one->second.asked != set.asked));
  }
  return reply_json(json::object{
      {"settings",
       json::object{{"daily", set.daily ? json::value(*set.daily) : json::value(nullptr)},
                    {"proxy", set.way.proxy},
                    {"proxy_user", set.way.proxy_user},
                    {"proxy_password_set", !set.way.proxy_password.empty()},
                    {"mirror", set.way.mirror.string()}}},
      {"keeps", keeps},
      {"running", keeps && running},
      {"today", format_day(today)},
      {"lists", std::move(lists)}});
}

struct Given {
  bool daily = false;
  std::string proxy, proxy_user, mirror;
  std::optional<std::string> proxy_password;
};

Given read_settings(const Node& node) {
  node.only({"daily", "proxy", "proxy_user", "proxy_password", "mirror"});
  Given one;
  one.daily = node.at("daily").boolean();
  one.proxy = clean_text(node.at("proxy"), 300, true);
  one.proxy_user = clean_text(node.at("proxy_user"), 300, true);
  one.mirror = clean_text(node.at("mirror"), kLongestPath, true);
  if (!one.proxy.empty() && !is_proxy_url(one.proxy))
    node.at("proxy").report(
        "http://proxy.example.jp:3128 の形で書いてください。名前とパスワードは別の欄に入れます。",
        "write it like http://proxy.example.jp:3128; name and password go into fields of their "
        "own.");
  if (const auto password = node.find("proxy_password"))
    one.proxy_password = clean_text(*password, 300, true);
  if (!one.mirror.empty() && !std::filesystem::path(one.mirror).is_absolute())
    node.at("mirror").report("/ で始まるフォルダーを書いてください。",
                             "write a folder that begins with /.");
  return one;
}

Outcome replace_feeds(Call& call) {
  const auto given = read_body<Given>(call, read_settings);
  if (!given) return std::unexpected(given.error());
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto kept = settings(call.db);
    if (!kept) return std::unexpected(kept.error());
    const FeedWay before = feed_settings(*kept).way;
    if (!given->proxy_password && !before.proxy_password.empty() && !given->proxy.empty() &&
        !same_server(before.proxy, given->proxy)) {
      // A password goes to no proxy but the one that it was entered for.
      Problem anew{422, {"入力に誤りがあります。", "something in the input is wrong."}, {}};
      anew.fields.push_back({{"プロキシが変わります。パスワードを入れ直してください。",
                              "the proxy changes: enter its password anew."},
                             "/proxy_password"});
      return stop(why, std::move(anew));
    }
    std::vector<std::pair<std::string, std::string>> values{
        {"feeds.renew", given->daily ? "yes" : "no"},
        {"feeds.proxy", given->proxy},
        {"feeds.proxy_user", given->proxy_user},
        {"feeds.mirror", given->mirror}};
    if (given->proxy_password) values.emplace_back("feeds.proxy_password", *given->proxy_password);
    if (given->proxy.empty()) values.emplace_back("feeds.proxy_password", "");
    for (const auto& [name, value] : values)
      if (auto set = set_setting(call.db, name, value); !set) return set;
    return audit(call, "feeds-changed", "",
                 {{"daily", given->daily}, {"proxy", given->proxy}, {"mirror", given->mirror}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome renew_feeds(Call& call) {
  if (call.shop.options.feeds_folder.empty())
    return problem(422, "このサーバーは一覧を持ちません。", "this server keeps no lists.");
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto set = set_setting(call.db, kFeedsAsked, random_token(8)); !set) return set;
    return audit(call, "feeds-asked", "", {});
  });
  return written(done, reply_nothing());
}

}  // namespace

void add_feeds(Handlers& handlers) {
  handlers.insert(
      {{"getFeeds", show_feeds}, {"replaceFeeds", replace_feeds}, {"renewFeeds", renew_feeds}});
}

}  // namespace sekisho
