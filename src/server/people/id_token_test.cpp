// SPDX-License-Identifier: Apache-2.0
// ID tokens: what good ones of each algorithm bring in, and that nothing else does. Forgeries are
// made from good tokens by each way that is known to have worked somewhere (RFC 8725; Project
// Wycheproof).
#include "server/people/id_token.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <map>
#include <memory>

#include "base/crypto.h"
#include "server/people/id_token_keys.h"
#include "server/people/oidc_claims.h"
#include "server/people/oidc_client.h"
#include "server/people/oidc_roles.h"
#include "server/people/oidc_rules.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const unsigned char* bytes_in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_in(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

struct Kind {
  const char* algorithm;
  const char* key;  // its kind, and for EC its curve
  const char* digest;
  std::size_t bytes = 0;
};
const std::vector<Kind>& kinds() {
  static const std::vector<Kind> kAll{
      {"RS256", "RSA", "SHA256"},       {"RS384", "RSA", "SHA384"},
      {"RS512", "RSA", "SHA512"},       {"PS256", "RSA", "SHA256"},
      {"PS384", "RSA", "SHA384"},       {"PS512", "RSA", "SHA512"},
      {"ES256", "P-256", "SHA256", 32}, {"ES384", "P-384", "SHA384", 48},
      {"ES512", "P-521", "SHA512", 66}, {"EdDSA", "ED25519", nullptr},
      {"Ed25519", "ED25519", nullptr}};
  return kAll;
}

using Key = std::shared_ptr<EVP_PKEY>;
Key new_key(const std::string& kind, std::size_t bits = 2048) {
  EVP_PKEY* key = kind == "RSA"            ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)
                  : kind.starts_with("P-") ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str())
                                           : EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str());
  return {key, EVP_PKEY_free};
}
/// Made once: they take a while.
const Key& key_of(const std::string& kind, int which = 0) {
  static std::map<std::pair<std::string, int>, Key> made;
  Key& key = made[{kind, which}];
  if (!key) key = new_key(kind);
  return key;
}

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(key, name, &number);
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, bytes_in(out));
  BN_free(number);
  return out;
}

json::object jwk_of(const std::string& kind, EVP_PKEY* key) {
  if (kind == "RSA")
    return {{"kty", "RSA"},
            {"kid", "one"},
            {"n", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N))},
            {"e", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E))}};
  std::string raw(200, '\0');
  std::size_t size = raw.size();
  if (kind == "ED25519") {
    EVP_PKEY_get_raw_public_key(key, bytes_in(raw), &size);
    return {
        {"kty", "OKP"}, {"kid", "one"}, {"crv", "Ed25519"}, {"x", base64url(raw.substr(0, size))}};
  }
  EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, bytes_in(raw),
                                  raw.size(), &size);
  const std::size_t half = (size - 1) / 2;
  return {{"kty", "EC"},
          {"kid", "one"},
          {"crv", kind},
          {"x", base64url(raw.substr(1, half))},
          {"y", base64url(raw.substr(1 + half, half))}};
}

std::string signature_by(const Kind& kind, EVP_PKEY* key, const std::string& text,
                         int salt = RSA_PSS_SALTLEN_DIGEST) {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  EVP_PKEY_CTX* context = nullptr;
  EVP_DigestSignInit_ex(digest, &context, kind.digest, nullptr, nullptr, key, nullptr);
  if (kind.algorithm[0] == 'P') {
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt);
  }
  std::string out(1024, '\0');
  std::size_t size = out.size();
  EXPECT_EQ(EVP_DigestSign(digest, bytes_in(out), &size, bytes_in(text), text.size()), 1);
  EVP_MD_CTX_free(digest);
  out.resize(size);
  return out;
}
std::string jose_form(const Kind& kind, const std::string& der) {
  if (kind.bytes == 0) return der;
  const unsigned char* at = bytes_in(der);
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string out(2 * kind.bytes, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes_in(out), static_cast<int>(kind.bytes));
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes_in(out) + kind.bytes, static_cast<int>(kind.bytes));
  ECDSA_SIG_free(pair);
  return out;
}

