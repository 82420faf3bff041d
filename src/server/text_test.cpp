// SPDX-License-Identifier: Apache-2.0
// What stands alone: signatures, the router, passkeys, tokens.
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "base/crypto.h"
#include "server/api/router.h"
#include "server/api/signed.h"
#include "server/people/id_token.h"
#include "server/people/webauthn.h"

namespace sekisho {
namespace {

Time at(std::int64_t count) { return Time(std::chrono::seconds(count)); }

TEST(Secrets, SignaturesAreThoseOfRfc8032) {
  // Section 7.1, test 2.
  std::string bytes;
  for (const char* pair = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"; *pair;
       pair += 2)
    bytes += static_cast<char>(std::stoi(std::string(pair, 2), nullptr, 16));
  const std::string signature = sign(base64url(bytes), "\x72");
  EXPECT_EQ(hex(*from_base64url(signature)),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
            "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  const SigningKey key = new_signing_key();
  EXPECT_TRUE(signature_valid(key.public_key, "a", sign(key.seed, "a")));
  EXPECT_FALSE(signature_valid(key.public_key, "b", sign(key.seed, "a")));
  EXPECT_FALSE(signature_valid("", "a", sign(key.seed, "a")));
  EXPECT_FALSE(signature_valid(key.public_key, "a", ""));
}

class Signed : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Each, Signed,
                         testing::Values("<!doctype html><p>三十人</p>\n",
                                         "%PDF-1.7\n1 0 obj\n%%EOF",
                                         "%PDF-1.7\n<!-- sekisho-signature v1 key= -->\n%%EOF\n"));

TEST_P(Signed, AReportIsWholeOrIsRefused) {
  const SigningKey key = new_signing_key();
  const std::string report = signed_file(GetParam(), key);
  const auto by = verify_signed(report);
  ASSERT_TRUE(by);
  EXPECT_EQ(by->public_key, key.public_key);
  EXPECT_EQ(by->fingerprint, fingerprint(key.public_key));
  for (std::size_t i = 0; i < report.size(); ++i) {
    std::string changed = report;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto verdict = verify_signed(changed);
    EXPECT_TRUE(!verdict || verdict->public_key != key.public_key) << i;
    EXPECT_FALSE(verify_signed(report.substr(0, i)));
  }
  EXPECT_FALSE(verify_signed(report + "<script>"));
  EXPECT_FALSE(verify_signed(""));
  const std::string twice = signed_file(report, new_signing_key());
  EXPECT_NE(verify_signed(twice)->public_key, key.public_key) << "the last signature counts";
}

TEST(Router, FindsWhatTheDocumentSays) {
  const auto router = Router::make(all_documents(), all_handlers());
  ASSERT_TRUE(router) << router.error().describe(Lang::en);
  const auto match = router->match("GET", "/api/v1/devices/7");
  ASSERT_NE(match.operation, nullptr);
  EXPECT_EQ(match.operation->id, "getDevice");
  EXPECT_EQ(match.parameters, std::vector<std::string>{"7"});
  EXPECT_EQ(router->match("POST", "/api/v1/devices/7").operation, nullptr);
  EXPECT_FALSE(router->match("POST", "/api/v1/devices/7").allowed.empty());
  for (const char* none : {"", "/", "/api/v1", "/api/v1/", "/api/v1/devices/", "/api/v1/devices/7/",
                           "/api/v1//devices", "/api/v2/devices", "/devices"})
    EXPECT_TRUE(router->match("GET", none).allowed.empty()) << none;
}

TEST(Router, StartsOnlyWithAHandlerForEachOperationAndNoOther) {
  auto handlers = all_handlers();
  const Handler one = handlers.at("getHome");
  handlers.erase("getHome");
  EXPECT_FALSE(Router::make(all_documents(), handlers));
  handlers["getHome"] = one;
  handlers["getNothing"] = one;
  EXPECT_FALSE(Router::make(all_documents(), handlers));
}

TEST(Router, NobodyHalfSignedInOrWithAnotherScopeMayCall) {
  Operation operation;
  operation.roles = {"administrator"};
  operation.scope = "manage";
  Identity who;
  EXPECT_FALSE(may_call(operation, who));
  who.person = PersonId(1);
  who.roles = {"administrator"};
  who.session = SessionId(1);
  for (const char* stage : {"", "second", "enrol"}) {
    who.stage = stage;
    EXPECT_FALSE(may_call(operation, who)) << stage;
  }
  who.stage = "full";
  EXPECT_TRUE(may_call(operation, who));
  who.roles = {"teleworker"};
  EXPECT_FALSE(may_call(operation, who));
  operation.roles = {"any"};
  EXPECT_TRUE(may_call(operation, who));
  who.session = {};
  who.token = TokenId(1);
  who.scopes = {"read"};
  EXPECT_FALSE(may_call(operation, who));
  operation.scope = "none";
  EXPECT_FALSE(may_call(operation, who));
  operation.scope = "read";
  EXPECT_TRUE(may_call(operation, who));
}

// Registration and authentication with real authenticators' messages are in the end-to-end tests,
// by Chromium's virtual authenticator; here is what must be refused.
TEST(Passkeys, AreRefusedUnlessAllFits) {
  const PasskeyExpectation expected{"Y2hhbGxlbmdl", "https://firm.example", "firm.example"};
  const std::string client =
      R"({"type":"webauthn.get","challenge":"Y2hhbGxlbmdl","origin":"https://firm.example"})";
  std::string data = sha256("firm.example") + "\x05" + std::string(4, '\0');
  const Passkey passkey{"aWQ", -7, std::string(64, '\1'), 0};
  EXPECT_FALSE(verify_passkey(expected, passkey, client, data, "not a signature"));
  EXPECT_FALSE(verify_passkey(expected, passkey, "", "", ""));
  EXPECT_FALSE(register_passkey(expected, client, ""));
  EXPECT_FALSE(register_passkey(expected, client, std::string(1000, '\xA1')));
}

/// A compact JWS with ES256 by a fresh key, and the JWK set that it verifies against.
struct Token {
  std::string text;
  boost::json::value keys;
};
std::string es256_signature(EVP_PKEY* key, const std::string& message) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size());
  std::string der(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size, bytes,
                 message.size());
  // SEQUENCE of two INTEGERs to two fields of 32 bytes (RFC 7518, 3.4).
  std::string raw;
  std::size_t place = 2;
  for (int i = 0; i < 2; ++i) {
    const auto length = static_cast<std::size_t>(der.at(place + 1));
    std::string number = der.substr(place + 2, length);
    place += 2 + length;
    while (number.size() > 32) number.erase(0, 1);
    raw += std::string(32 - number.size(), '\0') + number;
  }
  return raw;
}
Token token_of(const std::string& header, const std::string& claims) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const std::string signing = base64url(header) + "." + base64url(claims);
  std::string point(65, '\0');
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(key.get(), "encoded-pub-key",
                                  reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                  &size);
  return {signing + "." + base64url(es256_signature(key.get(), signing)),
          {{"keys",
            {{{"kty", "EC"},
              {"kid", "one"},
              {"crv", "P-256"},
              {"x", base64url(point.substr(1, 32))},
              {"y", base64url(point.substr(33, 32))}}}}}};
}

