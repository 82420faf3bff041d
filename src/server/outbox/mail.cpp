// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/mail.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/text.h"
#include "report/html_text.h"
#include "server/outbox/harmless.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostHeard = std::size_t{64} << 10U;
constexpr std::size_t kMostFetched = std::size_t{1} << 20U;

Text not_sent(const NotReached& why) {
  return {fmt::format("送れませんでした（{}）。", why.text.ja),
          fmt::format("it could not be sent ({}).", why.text.en)};
}

const Text kWrongAddress{"https:// で始まる場所だけを使えます。",
                         "only addresses that begin with https:// are used."};

/// RFC 2047: a header in UTF-8, cut at character borders into words of at most 75 characters on
/// lines of at most 76.
std::string encoded_header(std::string_view name, std::string_view text) {
  std::string out = std::string(name) + ":";
  std::size_t room = (76 - out.size() - 1 - 12) / 4 * 3;
  while (!text.empty()) {
    std::size_t cut = std::min<std::size_t>(text.size(), room);
    while (cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    out += (out.ends_with(':') ? " " : "\r\n ") +
           fmt::format("=?UTF-8?B?{}?=", base64(text.substr(0, cut)));
    text.remove_prefix(cut);
    room = 45;
  }
  return out;
}

/// RFC 2045, 6.8: lines of 76 characters.
std::string encoded_part(std::string_view type, std::string_view text) {
  std::string out = fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  const std::string all = base64(text);
  for (std::size_t at = 0; at < all.size(); at += 76) out += all.substr(at, 76) + "\r\n";
  return out;
}

std::string_view code(Lang lang) { return lang == Lang::ja ? "ja" : "en"; }

std::vector<Lang> languages(const Message& message) {
  if (message.lang) return {*message.lang};
  return {Lang::ja, Lang::en};
}

/// What people wrote may stand anywhere in it, the link alone is ours.
Message harmless(const Message& message) {
  Message out = message;
  out.subject = without_links(message.subject);
  out.body = without_links(message.body);
  return out;
}

std::string plain(const Message& message) {
  std::string out;
  for (const Lang lang : languages(message))
    out += (out.empty() ? "" : "\n\n") + std::string(trim(message.body.in(lang))) + "\n";
  if (!message.link.empty()) out += "\n" + message.link + "\n";
  return out;
}

std::string html(const Message& message) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"{}\">\n<head><meta "
      "charset=\"utf-8\"><meta name=\"format-detection\" content=\"telephone=no, date=no, "
      "address=no, email=no, url=no\"><title>{}</title></head>\n"
      "<body style=\"font-family: sans-serif; line-height: 1.6; max-width: 40em\">\n",
      code(languages(message).front()), escaped(message.subject.in(languages(message).front())));
  for (const Lang lang : languages(message)) {
    out += fmt::format("<p lang=\"{}\">", code(lang));
    const std::string& body = message.body.in(lang);
    bool first = true;
    for (const std::string_view line : split(trim(body), '\n')) {
      out += (first ? "" : "<br>\n") + escaped(line);
      first = false;
    }
    out += "</p>\n";
  }
  if (!message.link.empty())
    out += fmt::format("<p><a href=\"{0}\">{0}</a></p>\n", escaped(message.link));
  return out + "</body>\n</html>\n";
}

/// RFC 2369, 3.2: whoever answers at the sender's address sees to it.
std::string unsubscribing(const std::string& from) {
  const std::size_t at = from.rfind('@');
  return fmt::format("List-Unsubscribe: <mailto:{}@{}?subject=unsubscribe>\r\n",
                     percent_encoded(from.substr(0, at)), from.substr(at + 1));
}

/// The same address without "user:password@".
std::string without_user(const std::string& url) {
  const std::size_t slashes = url.find("//");
  if (slashes == std::string::npos) return url;
  const std::size_t from = slashes + 2;
  const std::string rest = url.substr(from);
  const std::size_t at = rest.substr(0, rest.find_first_of("/?#")).rfind('@');
  return at == std::string::npos ? url : url.substr(0, from) + rest.substr(at + 1);
}

}  // namespace

