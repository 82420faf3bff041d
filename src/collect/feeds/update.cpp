// SPDX-License-Identifier: Apache-2.0
#include "collect/feeds/update.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/gzip.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/products.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// The text in use of a list that is built in as well.
Result<std::string> text_in_use(const std::filesystem::path& file, std::string_view built_in) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return std::string(built_in);
  return read_input_file(file, kFeedLimits.bytes);
}

std::size_t entries_of(const ExploitedFeed& feed) {
  std::size_t entries = 0;
  for (const auto& [product, list] : feed.by_product) entries += list.size();
  return entries;
}

}  // namespace

std::unexpected<Error> in_input(const std::string& name, Error error) {
  error.where = printable(name, 200) + (error.where.empty() ? "" : ": " + error.where);
  return std::unexpected(std::move(error));
}

Result<ExploitedFeed> exploited_in_use(const FeedFiles& files) {
  const auto text = text_in_use(files.exploited(), embedded_exploited());
  if (!text) return std::unexpected(text.error());
  const auto document = parse_json(files.exploited().string(), *text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  return read_exploited(*document);
}

Result<SupportFeed> support_in_use(const FeedFiles& files) {
  const auto text = text_in_use(files.support(), embedded_support());
  if (!text) return std::unexpected(text.error());
  const auto document = parse_json(files.support().string(), *text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  return read_support(*document);
}

Result<void> FeedUpdate::fit_date(Day day, Day kept) const {
  if (day - today_ > kMostAhead)
    return failure(fmt::format("日付が {} で、先の日付です。使いません。", format_day(day)),
                   fmt::format("it is of {}, which lies ahead; it is not used.", format_day(day)));
  // What is there may have been dated wrongly itself: then it keeps nothing out.
  if (day < kept && kept - today_ <= kMostAhead)
    return failure(
        fmt::format("{} のもので、今ある {} のものより古いため、使いません。",
                    day == Day{} ? "いつか分からない日" : format_day(day), format_day(kept)),
        fmt::format("it is of {}, older than what is there ({}); it is not used.",
                    day == Day{} ? "no known day" : format_day(day), format_day(kept)));
  return {};
}

Result<void> FeedUpdate::fit_size(std::size_t size, std::size_t kept) const {
  // Lists lose hardly anything: one that is much shorter is broken, or not the whole.
  if (brought_ == Brought::by_person || size >= kept - kept / 10) return {};
  return failure(
      fmt::format("{} 件しかなく、今ある {} 件より大きく減っているため、使いません。", size, kept),
      fmt::format("it has {} entries, far fewer than the {} that are there; it is not used.", size,
                  kept));
}

Result<void> FeedUpdate::take_exploited(const Document& document, const std::string& text) {
  const auto feed = read_exploited(document);
  if (!feed) return std::unexpected(feed.error());
  if (const auto kept = exploited_in_use(files_)) {
    if (auto fit = fit_date(feed->as_of, kept->as_of); !fit) return fit;
    if (auto fit = fit_size(entries_of(*feed), entries_of(*kept)); !fit) return fit;
  } else if (auto fit = fit_date(feed->as_of, Day{}); !fit) {
    return fit;
  }
  exploited_ = text;
  return {};
}

Result<void> FeedUpdate::take_support(const Document& document, const std::string& text) {
  const auto feed = read_support(document);
  if (!feed) return std::unexpected(feed.error());
  const auto kept = support_in_use(files_);
  if (auto fit = fit_date(feed->as_of, kept ? kept->as_of : Day{}); !fit) return fit;
  if (auto fit = fit_size(feed->products.size(), kept ? kept->products.size() : 0); !fit)
    return fit;
  whole_support_ = text;
  return {};
}

/// Of all products those that we ship dates of: the others would only make it larger.
Result<void> FeedUpdate::take_all_products(const Document& document) {
  const auto ours =
      read_support(*parse_json("(built in)", embedded_support(), kFeedLimits))->products;
  auto all =
      read_all_products(document, [&](std::string_view name) { return ours.contains(name); });
  if (!all) return std::unexpected(all.error());
  const auto kept = support_in_use(files_);
  const Day day = all->as_of.value_or(today_);
  if (auto fit = fit_date(day, kept ? kept->as_of : Day{}); !fit) return fit;
  if (auto fit = fit_size(all->products.size(), ours.size()); !fit) return fit;
  products_ = std::move(all->products);
  all_products_ = day;
  return {};
}

Result<void> FeedUpdate::take_json(const std::string& name, const std::string& text) {
  const auto document = parse_json(name, text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  const json::object* top = document->root.if_object();
  // endoflife.date's answers have a schema_version too, but no id.
  if (top != nullptr && top->contains("schema_version") && top->contains("id"))
    return take_osv(name, text);
  const auto named = [&](Result<void> taken) -> Result<void> {
    if (!taken && taken.error().where.empty()) return in_input(name, taken.error());
    return taken;
  };
  if (top != nullptr && top->contains("vulnerabilities"))
    return named(take_exploited(*document, text));
  if (top != nullptr && top->contains("products")) return named(take_support(*document, text));
  if (top != nullptr && top->contains("result") && top->at("result").is_array())
    return named(take_all_products(*document));
  const std::string file = name.substr(name.rfind('/') + 1);
  auto product = read_product(*document, file.substr(0, file.find('.')));
  if (!product) return std::unexpected(product.error());
  products_[product->first] = std::move(product->second);
  return {};
}

Result<void> FeedUpdate::take(const std::string& name, std::string text) {
  if (text.starts_with("\x1f\x8b")) {
    auto plain = gunzip(text, kMostNvdBytes);
    if (!plain)
      return failure("gzip として開けません。", "this can't be unpacked as gzip.",
                     printable(name, 200));
    text = std::move(*plain);
  }
  if (auto large = take_large(name, text)) return *large;
  return take_json(name, text);
}

std::string FeedUpdate::kept_support() const {
  if (const auto kept = text_in_use(files_.support(), embedded_support())) return *kept;
  return std::string(embedded_support());
}

/// The support bundle with single products replaced; as old as its oldest part, unless every
/// product in it is new.
Result<std::string> FeedUpdate::merged_support() const {
  if (all_products_)
    return json::serialize(json::object{{"as_of", format_day(*all_products_)},
                                        {"source", "endoflife.date"},
                                        {"products", products_}});
  std::string text = whole_support_.empty() ? kept_support() : whole_support_;
  if (products_.empty()) return text;
  auto document = parse_json(files_.support().string(), text, kFeedLimits);
  if (!document) return std::unexpected(document.error());
  json::object& top = document->root.as_object();
  for (const auto& product : products_)
    top["products"].as_object()[product.key()] = product.value();
  const bool all = std::ranges::all_of(top["products"].as_object(), [&](const auto& product) {
    return products_.contains(product.key());
  });
  if (all) top["as_of"] = format_day(today_);
  return json::serialize(document->root);
}

Result<void> FeedUpdate::write() {
  Files files;
  if (auto gathered = gather_large(files); !gathered) return gathered;
  if (!exploited_.empty()) files.emplace_back(files_.exploited(), exploited_);
  if (!products_.empty() || !whole_support_.empty()) {
    auto text = merged_support();
    if (!text) return std::unexpected(text.error());
    files.emplace_back(files_.support(), std::move(*text));
  }
  std::error_code error;
  std::filesystem::create_directories(files_.folder, error);
  for (const auto& [file, text] : files) {
    // What is there already is not written anew: nothing is judged anew by it either.
    if (const auto there = read_regular_file(file, text.size()); there && *there == text) continue;
    if (auto written = write_file_atomically(file, text); !written) return written;
  }
  return {};
}

}  // namespace sekisho
