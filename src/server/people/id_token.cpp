// SPDX-License-Identifier: Apache-2.0
#include "server/people/id_token.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/crypto.h"
#include "net/net.h"
#include "server/outbox/mail.h"
#include "server/people/id_token_keys.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::size_t kLongestToken = std::size_t{64} << 10U;
constexpr std::size_t kMostKeys = 100;
constexpr std::size_t kLongestSubject = 255;  // Core, 2
constexpr double kLatest = 1e11;              // seconds

/// RFC 7519, 2: a NumericDate may have a fraction. Nothing where it is no moment.
std::optional<std::int64_t> moment_at(const json::value& claims, std::string_view key) {
  const json::object* object = claims.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto seconds = found->to_number<double>();
  if (!(seconds >= 0 && seconds <= kLatest)) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

bool has(const json::value& claims, std::string_view key) {
  const json::object* object = claims.if_object();
  return object != nullptr && object->contains(key);
}

/// The texts of a list; nothing where it isn't one.
std::vector<std::string> texts_at(const json::value& value, std::string_view key) {
  std::vector<std::string> texts;
  if (has(value, key))
    if (const json::array* list = value.get_object().at(key).if_array())
      for (const json::value& one : *list)
        if (one.is_string()) texts.emplace_back(one.get_string());
  return texts;
}

/// RFC 3986's characters and no others: no blank, no control character, nothing that ends a header
/// or an attribute. Without a name and password before the host, and without a fragment.
bool is_endpoint(const std::string& url, bool local_too) {
  constexpr std::string_view kSigns = "-._~:/?[]@!$&'()*+,;=%";
  const bool clean = std::ranges::all_of(url, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
  const bool local = url.starts_with("http://");
  if (!clean || !(url.starts_with("https://") || (local && local_too)) || !hook_url_allowed(url))
    return false;
  const std::size_t host = url.find("//") + 2;
  return url.substr(host, url.find_first_of("/?", host) - host).find('@') == std::string::npos;
}

std::unexpected<Error> anybodys() {
  return failure(
      "common、organizations、consumers はだれのアカウントでも通します。--oidc-issuer "
      "には自社のテナントを書いてください",
      "common, organizations and consumers let in anybody's accounts: give --oidc-issuer your "
      "own tenant's");
}

/// Entra ID's names for everybody, and its number for people's own accounts.
bool is_for_anybody(const UrlParts& url) {
  constexpr std::array<std::string_view, 4> kAnybody{"common", "organizations", "consumers",
                                                     "9188040d-6c67-4c5b-b112-36a304b66dad"};
  if (url.host != "login.microsoftonline.com") return false;
  const std::string path = lower(url.path);
  return std::ranges::find(kAnybody, std::string_view(path).substr(1, path.find('/', 1) - 1)) !=
         kAnybody.end();
}

}  // namespace

Result<void> may_be_issuer(const std::string& issuer) {
  if (issuer.empty()) return {};
  const auto url = parts_of(issuer);
  const bool local = url && url->scheme == "http" && is_this_machine(url->host);
  if (!url || !is_endpoint(issuer, local) || issuer.find('?') != std::string::npos)
    return failure(
        "--oidc-issuer には認証基盤の発行者を https://… の形で書いてください。http:// はこの機械"
        "の中だけで使えます。",
        "give --oidc-issuer the provider's issuer, like https://…; http:// is for this machine "
        "alone.",
        printable(issuer, 200));
  if (is_for_anybody(*url)) return anybodys();
  return {};
}

Result<Provider> read_provider(const json::value& document, const std::string& issuer) {
  const std::string named = text_at(document, "issuer");
  if (named.find("{tenantid}") != std::string::npos) return anybodys();
  if (named != issuer)
    return failure(
        fmt::format("発行者は {} です。--oidc-issuer と同じにしてください", printable(named, 200)),
        fmt::format("its issuer is {}: --oidc-issuer must say the same", printable(named, 200)));
  Provider provider{text_at(document, "authorization_endpoint"),
                    text_at(document, "token_endpoint"),
                    text_at(document, "jwks_uri"),
                    text_at(document, "userinfo_endpoint"),
                    texts_at(document, "token_endpoint_auth_methods_supported"),
                    texts_at(document, "token_endpoint_auth_signing_alg_values_supported"),
                    has(document, "authorization_response_iss_parameter_supported") &&
                        document.at("authorization_response_iss_parameter_supported") == true};
  std::vector<std::string> all{provider.authorization, provider.token, provider.keys};
  if (has(document, "userinfo_endpoint")) all.push_back(provider.userinfo);
  for (const std::string& url : all)
    if (!is_endpoint(url, issuer.starts_with("http://")))
      return failure("使えない場所を示しています", "it names an address that can't be used");
  return provider;
}

std::string text_at(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool is_token(std::string_view text) {
  return text.size() <= kLongestToken && std::ranges::count(text, '.') == 2;
}

namespace {

/// RFC 7515, 3.1: header, payload and signature.
struct Parts {
  std::string_view signed_text;
  std::string header, payload, signature;
};
std::optional<Parts> token_parts(std::string_view token) {
  if (!is_token(token)) return std::nullopt;
  const auto texts = split(token, '.');
  Parts parts{token.substr(0, token.rfind('.')), {}, {}, {}};
  for (const auto& [text, into] : {std::pair(texts[0], &parts.header),
                                   {texts[1], &parts.payload},
                                   {texts[2], &parts.signature}}) {
    auto bytes = from_base64url(text);
    if (text.empty() || text.ends_with('=') || !bytes) return std::nullopt;
    *into = std::move(*bytes);
  }
  return parts;
}

/// What can't be relied on whatever the signature is.
std::optional<Text> wrong_header(const json::value& header) {
  if (!header.is_object())
    return Text{"トークンの見出しを読めません", "the token's header is malformed"};
  const std::string algorithm = text_at(header, "alg");
  if (!is_signature_algorithm(algorithm))
    return Text{fmt::format("署名の方式 {} は使えません", printable(algorithm, 20)),
                fmt::format("signatures by {} are not allowed", printable(algorithm, 20))};
  if (has(header, "crit"))
    return Text{"知らないものを理解するよう求めています",
                "the token's header wants something to be understood that isn't"};
  // Others have a kind of their own (RFC 8725, 3.11): at+jwt, logout+jwt.
  if (lower(text_at(header, "typ")).ends_with("+jwt"))
    return Text{"別の種類のトークンです", "it is another kind of token"};
  return std::nullopt;
}

Result<json::value> read_claims(const std::string& payload) {
  auto document = parse_json("", payload, {kLongestToken, 4000, 12});
  if (!document) return std::unexpected(document.error());
  return std::move(document->root);
}

}  // namespace

Result<json::value> verified_claims(const std::string& token, const json::value& keys) {
  const auto parts = token_parts(token);
  if (!parts) return failure("トークンを読めません", "the token is malformed");
  const auto header = parse_json("", parts->header, {8192, 200, 4});
  if (!header) return failure("トークンの見出しを読めません", "the token's header is malformed");
  if (const auto wrong = wrong_header(header->root)) return failure(wrong->ja, wrong->en);
  const std::string algorithm = text_at(header->root, "alg");
  const bool named = has(header->root, "kid");
  const std::string wanted = text_at(header->root, "kid");
  const json::object* set = keys.if_object();
  const json::value* list = set == nullptr ? nullptr : set->if_contains("keys");
  if (list == nullptr || !list->is_array() || list->get_array().size() > kMostKeys)
    return failure("認証基盤の鍵を読めません", "the provider's keys can't be read");
  bool tried = false;
  for (const json::value& key : list->get_array()) {
    if (named && text_at(key, "kid") != wanted) continue;
    const Signed found = signed_by(key, algorithm, parts->signed_text, parts->signature);
    if (found == Signed::yes) return read_claims(parts->payload);
    tried = tried || found == Signed::no;
  }
  if (tried) return failure("署名が正しくありません", "the signature is wrong");
  return failure(fmt::format("署名（{}）に合う鍵を認証基盤が示していません", algorithm),
                 fmt::format("the provider has no key that fits the signature ({})", algorithm));
}

std::string key_named_by(const std::string& token) {
  const auto parts = token_parts(token);
  if (!parts) return {};
  const auto header = parse_json("", parts->header, {8192, 200, 4});
  return header ? text_at(header->root, "kid") : std::string();
}

std::optional<Text> wrong_parties(const json::value& claims, const OidcOptions& oidc) {
  if (text_at(claims, "iss") != oidc.issuer)
    return Text{"別の発行者のものです", "another issuer's"};
  const auto meant_for = texts_at(claims, "aud");
  if (text_at(claims, "aud") != oidc.client_id &&
      std::ranges::find(meant_for, oidc.client_id) == meant_for.end())
    return Text{"別のクライアントのためのものです", "meant for another client"};
  return std::nullopt;
}

std::optional<Text> wrong_claims(const json::value& claims, const OidcOptions& oidc,
                                 const std::string& nonce, Time now) {
  if (auto wrong = wrong_parties(claims, oidc)) return wrong;
  if (has(claims, "azp") && text_at(claims, "azp") != oidc.client_id)
    return Text{"別のクライアントのためのものです", "meant for another client"};
  if (texts_at(claims, "aud").size() > 1 && !has(claims, "azp"))
    return Text{"複数のクライアントのためのもので、どれに渡したか（azp）を示していません",
                "meant for several clients, without saying which of them it was given to (azp)"};
  const std::int64_t seconds = now.time_since_epoch().count();
  const auto until = moment_at(claims, "exp");
  if (!until || *until < seconds - 60)
    return Text{"期限が切れています。時計を確かめてください", "it has run out: look at the clocks"};
  for (const char* from : {"iat", "nbf"}) {
    const auto since = moment_at(claims, from);
    if (has(claims, from) ? !since || *since > seconds + 300 : from == std::string_view("iat"))
      return Text{"未来のものです。時計を確かめてください",
                  "it is from the future: look at the clocks"};
  }
  if (nonce.empty() || text_at(claims, "nonce") != nonce)
    return Text{"別のサインインのものです", "another sign-in's"};
  const std::string subject = text_at(claims, "sub");
  if (subject.empty() || subject.size() > kLongestSubject)
    return Text{"だれのことか分かりません", "without a subject"};
  return std::nullopt;
}

}  // namespace sekisho
