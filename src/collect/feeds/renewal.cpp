// SPDX-License-Identifier: Apache-2.0
#include "collect/feeds/renewal.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::string_view kExploited = "exploited";
constexpr std::string_view kSupport = "support";
constexpr std::string_view kWeaknesses = "weaknesses";
constexpr std::string_view kNames = "names";

constexpr std::chrono::hours kEvery{24};
constexpr std::chrono::hours kSpread{2};  // that a try may come earlier
constexpr std::chrono::minutes kFirstPause{15};
constexpr std::chrono::hours kLongestPause{6};
constexpr DocumentLimits kStateLimits{.bytes = std::size_t{1} << 20U, .nodes = 10'000, .depth = 8};

constexpr std::string_view kOsvHost = "osv-vulnerabilities.storage.googleapis.com";

std::optional<Ecosystem> ecosystem_of(std::string_view source) {
  const auto one = std::ranges::find(feed_sources(), source, &FeedSource::id);
  return one == feed_sources().end() ? std::nullopt : one->ecosystem;
}

FeedSource osv_source(Ecosystem ecosystem) {
  const EcosystemFacts& facts = facts_of(ecosystem);
  return {facts.id,
          {fmt::format("{} の脆弱性（OSV）", facts.name),
           fmt::format("{}'s vulnerabilities (OSV)", facts.name)},
          kOsvHost,
          ecosystem};
}

FeedAddress address_of(std::string_view source) {
  if (source == kExploited)
    return {"https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json",
            "known_exploited_vulnerabilities.json", kFeedLimits.bytes};
  if (source == kSupport)
    return {"https://endoflife.date/api/v1/products/full", "endoflife-full.json",
            kFeedLimits.bytes};
  if (const auto ecosystem = ecosystem_of(source))
    return {fmt::format("https://{}/{}/all.zip", kOsvHost, facts_of(*ecosystem).name),
            fmt::format("{}-all.zip", facts_of(*ecosystem).id), kMostPackedFeed};
  return {"https://jvndb.jvn.jp/ja/rss/jvndb.rdf", "jvndb.rdf", kMostJvnBytes};
}

std::optional<Time> read_moment(const Node& source, std::string_view key) {
  const auto node = source.find(key);
  if (!node) return std::nullopt;
  const auto time = parse_time(node->string());
  if (!time) node->report("時刻ではありません。", "this is no time.");
  return time;
}

SourceState read_source(const Node& node) {
  SourceState one;
  one.tried = read_moment(node, "tried");
  one.succeeded = read_moment(node, "succeeded");
  one.due = read_moment(node, "due").value_or(Time());
  one.failures = node.at("failures").integer(0, 1'000'000);
  if (const auto tag = node.find("tag")) one.tag = tag->string();
  if (const auto asked = node.find("asked")) one.asked = asked->string();
  if (const auto error = node.find("error")) one.error = error->text();
  return one;
}

}  // namespace

std::filesystem::path kept_file(const FeedFiles& files, std::string_view source) {
  if (source == kExploited) return files.exploited();
  if (source == kSupport) return files.support();
  if (const auto ecosystem = ecosystem_of(source)) return files.osv(*ecosystem);
  return source == kNames ? files.jvn() : files.weaknesses();
}

std::span<const FeedSource> feed_sources() {
  static const std::array kSources{
      FeedSource{kExploited,
                 {"攻撃に使われている脆弱性（CISA KEV）", "Exploited vulnerabilities (CISA KEV)"},
                 "www.cisa.gov"},
      FeedSource{kSupport,
                 {"サポート期間（endoflife.date）", "Support dates (endoflife.date)"},
                 "endoflife.date"},
      FeedSource{kWeaknesses,
                 {"バージョンごとの脆弱性（NVD）", "Vulnerabilities by version (NVD)"},
                 "nvd.nist.gov"},
      osv_source(Ecosystem::debian),
      FeedSource{kNames,
                 {"脆弱性の日本語の名前（JVN iPedia）", "Names in Japanese (JVN iPedia)"},
                 "jvndb.jvn.jp"},
      osv_source(Ecosystem::ubuntu),
      osv_source(Ecosystem::almalinux),
      osv_source(Ecosystem::npm),
      osv_source(Ecosystem::pypi),
      osv_source(Ecosystem::maven),
      osv_source(Ecosystem::go)};
  return kSources;
}

std::string write_renewal_state(const RenewalState& state) {
  json::object sources;
  for (const auto& [id, one] : state.sources) {
    json::object out{{"due", format_time(one.due)}, {"failures", one.failures}};
    if (one.tried) out["tried"] = format_time(*one.tried);
    if (one.succeeded) out["succeeded"] = format_time(*one.succeeded);
    if (!one.tag.empty()) out["tag"] = one.tag;
    if (!one.asked.empty()) out["asked"] = one.asked;
    if (one.error) out["error"] = json::object{{"ja", one.error->ja}, {"en", one.error->en}};
    sources[id] = std::move(out);
  }
  return json::serialize(json::object{{"asked", state.asked}, {"sources", std::move(sources)}});
}