std::string header_of(const Kind& kind) {
  return std::string(R"({"kid":"one","alg":")") + kind.algorithm + R"("})";
}
std::string text_of(const std::string& header, const std::string& claims) {
  return base64url(header) + "." + base64url(claims);
}
std::string token_by(const Kind& kind, EVP_PKEY* key, const std::string& header,
                     const std::string& claims = R"({"sub":"7"})") {
  const std::string text = text_of(header, claims);
  return text + "." + base64url(jose_form(kind, signature_by(kind, key, text)));
}
json::value set_of(json::array keys) { return json::object{{"keys", std::move(keys)}}; }
bool holds(const std::string& token, const json::value& keys) {
  const auto claims = verified_claims(token, keys);
  return claims && text_at(*claims, "sub") == "7";
}

class EachAlgorithm : public testing::TestWithParam<std::size_t> {
 protected:
  const Kind& kind() const { return kinds()[GetParam()]; }
  EVP_PKEY* key() const { return key_of(kind().key).get(); }
  json::object jwk() const { return jwk_of(kind().key, key()); }
  std::string good() const { return token_by(kind(), key(), header_of(kind())); }
  std::string head() const { return good().substr(0, good().find('.')); }
};
INSTANTIATE_TEST_SUITE_P(IdToken, EachAlgorithm, testing::Range<std::size_t>(0, 11),
                         [](const auto& at) { return kinds()[at.param].algorithm; });

TEST_P(EachAlgorithm, IsReadByItsKeyAmongOthers) {
  EXPECT_TRUE(holds(good(), set_of({jwk()})));
  // Kinds that aren't known, keys that are for something else, and one of the same name.
  const json::value among = set_of({7, "x", nullptr, json::object(), json::object{{"kty", "AKP"}},
                                    json::object{{"kty", "oct"}, {"kid", "one"}, {"k", "AAAA"}},
                                    json::object{{"kty", "OKP"}, {"crv", "X25519"}, {"x", "AAAA"}},
                                    jwk_of(kind().key, key_of(kind().key, 1).get()), jwk()});
  EXPECT_TRUE(holds(good(), among));
  // Without a name each key is tried (Core 10.1 wants one only where there are several).
  const std::string unnamed =
      token_by(kind(), key(), std::string(R"({"alg":")") + kind().algorithm + R"("})");
  EXPECT_TRUE(holds(unnamed, among));
  json::object for_this = jwk();
  for_this["use"] = "sig";
  for_this["alg"] = kind().algorithm;
  for_this["key_ops"] = json::array{"verify"};
  EXPECT_TRUE(holds(good(), set_of({for_this})));
}

TEST_P(EachAlgorithm, NoOtherTokenIsTakenForIt) {
  const json::value keys = set_of({jwk()});
  const std::string token = good();
  const std::size_t second = token.rfind('.');
  const std::string text = token.substr(0, second);
  const std::string signature = *from_base64url(token.substr(second + 1));
  const auto with = [&](const std::string& other) { return text + "." + base64url(other); };
  ASSERT_TRUE(holds(with(signature), keys));
  for (std::size_t bit = 0; bit < 8 * signature.size(); bit += 5) {
    std::string other = signature;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(holds(with(other), keys)) << bit;
  }
  for (std::size_t at = 0; at < second; ++at) {
    std::string other = token;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(holds(other, keys)) << at;
  }
  const std::string zeros(signature.size(), '\0');
  const std::string half(signature.size() / 2, '\0');
  for (const std::string& other :
       {std::string(), signature.substr(1), signature + '\0', '\0' + signature, zeros,
        std::string(signature.size(), '\xff'), half + signature.substr(half.size()),
        signature.substr(0, half.size()) + half, signature + signature})
    EXPECT_FALSE(holds(with(other), keys));
  if (kind().bytes != 0) {
    EXPECT_FALSE(holds(with(signature_by(kind(), key(), text)), keys)) << "DER";
  }
  if (kind().algorithm[0] == 'P') {
    for (const int salt : {0, RSA_PSS_SALTLEN_MAX}) {
      EXPECT_FALSE(holds(with(signature_by(kind(), key(), text, salt)), keys)) << salt;
    }
  }
  // Other spellings of the same.
  for (const std::string& other : {token + "=", token + "\n", " " + token, token + ".", "." + token,
                                   token + ".AAAA", text, text + ".", std::string()})
    EXPECT_FALSE(holds(other, keys)) << other;
}

TEST_P(EachAlgorithm, TheHeaderChoosesNeitherKeyNorAlgorithm) {
  const json::value keys = set_of({jwk()});
  // Signed as it says, by a key that it brings along.
  const Key& mine = key_of(kind().key, 1);
  const std::string brought = json::serialize(jwk_of(kind().key, mine.get()));
  for (const std::string& more :
       {R"("jwk":)" + brought, std::string(R"("jku":"https://evil.example/keys")"),
        std::string(R"("x5c":["MIIB"])"), std::string(R"("x5u":"https://evil.example")")}) {
    std::string header = header_of(kind());
    header.insert(header.size() - 1, "," + more);
    EXPECT_FALSE(holds(token_by(kind(), mine.get(), header), keys)) << more;
  }
  // What isn't understood, and what is something else.
  for (const char* more : {R"("crit":["b64"],"b64":false)", R"("crit":[])", R"("crit":null)",
                           R"("typ":"at+jwt")", R"("typ":"application/logout+JWT")"}) {
    std::string header = header_of(kind());
    header.insert(header.size() - 1, std::string(",") + more);
    EXPECT_FALSE(holds(token_by(kind(), key(), header), keys)) << more;
  }
  const std::string signature = good().substr(good().rfind('.'));
  const std::string claims = base64url(R"({"sub":"7"})");
  for (const char* other : {"none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS1",
                            "ES256K", "A128KW", "RSA-OAEP", "rs256", "es256"}) {
    const std::string header = base64url(std::string(R"({"kid":"one","alg":")") + other + R"("})");
    EXPECT_FALSE(holds(header + "." + claims + signature, keys)) << other;
    EXPECT_FALSE(holds(header + "." + claims + ".", keys)) << other;
    // The public key taken for a secret.
    const std::string text = header + "." + claims;
    for (const std::string& secret :
         {text_at(jwk(), "n"), text_at(jwk(), "x"), json::serialize(jwk())}) {
      std::string mac(64, '\0');
      unsigned size = 0;
      HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_in(text),
           text.size(), bytes_in(mac), &size);
      EXPECT_FALSE(holds(text + "." + base64url(mac.substr(0, size)), keys)) << other;
    }
  }
  // Each other algorithm's name over the same signature.
  for (const Kind& other : kinds())
    if (std::string_view(other.algorithm) != kind().algorithm) {
      const std::string text = text_of(header_of(other), R"({"sub":"7"})");
      const std::string mark = jose_form(kind(), signature_by(kind(), key(), text));
      const bool same =
          std::string_view(other.key) == "ED25519" && std::string_view(kind().key) == "ED25519";
      EXPECT_EQ(holds(text + "." + base64url(mark), keys), same) << other.algorithm;
    }
  const std::string twice =
      std::string(R"({"alg":"none","kid":"one","alg":")") + kind().algorithm + R"("})";
  EXPECT_FALSE(holds(token_by(kind(), key(), twice), keys));
}

TEST_P(EachAlgorithm, AKeyForSomethingElseOrOfNoUseFitsNothing) {
  const auto changed = [&](const char* name, const json::value& value) {
    json::object other = jwk();
    other[name] = value;
    return holds(good(), set_of({other}));
  };
  EXPECT_TRUE(changed("x5t", "AAAA"));
  for (const json::value& use : {json::value("enc"), json::value(7), json::value(nullptr)})
    EXPECT_FALSE(changed("use", use));
  for (const json::value& uses :
       {json::value(json::array()), json::value(json::array{"sign"}), json::value("verify")})
    EXPECT_FALSE(changed("key_ops", uses));
  EXPECT_FALSE(changed("alg", "RSA-OAEP"));
  EXPECT_FALSE(changed("kid", "two"));
  EXPECT_FALSE(changed("kid", nullptr));
  for (const char* type : {"oct", "RSA1", "", "ec"}) EXPECT_FALSE(changed("kty", type));
  for (const char* part : {"n", "e", "x", "y", "crv"}) {
    const json::object own = jwk();
    if (!own.contains(part)) continue;
    const std::string value(text_at(own, part));
    for (const json::value& other :
         {json::value(nullptr), json::value(""), json::value(value + "="), json::value("A" + value),
          json::value(value.substr(1)), json::value(std::string(value.size(), 'A')),
          json::value(std::string(5000, 'A')), json::value("!" + value.substr(1))})
      EXPECT_FALSE(changed(part, other)) << part << ' ' << other;
  }
}

TEST(IdTokenKeys, AreOfASizeToRelyOn) {
  const Kind& rs256 = kinds()[0];
  const Key small = new_key("RSA", 1024);
  EXPECT_FALSE(
      holds(token_by(rs256, small.get(), header_of(rs256)), set_of({jwk_of("RSA", small.get())})));
  json::object jwk = jwk_of("RSA", key_of("RSA").get());
  // With an exponent of 1 every text is its own signature.
  for (const char* e : {"AQ", "Ag", "AAAA", "AQAAAAAAAAAB"}) {
    jwk["e"] = e;
    EXPECT_EQ(signed_by(jwk, "RS256", "x", std::string(256, '\0')), Signed::key_unfit) << e;
  }
  EXPECT_EQ(signed_by(json::object{{"kty", "OKP"},
                                   {"crv", "Ed25519"},
                                   {"x", base64url("\x01" + std::string(31, '\0'))}},
                      "EdDSA", "x", "\x01" + std::string(63, '\0')),
            Signed::no);
}

/// As others signed them: RFC 7515, A.3, and RFC 8037, A.4.
TEST(IdTokenKeys, ReadWhatTheStandardsSigned) {
  EXPECT_EQ(
      signed_by(json::object{{"kty", "EC"},
                             {"crv", "P-256"},
                             {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                             {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}},
                "ES256",
                "eyJhbGciOiJFUzI1NiJ9."
                "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb2"
                "90Ijp0cnVlfQ",
                *from_base64url("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSAp"
                                "mWQxfKTUJqPP3-Kg6NU1Q")),
      Signed::yes);
  EXPECT_EQ(signed_by(json::object{{"kty", "OKP"},
                                   {"crv", "Ed25519"},
                                   {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
                      "EdDSA", "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                      *from_base64url("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iyl"
                                      "Gjg5BhVsPt9g7sVvpAr_MuM0KAg")),
            Signed::yes);
}

TEST(IdTokenKeys, AreBoundedInNumberAndSize) {
  const Kind& ed = kinds()[9];
  EVP_PKEY* key = key_of("ED25519").get();
  json::array many(99);
  many.emplace_back(jwk_of("ED25519", key));
  EXPECT_TRUE(holds(token_by(ed, key, header_of(ed)), set_of(many)));
  many.emplace_back(nullptr);
  EXPECT_FALSE(holds(token_by(ed, key, header_of(ed)), set_of(many)));
  const auto filled = [&](std::size_t bytes) {
    return token_by(ed, key, header_of(ed),
                    R"({"sub":"7","x":")" + std::string(bytes, 'x') + "\"}");
  };
  EXPECT_TRUE(holds(filled(40'000), set_of({jwk_of("ED25519", key)})));
  EXPECT_FALSE(holds(filled(60'000), set_of({jwk_of("ED25519", key)})));
}

// Claims.

TEST(CompanyAddress, CountsWhereTheProviderSaysSoOrIsTrusted) {
  const json::object base{{"email", "Someone@Firm.example"}};
  struct Case {
    json::value verified;  // null: not said
    bool plain, trusted, more;
  };
  for (const Case& one : {Case{true, true, true, false}, Case{false, false, false, false},
                          Case{nullptr, false, true, true}, Case{"true", false, true, false},
                          Case{"True", false, true, false}, Case{"false", false, false, false},
                          Case{"False", false, false, false}, Case{"yes", false, false, false},
                          Case{1, false, false, false}, Case{"", false, false, false},
                          Case{json::array{true}, false, false, false}}) {
    json::object claims = base;
    if (!one.verified.is_null()) claims["email_verified"] = one.verified;
    const auto plain = address_in(claims, false);
    const auto trusted = address_in(claims, true);
    EXPECT_EQ(plain.email == "someone@firm.example", one.plain) << one.verified;
    EXPECT_EQ(trusted.email == "someone@firm.example", one.trusted) << one.verified;
    EXPECT_EQ(plain.may_come, one.more) << one.verified;
    EXPECT_EQ(plain.email.empty(), !plain.why.empty()) << one.verified;
  }
  for (const char* none : {"", "no address", "a@b@c", "ａ@firm.example", "a@firm.example\nb"})
    EXPECT_EQ(address_in(json::object{{"email", none}, {"email_verified", true}}, true).email, "")
        << none;
}

TEST(CompanyAddress, IsTrustedOfItselfOnlyFromOneTenantOfEntraId) {
  const auto trusted = [](const std::string& issuer) { return is_entra_tenant(issuer); };
  const std::string guid = "72f988bf-86f1-41af-91ab-2d7cd011db47";
  EXPECT_TRUE(trusted("https://login.microsoftonline.com/" + guid + "/v2.0"));
  for (const std::string& other :
       {std::string("common"), std::string("organizations"), std::string("consumers"),
        std::string("9188040d-6c67-4c5b-b112-36a304b66dad"), guid + "x", guid.substr(1),
        "{" + guid + "}", std::string("firm.onmicrosoft.com"), guid + "/" + guid,
        std::string("72F988BF-86f1-41af-91ab-2d7cd011db47"),
        std::string("72f988bf-86f1-41af-91ab_2d7cd011db47")})
    EXPECT_FALSE(trusted("https://login.microsoftonline.com/" + other + "/v2.0")) << other;
  for (const std::string& other :
       {"https://login.microsoftonline.com/" + guid,
        "https://login.microsoftonline.com/" + guid + "/v2.0/",
        "https://sts.windows.net/" + guid + "/",
        "http://login.microsoftonline.com/" + guid + "/v2.0",
        "https://login.microsoftonline.com.evil.example/" + guid + "/v2.0",
        "https://evil.example/https://login.microsoftonline.com/" + guid + "/v2.0"})
    EXPECT_FALSE(trusted(other)) << other;
  // What Entra ID says of the address's domain counts where it is there.
  const auto with = [&](const json::value& edov) {
    return !address_in(json::object{{"email", "a@firm.example"}, {"xms_edov", edov}}, true)
                .email.empty();
  };
  for (const json::value& owned :
       {json::value(true), json::value(1), json::value("1"), json::value("true")})
    EXPECT_TRUE(with(owned)) << owned;
  for (const json::value& not_owned : {json::value(false), json::value(0), json::value("0"),
                                       json::value("false"), json::value(nullptr)})
    EXPECT_FALSE(with(not_owned)) << not_owned;
}

/// OpenID Connect Core 1.0, 3.1.3.7.
TEST(IdTokenClaims, SayWhichOfSeveralClientsTheyWereGivenTo) {
  const OidcOptions oidc{"https://id.example", "sekisho", nullptr};
  const Time now = *parse_time("2026-11-24T00:00:00Z");
  const auto holds = [&](const json::value& audience, const json::value& party) {
    json::object claims{{"iss", "https://id.example"},
                        {"sub", "s"},
                        {"nonce", "n"},
                        {"aud", audience},
                        {"iat", now.time_since_epoch().count()},
                        {"exp", now.time_since_epoch().count() + 60}};
    if (!party.is_null()) claims["azp"] = party;
    return !wrong_claims(claims, oidc, "n", now);
  };
  EXPECT_TRUE(holds("sekisho", nullptr));
  EXPECT_TRUE(holds(json::array{"sekisho"}, nullptr));
  EXPECT_TRUE(holds(json::array{"sekisho", "other"}, "sekisho"));
  EXPECT_FALSE(holds(json::array{"sekisho", "other"}, nullptr));
  EXPECT_FALSE(holds(json::array{"sekisho", "other"}, "other"));
  EXPECT_FALSE(holds(json::array{"sekisho", "other"}, 7));
  EXPECT_FALSE(holds("sekisho", "other"));
  EXPECT_FALSE(holds("other", nullptr));
}

TEST(Issuer, IsOneFirmsOrRefusedAtTheStart) {
  for (const char* good :
       {"", "https://id.firm.example", "https://id.firm.example/realms/firm",
        "http://127.0.0.1:8080", "http://localhost:8080/x", "https://accounts.google.com",
        "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"})
    EXPECT_TRUE(may_be_issuer(good)) << good;
  for (const char* wrong :
       {"notaurl", "id.firm.example", "http://id.firm.example", "http://127.0.0.1.example",
        "http://192.168.0.1", "ftp://id.firm.example", "https://", "https://a@id.firm.example",
        "https://id.firm.example?x=1", "https://id.firm.example/#x", "https://id.firm.example/a b",
        "https://id.firm.example/|x", "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/COMMON", "https://LOGIN.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.com/consumers/v2.0",
        "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}) {
    const auto may = may_be_issuer(wrong);
    ASSERT_FALSE(may) << wrong;
    EXPECT_NE(may.error().message.en.find("--oidc-issuer"), std::string::npos) << wrong;
  }
}

/// The word for one address never counts for another.
TEST(CompanyAddress, StaysWithWhatIsSaidOfIt) {
  const auto email = [&](const json::value& token, const json::value& userinfo) {
    return address_in(with_userinfo(token, userinfo, ""), false).email;
  };
  const json::object mine{{"email", "me@firm.example"}, {"email_verified", true}};
  EXPECT_EQ(email(json::object{}, mine), "me@firm.example");
  EXPECT_EQ(email({{"email", "boss@firm.example"}}, mine), "me@firm.example");
  EXPECT_EQ(email({{"email", "boss@firm.example"}}, {{"email_verified", true}}), "");
  EXPECT_EQ(email({{"email_verified", true}}, {{"email", "boss@firm.example"}}), "");
  EXPECT_EQ(email(mine, json::object{}), "me@firm.example");
  const json::object all =
      with_userinfo({{"iss", "a"}, {"sub", "7"}},
                    {{"iss", "b"}, {"sub", "8"}, {"groups", json::array{"x"}}}, "groups");
  EXPECT_EQ(all, (json::object{{"iss", "a"}, {"sub", "7"}, {"groups", json::array{"x"}}}));
}

TEST(CompanyGroups, AreReadWholeOrNotAtAll) {
  using Groups = std::vector<std::string>;
  const auto read = [](const json::value& claims, const char* name = "groups") {
    return groups_in(claims, name);
  };
  EXPECT_EQ(**read({{"groups", json::array{"a", "b"}}}), (Groups{"a", "b"}));
  EXPECT_EQ(**read({{"groups", "a"}}), Groups{"a"});
  EXPECT_EQ(**read({{"groups", json::array()}}), Groups());
  EXPECT_EQ(*read(json::object()), std::nullopt);
  EXPECT_EQ(**read({{"realm_access", {{"roles", json::array{"a"}}}}}, "realm_access.roles"),
            Groups{"a"});
  EXPECT_EQ(
      **read({{"https://firm.example/roles", json::array{"a"}}}, "https://firm.example/roles"),
      Groups{"a"});
  EXPECT_EQ(*read({{"realm_access", json::object()}}, "realm_access.roles"), std::nullopt);
  for (const json::value& unclear :
       {json::value({{"groups", 7}}), json::value({{"groups", json::array{"a", 7}}}),
        json::value({{"groups", {{"a", true}}}}),
        json::value({{"_claim_names", {{"groups", "src1"}}}}), json::value({{"hasgroups", true}}),
        json::value({{"groups", json::array(2001, "a")}})})
    EXPECT_FALSE(read(unclear)) << unclear;
}

TEST(CompanyGroups, GiveTheRolesThatTheyAreFor) {
  CompanyRules rules;
  rules.roles = {{"administrator", "admins"}, {"administrator", "root"}, {"executive", "board"}};
  EXPECT_EQ(roles_by_groups(rules, "teleworker", {"admins"}), "administrator teleworker");
  EXPECT_EQ(roles_by_groups(rules, "teleworker", {"root", "board"}),
            "administrator executive teleworker");
  EXPECT_EQ(roles_by_groups(rules, "administrator teleworker", {}), "teleworker");
  EXPECT_EQ(roles_by_groups(rules, "executive auditor", {"Board", "board "}), "auditor");
  EXPECT_EQ(roles_by_groups(rules, "executive", {}), "teleworker");
  rules.roles.clear();
  EXPECT_EQ(roles_by_groups(rules, "executive", {"admins"}), "executive");
}

}  // namespace
}  // namespace sekisho
