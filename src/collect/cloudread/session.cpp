// SPDX-License-Identifier: Apache-2.0
#include "collect/cloudread/session.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/document.h"
#include "collect/cloudread/kept.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostPages = 2'000;
constexpr std::string_view kOData = "value";  // its lists
constexpr std::size_t kMostEmptyPages = 100;
constexpr std::size_t kMostElements = 200'000;
constexpr std::size_t kMostAnswer = std::size_t{16} << 20U;
constexpr int kMostTries = 6;
/// What a service that says not how long is left alone for, doubled each time.
constexpr std::chrono::seconds kFirstWait{2};
constexpr std::chrono::seconds kLongestWait{120};
/// A reading that has waited for so long in all gives up.
constexpr std::chrono::seconds kMostWaiting{1'800};
constexpr DocumentLimits kAnswerLimits{kMostAnswer, 2'000'000, 48};
constexpr NetPatience kPatience{std::chrono::seconds(10), std::chrono::seconds(60),
                                std::chrono::seconds(30)};

/// Without a query, in which somebody's name may stand.
std::string shown(const std::string& url) {
  return shown_url(url.substr(0, url.find_first_of("?#")), 120);
}

Error not_answered(const std::string& url, const NotReached& why) {
  return {{"答えがありません（" + why.text.ja + "）。", "no answer (" + why.text.en + ")."},
          shown(url),
          Fault::unavailable};
}

Result<json::value> json_of(const std::string& url, const std::string& body) {
  auto document = parse_json("", body, kAnswerLimits);
  if (!document)
    return failure("答えが JSON ではありません。", "the answer is no JSON.", shown(url));
  return std::move(document->root);
}

/// The next page that a line of a header names (Link with rel="next", RFC 8288); empty: none.
std::string next_link(std::string_view line) {
  constexpr std::string_view kLink = "link:";
  if (lower(line.substr(0, kLink.size())) != kLink) return {};
  for (std::string_view rest = line.substr(kLink.size()); rest.contains('<');) {
    rest.remove_prefix(rest.find('<') + 1);
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) return {};
    const std::string_view url = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const std::string about = lower(rest.substr(0, rest.find('<')));
    if (about.contains("rel=\"next\"") || about.contains("rel=next")) return std::string(url);
  }
  return {};
}

/// 408, 429 and the server's own troubles (RFC 9110, 15.6), but for what it doesn't do at all.
bool is_busy(long status) {
  return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

}  // namespace

/// A question with the token, again and again where the service is busy.
Result<Incoming> CloudSession::ask_with_token(const std::string& url) {
  std::chrono::seconds wait = kFirstWait;
  for (int tries = 1;; ++tries) {
    Outgoing question;
    question.url = url;
    question.headers = host_.headers;
    question.headers.push_back("authorization: Bearer " + token_);
    question.headers.emplace_back("accept: application/json");
    question.most = kMostAnswer;
    question.packed = true;
    question.patience = kPatience;
    next_link_.clear();
    question.take_header = [this](std::string_view header) {
      if (auto next = next_link(header); !next.empty()) next_link_ = std::move(next);
    };
    auto answer = line_.ask(question);
    if (!answer) return std::unexpected(not_answered(url, answer.error()));
    if (!is_busy(answer->status)) return std::move(*answer);
    const std::chrono::seconds pause =
        std::min(answer->wait.count() > 0 ? answer->wait : wait, kLongestWait);
    if (tries == kMostTries || waited_ + pause > kMostWaiting)
      return std::unexpected(Error{{"サービスが混み合っています。後でもう一度読んでください。",
                                    "the service is busy; read it again later."},
                                   shown(url),
                                   Fault::unavailable});
    waited_ += pause;
    line_.wait(pause);
    wait *= 2;
  }
}

Result<Incoming> CloudSession::ask(const std::string& url) {
  for (const bool anew : {false, true}) {
    if (anew || token_.empty()) {
      auto token = host_.sign_in();
      if (!token) return std::unexpected(token.error());
      token_ = std::move(*token);
    }
    auto answer = ask_with_token(url);
    // It may have run out midway: once more with a new one.
    if (!answer || answer->status != 401 || anew) return answer;
  }
  return failure("", "");
}

Result<json::value> CloudSession::get(const std::string& path) {
  const std::string url = path.starts_with("https:") ? path : host_.base + path;
  if (!same_server(url, host_.base))
    return failure("続きのページが別のホストを指しています。読みません。",
                   "the next page is of another host, and isn't read.", shown(url));
  const auto answer = ask(url);
  if (!answer) return std::unexpected(answer.error());
  bytes_ += answer->body.size();
  if (bytes_ > kMostExportBytes)
    return failure("答えが多すぎます。", "there is too much to read.", shown(url));
  if (answer->status != 200)
    return failure(fmt::format("サービスが断りました（{}）。", answer->status),
                   fmt::format("the service refused ({}).", answer->status), shown(url));
  return json_of(url, answer->body);
}

