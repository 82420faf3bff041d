#include "server/outbox/mail.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/http/secrets.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::size_t kMostFetched = std::size_t{1} << 20U;

std::unexpected<Error> not_sent(const NotReached& why) {
  return failure(fmt::format("送れませんでした（{}）。", why.text.ja),
                 fmt::format("it could not be sent ({}).", why.text.en));
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

}  // namespace

MailServer mail_server(const Settings& settings) {
  const auto value = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  return {value("smtp.url"), value("smtp.from"), value("smtp.user"), value("smtp.password")};
}

Result<void> send_mail(const MailServer& server, const std::string& to, const Text& subject,
                       const Text& body, const std::stop_token& quit) {
  if (server.url.empty())
    return failure("メールサーバーが設定されていません。", "no email server is set up.");
  const auto url = parts_of(server.url);
  Outgoing letter{.url = server.url, .protocols = "smtp,smtps", .quit = quit};
  letter.mail = Mail{
      .from = server.from,
      .to = to,
      .text = message(server.from, to, subject, body),
      // A server on this machine may speak plainly; any other has to offer TLS.
      .tls_required = !url || !is_this_machine(url->host),
      .user = server.user,
      .password = server.password,
  };
  if (const auto sent = ask(letter); !sent) return not_sent(sent.error());
  return {};
}

bool hook_url_allowed(const std::string& url) {
  const auto parts = parts_of(url);
  return url.size() < 2000 && parts &&
         (parts->scheme == "https" || (parts->scheme == "http" && is_this_machine(parts->host)));
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

Result<Incoming> fetch(const std::string& url, const std::string& body,
                       const std::vector<std::string>& headers, const std::stop_token& quit) {
  if (!hook_url_allowed(url))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.");
  auto reply = ask({.url = url,
                    .protocols = "https,http",
                    .headers = headers,
                    .body = body,
                    .most = kMostFetched,
                    .quit = quit});
  if (!reply) return not_sent(reply.error());
  return std::move(*reply);
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
