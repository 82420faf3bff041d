// SPDX-License-Identifier: Apache-2.0
// Feeds: CISA's catalogue, endoflife.date's answers, our bundle.
#include "collect/vuln/products.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const auto document = parse_json("f", text_of(data, size), kFeedLimits);
  if (!document) return 0;
  if (const auto feed = read_support(*document)) {
    require(!feed->products.empty());
    for (const auto& [product, lines] : feed->products)
      if (!lines.empty() && !lines.front().name.empty())
        require(feed->find(product, lines.front().name) != nullptr);
  }
  if (const auto feed = read_exploited(*document)) require(!feed->by_product.empty());
  static_cast<void>(read_product(*document, "p"));
  if (const auto all = read_all_products(*document, [](std::string_view) { return true; }))
    for (const auto& product : all->products) require(product.value().is_array());
  return 0;
}