Result<json::array> CloudSession::pages(
    std::string path, std::string_view list,
    const std::function<std::string(const json::object&)>& next) {
  json::array all;
  std::set<std::string> asked;
  std::size_t empty = 0;              // pages in a row
  std::optional<std::int64_t> count;  // of all, where the service says it
  for (std::size_t page = 0; page < kMostPages && !path.empty(); ++page) {
    if (!asked.insert(path).second || empty > kMostEmptyPages)
      return failure("続きのページに終わりがありません。", "its pages have no end.", shown(path));
    auto answer = get(path);
    if (!answer) return std::unexpected(answer.error());
    json::object* object = answer->if_object();
    // A list by itself, as GitHub answers, has no name.
    json::array* items = list.empty() ? answer->if_array() : nullptr;
    json::value* named = object == nullptr || list.empty() ? nullptr : object->if_contains(list);
    if (named != nullptr) items = named->if_array();
    if (object != nullptr && object->contains("error"))
      return failure("サービスが断りました。", "the service refused.", shown(path));
    // Google leaves an empty list out; OData always has its value (OData JSON 4.01, 13).
    const bool may_lack = object != nullptr && !list.empty() && list != kOData && named == nullptr;
    if (items == nullptr && !may_lack)
      return failure("答えの形が違います。", "the answer has another shape.", shown(path));
    if (const json::value* says = object == nullptr ? nullptr : object->if_contains("@odata.count"))
      count = says->is_int64() ? says->get_int64() : -1;
    empty = items == nullptr || items->empty() ? empty + 1 : 0;
    if (items != nullptr)
      for (json::value& one : *items) all.emplace_back(std::move(one));
    if (all.size() > kMostElements)
      return failure("数が多すぎます。", "there are too many.", shown(path));
    path = object == nullptr ? next_link_ : next(*object);
  }
  if (!path.empty()) return failure("ページが多すぎます。", "there are too many pages.");
  if (count && *count != static_cast<std::int64_t>(all.size()))
    return failure("数が、サービスの言う数と違います。",
                   "there are not as many as the service says.");
  return all;
}

json::value CloudSession::section(Result<json::value> read) {
  if (read) {
    ++good_;
    return std::move(*read);
  }
  if (!failed_) failed_ = read.error();
  json::object said{{"error", read.error().message.en}};
  if (read.error().fault == Fault::unavailable) said["later"] = true;
  return said;
}

json::value CloudSession::section(Result<json::array> read) {
  if (!read) return section(Result<json::value>(std::unexpected(read.error())));
  return section(Result<json::value>(std::move(*read)));
}

Result<std::string> ask_for_token(const CloudLine& line, const std::string& url,
                                  const std::vector<std::pair<std::string, std::string>>& form,
                                  const std::vector<std::string>& headers) {
  Outgoing question;
  question.url = url;
  question.headers = headers;
  question.headers.emplace_back("content-type: application/x-www-form-urlencoded");
  question.headers.emplace_back("accept: application/json");
  question.patience = kPatience;
  for (const auto& [name, value] : form)
    question.body += (question.body.empty() ? "" : "&") + name + "=" + percent_encoded(value);
  const auto answer = line.ask(question);
  if (!answer) return std::unexpected(not_answered(url, answer.error()));
  if (answer->status != 200)
    return failure(fmt::format("サインインできません（{}）。資格情報と権限を確かめてください。",
                               answer->status),
                   fmt::format("it does not let us in ({}); look at the credential and its rights.",
                               answer->status),
                   shown(url));
  const auto body = json_of(url, answer->body);
  if (!body) return std::unexpected(body.error());
  const json::object* object = body->if_object();
  const json::value* token = object == nullptr ? nullptr : object->if_contains("access_token");
  // What can't stand in a header is no token.
  const bool fit = token != nullptr && token->is_string() && !token->get_string().empty() &&
                   std::ranges::all_of(token->get_string(),
                                       [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!fit) return failure("答えにトークンがありません。", "the answer has no token.", shown(url));
  return std::string(token->get_string());
}

CloudFile file_of(std::string_view kind, Time now, json::object sections) {
  json::object all{{"sekisho", kind}, {"readAt", format_time(now)}};
  for (const auto& section : sections)
    all[section.key()] = section.value().is_string()  // whose it is
                             ? section.value()
                             : kept_of(kind, section.key(), section.value());
  return {std::string(kind) + ".json", json::serialize(all)};
}

bool asks_again(const CloudFile& file) {
  boost::system::error_code bad;
  const json::value all = json::parse(file.bytes, bad);
  const json::object* sections = bad ? nullptr : all.if_object();
  return sections != nullptr && std::ranges::any_of(*sections, [](const auto& section) {
           const json::object* one = section.value().if_object();
           return one != nullptr && one->contains("error") && one->contains("later");
         });
}

Result<CloudFile> finished(const CloudSession& session, std::string_view kind, Time now,
                           json::object sections) {
  if (session.good() == 0)
    return std::unexpected(
        session.failed().value_or(Error{{"何も読めませんでした。", "nothing could be read."}, {}}));
  return file_of(kind, now, std::move(sections));
}

}  // namespace sekisho
