#include "server/outbox/mail.h"

#include <memory>

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/http/secrets.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using Curl = std::unique_ptr<CURL, decltype([](CURL* c) { curl_easy_cleanup(c); })>;
using List = std::unique_ptr<curl_slist, decltype([](curl_slist* l) { curl_slist_free_all(l); })>;
constexpr std::size_t kMostFetched = std::size_t{1} << 20U;

/// Anything but 0 ends the transfer.
int asked_to_quit(void* quit, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(quit)->stop_requested() ? 1 : 0;
}

/// `quit` must outlive it.
Curl new_curl(const std::stop_token& quit) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return nullptr;
  Curl curl(curl_easy_init());
  if (curl) {
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 5L);
    curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "sekisho");
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, asked_to_quit);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &quit);
  }
  return curl;
}

List list_of(const std::vector<std::string>& lines) {
  List list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

struct Upload {
  std::string_view left;
};

std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
  auto& upload = *static_cast<Upload*>(from);
  const std::size_t taken = std::min(size * count, upload.left.size());
  upload.left.copy(into, taken);
  upload.left.remove_prefix(taken);
  return taken;
}

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kMostFetched) return 0;
  body.append(data, size * count);
  return size * count;
}

std::unexpected<Error> not_sent(CURLcode code) {
  return failure(fmt::format("送れませんでした（{}）。", curl_easy_strerror(code)),
                 fmt::format("it could not be sent ({}).", curl_easy_strerror(code)));
}

/// RFC 2047: a header in UTF-8, cut into words of at most 75 characters at character borders.
std::string encoded_header(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t cut = std::min<std::size_t>(text.size(), 42);
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    out +=
        (out.empty() ? "" : "\r\n ") + fmt::format("=?UTF-8?B?{}?=", base64(text.substr(0, cut)));
    text.remove_prefix(cut);
  }
  return out;
}

/// RFC 2045, 6.8: lines of 76 characters.
std::string encoded_body(std::string_view text) {
  const std::string all = base64(text);
  std::string out;
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

std::string message(const std::string& from, const std::string& to, const Text& subject,
                    const Text& body) {
  return fmt::format(
      "From: Sekisho <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {:%a, %d %b %Y %H:%M:%S +0000}\r\n"
      "Message-ID: <{}@sekisho>\r\nMIME-Version: "
      "1.0\r\nAuto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n{}",
      from, to, encoded_header(subject.ja + " / " + subject.en), now(), random_token(16),
      encoded_body(body.ja + "\n-- \n" + body.en));
}

struct UrlParts {
  std::string scheme;
  std::string host;
  std::string port;
  bool operator==(const UrlParts&) const = default;
};

/// All empty where it is no URL; by curl's own parser, so that what is judged is what is called.
UrlParts parts_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
      return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return std::string(text);
  };
  return {part(CURLUPART_SCHEME), lower(part(CURLUPART_HOST)), part(CURLUPART_PORT)};
}

bool is_this_machine(std::string_view host) {
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

}  // namespace

MailServer mail_server(const Settings& settings) {
  const auto value = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  return {value("smtp.url"), value("smtp.from"), value("smtp.user"), value("smtp.password")};
}

bool same_server(const std::string& one, const std::string& other) {
  return parts_of(one) == parts_of(other);
}

Result<void> send_mail(const MailServer& server, const std::string& to, const Text& subject,
                       const Text& body, const std::stop_token& quit) {
  if (server.url.empty())
    return failure("メールサーバーが設定されていません。", "no email server is set up.");
  const Curl curl = new_curl(quit);
  if (!curl) return failure("通信を始められません。", "the transfer could not be started.");
  const std::string text = message(server.from, to, subject, body);
  Upload upload{text};
  const std::string from = "<" + server.from + ">";
  const List recipients = list_of({"<" + to + ">"});
  curl_easy_setopt(curl.get(), CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // A server on this machine may speak plainly; any other has to offer TLS.
  const bool local = is_this_machine(parts_of(server.url).host);
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL,
                   static_cast<long>(local ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, from.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  if (!server.user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, server.user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, server.password.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, give);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) return not_sent(code);
  return {};
}

bool hook_url_allowed(const std::string& url) {
  const auto [scheme, host, port] = parts_of(url);
  return url.size() < 2000 && !host.empty() &&
         (scheme == "https" || (scheme == "http" && is_this_machine(host)));
}

Result<void> call_hook(HookKind kind, const std::string& url, std::string_view event,
                       const Text& text, const std::string& link, const std::stop_token& quit) {
  const std::string both = text.ja + "\n" + text.en + (link.empty() ? "" : "\n" + link);
  json::object body;
  switch (kind) {
    case HookKind::slack: body = {{"text", both}}; break;
    case HookKind::teams:
      body = {
          {"type", "message"},
          {"attachments",
           json::array{json::object{
               {"contentType", "application/vnd.microsoft.card.adaptive"},
               {"content", json::object{{"type", "AdaptiveCard"},
                                        {"version", "1.4"},
                                        {"body", json::array{json::object{{"type", "TextBlock"},
                                                                          {"text", both},
                                                                          {"wrap", true}}}}}}}}}};
      break;
    case HookKind::json:
      body = {{"event", event},
              {"text", json::object{{"ja", text.ja}, {"en", text.en}}},
              {"link", link}};
      break;
  }
  const auto reply = fetch(url, json::serialize(body), {"Content-Type: application/json"}, quit);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status < 200 || reply->status > 299)
    return failure(fmt::format("相手が {} を返しました。", reply->status),
                   fmt::format("the receiver answered {}.", reply->status));
  return {};
}

Result<FetchedReply> fetch(const std::string& url, const std::string& body,
                           const std::vector<std::string>& headers, const std::stop_token& quit) {
  if (!hook_url_allowed(url))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.");
  const Curl curl = new_curl(quit);
  if (!curl) return failure("通信を始められません。", "the transfer could not be started.");
  FetchedReply reply;
  const List list = list_of(headers);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply.body);
  if (!body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) return not_sent(code);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  return reply;
}

Result<json::value> post_for_json(const std::string& url, const std::string& body,
                                  const std::vector<std::string>& headers) {
  const auto reply = fetch(url, body, headers);
  if (!reply) return std::unexpected(reply.error());
  auto document = parse_json("", reply->body, {std::size_t{1} << 20U, 20'000, 16});
  if (!document) return std::unexpected(document.error());
  if (reply->status != 200) {
    const json::object* said = document->root.if_object();
    const json::value* why = said == nullptr ? nullptr : said->if_contains("error");
    return failure("断られました",
                   fmt::format("it answered {} {}", reply->status,
                               why != nullptr && why->is_string()
                                   ? printable(std::string_view(why->get_string()), 60)
                                   : ""));
  }
  return std::move(document->root);
}

Result<json::value> fetch_json(const std::string& url) { return post_for_json(url, {}, {}); }

}  // namespace sekisho