RenewalState parse_renewal_state(std::string_view text) {
  auto state = read_json<RenewalState>(text, kStateLimits, [](const Node& node) {
    RenewalState all;
    const Node asked = node.at("asked");
    if (!asked.value().is_string() || !asked.value().get_string().empty())
      all.asked = asked.string();
    for (const auto& [id, one] : node.at("sources").entries()) all.sources[id] = read_source(one);
    return all;
  });
  return state ? std::move(*state) : RenewalState();
}

RenewalState read_renewal_state(const FeedFiles& files) {
  const auto text = read_regular_file(files.state(), kStateLimits.bytes);
  return text ? parse_renewal_state(*text) : RenewalState();
}

std::vector<std::string_view> FeedRenewal::wished() const {
  std::vector<std::string_view> list;
  if (state_.asked.empty()) return list;
  for (const FeedSource& source : feed_sources()) {
    const auto found = state_.sources.find(source.id);
    if (!wanted(source)) continue;
    if (found == state_.sources.end() || found->second.asked != state_.asked)
      list.push_back(source.id);
  }
  return list;
}

std::vector<std::string_view> FeedRenewal::due(Time now) const {
  std::vector<std::string_view> list;
  for (const FeedSource& source : feed_sources()) {
    const auto found = state_.sources.find(source.id);
    if (!wanted(source)) continue;
    if (found == state_.sources.end() || !found->second.tried ||
        (!state_.asked.empty() && found->second.asked != state_.asked) ||
        now >= found->second.due ||
        // These were written by a clock that was ahead.
        found->second.due > now + kEvery + kSpread || *found->second.tried > now)
      list.push_back(source.id);
  }
  return list;
}

std::chrono::seconds FeedRenewal::spread(std::chrono::seconds most) {
  return std::chrono::seconds(random_() % (static_cast<std::uint64_t>(most.count()) + 1));
}

/// What changed in a week, where what is there is not older than that; else all years first.
Result<void> FeedRenewal::bring(std::string_view source, const Fetch& fetch, Time now) {
  const FileLock lock(files_.lock());
  if (!lock.held())
    return failure("別のプログラムが更新しています。", "another program is renewing them.");
  FeedUpdate update(files_, Calendar::utc().day(now), Brought::by_itself);
  if (source == kWeaknesses) {
    if (auto brought = bring_weaknesses(update, fetch, now); !brought) return brought;
    return update.write();
  }
  SourceState& state = state_.sources[std::string(source)];
  std::error_code missing;
  const bool there = std::filesystem::exists(kept_file(files_, source), missing);
  auto fetched = fetch(address_of(source), there ? state.tag : "");
  if (!fetched) return std::unexpected(fetched.error());
  if (fetched->unchanged) return {};
  if (auto taken = update.take(address_of(source).file, std::move(fetched->text)); !taken)
    return taken;
  // Its place may have held another's.
  if (const auto ecosystem = ecosystem_of(source);
      ecosystem && update.osv().kept.at(static_cast<std::size_t>(*ecosystem)) == 0)
    return failure(fmt::format("{} の記録が一つもありません。", facts_of(*ecosystem).name),
                   fmt::format("it holds no record of {}.", facts_of(*ecosystem).name),
                   address_of(source).file);
  if (auto written = update.write(); !written) return written;
  state.tag = fetched->tag;
  return {};
}

Result<void> FeedRenewal::renew(std::string_view source, const Fetch& fetch, Time now) {
  std::error_code made;
  std::filesystem::create_directories(files_.folder, made);
  auto brought = bring(source, fetch, now);
  SourceState& state = state_.sources[std::string(source)];
  state.tried = now;
  state.asked = state_.asked;
  if (brought) {
    state.succeeded = now;
    state.failures = 0;
    state.error.reset();
    state.due = now + kEvery - spread(kSpread);
  } else {
    const std::int64_t doublings = std::min<std::int64_t>(state.failures++, 10);
    const auto pause =
        std::min<std::chrono::seconds>(kFirstPause * (std::int64_t{1} << doublings), kLongestPause);
    state.due = now + pause + spread(pause / 4);
    state.error = Text{brought.error().describe(Lang::ja), brought.error().describe(Lang::en)};
  }
  // Where even this can't be written, on a disk that is full, it is remembered here.
  const auto written = write_file_atomically(files_.state(), write_renewal_state(state_));
  return brought ? written : brought;
}

}  // namespace sekisho
