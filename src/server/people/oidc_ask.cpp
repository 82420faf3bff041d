// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_ask.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/net.h"
#include "server/people/oidc_client.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestAccessToken = 16'384;
constexpr std::size_t kLongestAnswer = std::size_t{1} << 20U;

/// What went wrong, and with what.
std::unexpected<Error> while_asking(const char* ja, const char* en, const Error& error) {
  return failure(fmt::format("{}: {}", ja, error.message.ja),
                 fmt::format("{}: {}", en, error.message.en));
}

/// What came back, whatever its status. Where one may ask is known from the provider's description
/// (is_endpoint).
Result<Incoming> answer_of(const std::string& url, const std::string& body,
                           const std::vector<std::string>& headers) {
  auto reply = ask({.url = url,
                    .protocols = "https,http",
                    .headers = headers,
                    .body = body,
                    .most = kLongestAnswer});
  if (!reply)
    return failure("答えを受け取れませんでした（" + reply.error().text.ja + "）",
                   "no answer came (" + reply.error().text.en + ")");
  return std::move(*reply);
}

/// What a provider says when it refuses (RFC 6749, 5.2), where it says it so.
std::string refusal_in(const Incoming& reply) {
  const auto document = parse_json("", reply.body, {kLongestAnswer, 20'000, 16});
  if (!document) return {};
  std::string said;
  for (const auto& [name, most] : {std::pair{"error", 60}, {"error_description", 200}})
    if (const std::string text = text_at(document->root, name); !text.empty())
      said += " " + printable(text, static_cast<std::size_t>(most));
  return said;
}

Result<json::value> json_in(const Incoming& reply) {
  if (reply.status >= 300 && reply.status < 400)
    return failure(fmt::format("別の場所を示しました（{}）。たどりません", reply.status),
                   fmt::format("it points elsewhere ({}), which is not followed", reply.status));
  if (reply.status != 200) {
    const std::string said = refusal_in(reply);
    return failure(fmt::format("{} が返りました{}", reply.status, said),
                   fmt::format("it answered {}{}", reply.status, said));
  }
  auto document = parse_json("", reply.body, {kLongestAnswer, 20'000, 16});
  if (!document) return failure("JSON ではありません", "it is no JSON");
  return std::move(document->root);
}

Result<json::value> exchange(const Shop& shop, const Provider& provider, const Returned& returned,
                             Time now) {
  TokenRequest request{
      fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
                  percent_encoded(returned.code), percent_encoded(returned.redirect_uri),
                  returned.verifier),
      {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"}};
  if (auto shown = show_client(shop.options.oidc, provider, now, request); !shown)
    return std::unexpected(shown.error());
  const auto reply = answer_of(provider.token, request.body, request.headers);
  if (!reply) return std::unexpected(reply.error());
  auto tokens = json_in(*reply);
  if (tokens && text_at(*tokens, "id_token").empty())
    return failure("ID トークン（id_token）がありません", "there is no ID token (id_token)");
  return tokens;
}

/// By the keys that are known; if none fits, the provider may have others by now. It is asked for
/// them every so often, and once more for each key that a token names: under an address of its own,
/// whose fragment nobody sends, what is kept is kept for that key.
Result<json::value> claims_by_keys(const Shop& shop, const Provider& found,
                                   const std::string& token) {
  const auto known = shop.elsewhere.get(found.keys);
  if (!known) return while_asking("認証基盤の鍵", "the provider's keys", known.error());
  auto claims = verified_claims(token, **known);
  const std::string key = key_named_by(token);
  for (const std::string& place :
       {found.keys, key.empty() ? found.keys : found.keys + "#" + percent_encoded(key)}) {
    if (claims) break;
    const auto newer = shop.elsewhere.get(place, true);
    if (!newer) return while_asking("認証基盤の鍵", "the provider's keys", newer.error());
    if (**newer != **known) claims = verified_claims(token, **newer);
  }
  return claims;
}

/// RFC 6750, 2.1: nothing that ends a header.
bool may_be_sent(const std::string& token) {
  return !token.empty() && token.size() <= kLongestAccessToken &&
         std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
}

Result<json::value> read_userinfo(const Shop& shop, const CompanyAccount& account,
                                  const std::string& body) {
  const std::string text(trim(std::string_view(body)));
  if (text.starts_with('{')) {
    auto document = parse_json("", text, {std::size_t{256} << 10U, 8000, 12});
    if (!document) return std::unexpected(document.error());
    return std::move(document->root);
  }
  if (std::ranges::count(text, '.') == 4)
    return failure("暗号化されています。JSON か署名だけにしてください",
                   "it is encrypted: let the provider give JSON, or sign it only");
  auto claims = claims_by_keys(shop, account.provider, text);
  if (!claims) return claims;
  if (const auto wrong = wrong_parties(*claims, shop.options.oidc))
    return failure(wrong->ja, wrong->en);
  return claims;
}

}  // namespace

Result<json::value> ask_provider(const std::string& url) {
  const auto reply = answer_of(url, "", {"Accept: application/json"});
  if (!reply) return std::unexpected(reply.error());
  return json_in(*reply);
}

Result<Provider> provider_of(const Shop& shop) {
  std::string url = shop.options.oidc.issuer;
  if (url.ends_with('/')) url.pop_back();
  const auto found = shop.elsewhere.get(url + "/.well-known/openid-configuration");
  if (!found) return while_asking("認証基盤の案内", "the provider's description", found.error());
  auto provider = read_provider(**found, shop.options.oidc.issuer);
  if (!provider)
    return while_asking("認証基盤の案内", "the provider's description", provider.error());
  return provider;
}

Result<CompanyAccount> account_of(const Shop& shop, const Returned& returned, Time now) {
  auto provider = provider_of(shop);
  if (!provider) return std::unexpected(provider.error());
  const auto tokens = exchange(shop, *provider, returned, now);
  if (!tokens) return while_asking("認証基盤のトークン", "the provider's tokens", tokens.error());
  auto claims = claims_by_keys(shop, *provider, text_at(*tokens, "id_token"));
  if (!claims) return while_asking("ID トークン", "the ID token", claims.error());
  if (const auto wrong = wrong_claims(*claims, shop.options.oidc, returned.nonce, now))
    return failure("ID トークン: " + wrong->ja, "the ID token: " + wrong->en);
  return CompanyAccount{std::move(*claims), text_at(*tokens, "access_token"), std::move(*provider)};
}

Result<json::value> userinfo_of(const Shop& shop, const CompanyAccount& account) {
  if (account.provider.userinfo.empty()) return nullptr;
  const auto failed = [](const Error& error) {
    return while_asking("認証基盤の userinfo", "the provider's userinfo", error);
  };
  if (!may_be_sent(account.access_token))
    return failed(
        Error{{"アクセストークンがありません", "there is no access token"}, {}, Fault::plain});
  const auto reply = answer_of(account.provider.userinfo, "",
                               {"Authorization: Bearer " + account.access_token,
                                "Accept: application/json, application/jwt"});
  if (!reply) return failed(reply.error());
  if (reply->status != 200)
    return failed(Error{{fmt::format("{} が返りました", reply->status),
                         fmt::format("it answered {}", reply->status)},
                        {},
                        Fault::plain});
  auto said = read_userinfo(shop, account, reply->body);
  if (!said) return failed(said.error());
  // It may be another's (Core 5.3.2).
  if (text_at(*said, "sub") != text_at(account.claims, "sub"))
    return failed(
        Error{{"別の人のことを答えました", "it tells of somebody else"}, {}, Fault::plain});
  return said;
}

}  // namespace sekisho