MailServer mail_server(const Settings& settings) {
  const auto value = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  MailServer server{value("smtp.url"), value("smtp.from"), value("smtp.user"),
                    value("smtp.password")};
  // Earlier versions took who signs in inside of the address as well, where everybody reads it.
  const auto parts = parts_of(server.url);
  server.url = without_user(server.url);
  if (server.user.empty() && parts && !parts->user.empty()) {
    server.user = parts->user;
    server.password = parts->password;
  }
  return server;
}

std::string mail_text(const std::string& from, const std::string& to, const Message& given,
                      Time at) {
  const Message message = harmless(given);
  std::string subject;
  for (const Lang lang : languages(message))
    subject += (subject.empty() ? "" : " / ") + message.subject.in(lang);
  const std::string border = "sekisho-" + random_token(9);
  return fmt::format(
             "From: Sekisho <{}>\r\nTo: <{}>\r\n{}\r\nDate: {:%a, %d %b %Y %H:%M:%S +0000}\r\n"
             "Message-ID: <{}@{}>\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n{}"
             "Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n",
             from, to, encoded_header("Subject", subject), at, random_token(16),
             from.substr(from.rfind('@') + 1), message.again ? unsubscribing(from) : "", border) +
         fmt::format("--{}\r\n{}--{}\r\n{}--{}--\r\n", border,
                     encoded_part("text/plain", plain(message)), border,
                     encoded_part("text/html", html(message)), border);
}

Text Unsent::whole() const {
  if (said.empty()) return text;
  return {fmt::format("{} 相手の返事: {}", text.ja, said),
          fmt::format("{} It said: {}", text.en, said)};
}

Sent send_mail(const MailServer& server, const std::string& to, const Message& message,
               const std::stop_token& quit) {
  if (server.url.empty())
    return std::unexpected(
        Unsent{{"メールサーバーが設定されていません。", "no email server is set up."}});
  const auto url = parts_of(server.url);
  Outgoing letter{.url = server.url, .protocols = "smtp,smtps", .quit = quit};
  letter.mail = Mail{
      .from = server.from,
      .to = to,
      .text = mail_text(server.from, to, message, now()),
      // A server on this machine may speak plainly; any other has to offer TLS.
      .tls_required = !url || !is_this_machine(url->host),
      .user = server.user,
      .password = server.password,
  };
  if (const auto sent = ask(letter); !sent)
    return std::unexpected(Unsent{not_sent(sent.error()), sent.error().status, sent.error().said});
  return {};
}

Sent call_hook(const Hook& hook, const Happening& told, const std::string& secret, Time at,
               const std::stop_token& quit) {
  if (!hook_url_allowed(hook.kind, hook.url)) return std::unexpected(Unsent{kWrongAddress});
  const Post post = post_for(hook, told, secret, at);
  const auto reply = ask({.url = hook.url,
                          .protocols = "https,http",
                          .headers = post.headers,
                          .body = post.body,
                          .quit = quit,
                          // Its status says all; a short answer is heard out, for politeness.
                          .take = [left = kMostHeard](long, std::string_view piece) mutable {
                            const bool enough = piece.size() > left;
                            left -= std::min(left, piece.size());
                            return !enough;
                          }});
  const long status = reply ? reply->status : reply.error().status;
  if (status >= 200 && status <= 299) return {};
  if (status == 0) return std::unexpected(Unsent{not_sent(reply.error())});
  constexpr long kGone = 410;
  return std::unexpected(Unsent{{fmt::format("相手が {} を返しました。", status),
                                 fmt::format("the receiver answered {}.", status)},
                                status,
                                {},
                                reply ? reply->wait : reply.error().wait,
                                status == kGone});
}

Result<Incoming> fetch(const std::string& url, const std::string& body,
                       const std::vector<std::string>& headers, const std::stop_token& quit) {
  if (!hook_url_allowed(url)) return std::unexpected(Error{kWrongAddress, {}});
  auto reply = ask({.url = url,
                    .protocols = "https,http",
                    .headers = headers,
                    .body = body,
                    .most = kMostFetched,
                    .quit = quit});
  if (!reply) return std::unexpected(Error{not_sent(reply.error()), {}});
  return std::move(*reply);
}

}  // namespace sekisho