TEST(IdToken, IsReadOnlyWhenAKeyOfTheProviderSignedIt) {
  const std::string header = R"({"alg":"ES256","kid":"one"})";
  const Token good = token_of(header, R"({"sub":"7"})");
  const auto claims = verified_claims(good.text, good.keys);
  ASSERT_TRUE(claims) << claims.error().describe(Lang::en);
  EXPECT_EQ(text_at(*claims, "sub"), "7");

  const Token other = token_of(header, R"({"sub":"7"})");
  EXPECT_FALSE(verified_claims(good.text, other.keys));
  EXPECT_FALSE(verified_claims(good.text, boost::json::object()));
  EXPECT_FALSE(verified_claims(good.text, {{"keys", boost::json::array{7, "x"}}}));
  EXPECT_FALSE(verified_claims(good.text + "AAAA", good.keys));
  EXPECT_FALSE(verified_claims("", good.keys));
  const std::string claimed = base64url(R"({"sub":"8"})");
  const std::string end = good.text.substr(good.text.rfind('.'));
  EXPECT_FALSE(verified_claims(base64url(header) + "." + claimed + end, good.keys));
  for (const char* alg : {R"({"alg":"none"})", R"({"alg":"HS256","kid":"one"})", "{}", "[]"}) {
    EXPECT_FALSE(verified_claims(base64url(alg) + "." + claimed + ".", good.keys)) << alg;
    EXPECT_FALSE(verified_claims(base64url(alg) + "." + claimed + end, good.keys)) << alg;
  }
  // What its header wants to be understood isn't (RFC 7515, 4.1.11).
  const Token critical =
      token_of(R"({"alg":"ES256","kid":"one","crit":["exp"],"exp":1})", R"({"sub":"7"})");
  EXPECT_FALSE(verified_claims(critical.text, critical.keys));
  const Token unknown = token_of(R"({"alg":"ES256","kid":"two"})", R"({"sub":"7"})");
  EXPECT_FALSE(verified_claims(unknown.text, unknown.keys));
}

TEST(IdToken, ItsClaimsAreForThisSignIn) {
  const OidcOptions oidc{"https://id.example", "client", {}};
  const boost::json::object right{{"iss", "https://id.example"},
                                  {"aud", "client"},
                                  {"sub", "7"},
                                  {"exp", 2000},
                                  {"iat", 1000},
                                  {"nonce", "n"}};
  EXPECT_EQ(wrong_claims(right, oidc, "n", at(1000)), std::nullopt);
  const auto wrong = [&](const char* key, const boost::json::value& value) {
    boost::json::object changed = right;
    changed[key] = value;
    return wrong_claims(changed, oidc, "n", at(1000)).has_value();
  };
  EXPECT_FALSE(wrong("aud", boost::json::array{"client"}));
  EXPECT_TRUE(wrong("aud", boost::json::array{"other", "client"})) << "and no azp";
  EXPECT_FALSE(wrong("azp", "client"));
  EXPECT_TRUE(wrong("iss", "https://id.example/"));
  EXPECT_TRUE(wrong("aud", "other"));
  EXPECT_TRUE(wrong("aud", boost::json::array{}));
  EXPECT_TRUE(wrong("azp", "other"));
  EXPECT_TRUE(wrong("exp", 939));
  EXPECT_TRUE(wrong("exp", "2000"));
  EXPECT_TRUE(wrong("iat", 1301));
  EXPECT_TRUE(wrong("nonce", "m"));
  EXPECT_TRUE(wrong("sub", ""));
  EXPECT_TRUE(wrong_claims(boost::json::array{}, oidc, "n", at(1000)));
}

}  // namespace
}  // namespace sekisho
