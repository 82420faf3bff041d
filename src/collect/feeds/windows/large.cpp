// SPDX-License-Identifier: Apache-2.0
// The large lists are the server's: on Windows none is kept, or asked.
#include "collect/feeds/renewal.h"
#include "collect/feeds/update.h"

namespace sekisho {
namespace {

std::unexpected<Error> only_the_server(const std::string& name) {
  return failure("この一覧は Windows では使いません。使うのは CISA KEV とサポート期間の一覧です。",
                 "this list is not used on Windows; CISA's KEV and support dates are.",
                 printable(name, 200));
}

}  // namespace

std::optional<Result<void>> FeedUpdate::take_large(const std::string& name,
                                                   const std::string& text) {
  // What is JSON, and not NVD's, is one of the small ones.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string::npos && (text[first] == '{' || text[first] == '[');
  if (json && !text.substr(0, 400).contains("\"NVD_CVE\"")) return std::nullopt;
  return only_the_server(name);
}

Result<void> FeedUpdate::take_osv(const std::string& name, const std::string& /*text*/) {
  return only_the_server(name);
}

Result<void> FeedUpdate::gather_large(Files& /*files*/) { return {}; }

Result<void> FeedRenewal::bring_weaknesses(FeedUpdate& /*update*/, const Fetch& /*fetch*/,
                                           Time /*now*/) {
  return only_the_server("NVD");
}

}  // namespace sekisho
