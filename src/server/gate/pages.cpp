// SPDX-License-Identifier: Apache-2.0
#include "server/gate/pages.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace sekisho {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.6 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.3rem}a,button{font:inherit;color:#1f4f73}"
    "p{white-space:pre-line}@media(prefers-color-scheme:dark){body{color:#eee;background:#1a1b1e}"
    "a,button{color:#a9c8dd;background:none}}";

const std::string& policy() {
  // Nothing from elsewhere, no script, and in nobody's frame.
  static const std::string text = fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; frame-ancestors 'none'; "
      "base-uri 'none'",
      base64(sha256(kStyle)));
  return text;
}

Lang language_of(const HttpRequest& request) {
  return request.header("accept-language").starts_with("ja") ? Lang::ja : Lang::en;
}

std::vector<std::pair<std::string, std::string>> headers(std::string type) {
  return {{"content-type", std::move(type)},
          {"cache-control", "no-store"},
          {"content-security-policy", policy()},
          {"referrer-policy", "no-referrer"},
          {"x-content-type-options", "nosniff"}};
}

std::string link_html(const GatePage::Link& link, Lang lang) {
  const std::string words = html_escaped(link.words.in(lang));
  const std::string to = html_escaped(link.to);
  if (link.post)
    return fmt::format(R"(<form method="post" action="{}"><button>{}</button></form>)", to, words);
  return fmt::format(R"(<p><a href="{}">{}</a></p>)", to, words);
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  return out;
}

HttpReply show_page(const GatePage& page, const HttpRequest& request) {
  const Lang lang = language_of(request);
  const std::string title = html_escaped(page.title.in(lang));
  std::string body;
  for (const Text& line : page.lines)
    body += fmt::format("<p>{}</p>\n", html_escaped(line.in(lang)));
  for (const GatePage::Link& link : page.links) body += link_html(link, lang) + "\n";
  return {page.status, headers("text/html; charset=utf-8"),
          fmt::format("<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><meta "
                      "name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>{}"
                      "</style></head><body><main><h1>{}</h1>\n{}</main></body></html>\n",
                      lang == Lang::ja ? "ja" : "en", title, kStyle, title, body)};
}

HttpReply plain_refusal(unsigned status, const HttpRequest& request) {
  const Text words = status == 401   ? Text{"サインインしてください。", "Sign in first."}
                     : status == 400 ? Text{"正しい要求ではありません。", "That is no request."}
                                     : Text{"アクセスできません。", "You have no access."};
  return {status, headers("text/plain; charset=utf-8"), words.in(language_of(request)) + "\n"};
}

}  // namespace sekisho
