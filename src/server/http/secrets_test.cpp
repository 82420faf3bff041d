// SPDX-License-Identifier: Apache-2.0
// Secrets, codes and what of HTTP is only text: by the documents that define them.
#include "server/http/secrets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/crypto.h"
#include "server/http/http.h"
#include "server/http/plain.h"
#include "server/http/problem.h"
#include "server/http/sealed.h"

namespace sekisho {
namespace {

Time at(std::int64_t count) { return Time(std::chrono::seconds(count)); }

TEST(Secrets, CodesAreThoseOfRfc6238) {
  // Appendix B, SHA-1, the last six of its eight digits; the secret is "12345678901234567890".
  const std::string secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  for (const auto& [count, code] :
       std::initializer_list<std::pair<std::int64_t, const char*>>{{59, "287082"},
                                                                   {1111111109, "081804"},
                                                                   {1111111111, "050471"},
                                                                   {1234567890, "005924"},
                                                                   {2000000000, "279037"},
                                                                   {20000000000, "353130"}}) {
    EXPECT_EQ(totp_code(secret, count / 30), code);
    EXPECT_EQ(totp_step(secret, code, at(count), 0), count / 30);
    EXPECT_EQ(totp_step(secret, code, at(count + 30), 0), count / 30) << "a slow typist";
    EXPECT_EQ(totp_step(secret, code, at(count - 30), 0), count / 30) << "a slow clock";
    EXPECT_FALSE(totp_step(secret, code, at(count + 90), 0));
    EXPECT_FALSE(totp_step(secret, code, at(count), count / 30)) << "used already";
  }
  EXPECT_FALSE(totp_step(secret, "", at(59), 0));
  EXPECT_FALSE(totp_step(secret, "2870820", at(59), 0));
}

TEST(Secrets, NewOnesAreLongAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random_token());
    seen.insert(new_totp_secret());
  }
  EXPECT_EQ(seen.size(), 2000U);
  EXPECT_EQ(from_base64url(random_token())->size(), 32U);
  EXPECT_EQ(new_totp_secret().size(), 32U);
  EXPECT_EQ(new_totp_secret().find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            std::string::npos);
}

TEST(Secrets, Base64IsThatOfRfc4648) {
  // Section 10.
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64url("\xFB\xEF\xFF"), "--__");
  EXPECT_EQ(from_base64url("Zm9vYg"), "foob");
  EXPECT_EQ(from_base64url("Zm9vYg=="), "foob");
  EXPECT_EQ(from_base64url(""), "");
  EXPECT_FALSE(from_base64url("Zm9v+g"));
  EXPECT_FALSE(from_base64url("Zm9vY"));
  EXPECT_FALSE(from_base64url("Zm 9v"));
}

TEST(Secrets, HashesAreTheStandardOnes) {
  EXPECT_EQ(hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
  // RFC 4231, 4.3
  EXPECT_EQ(hex(*from_base64url(keyed_hash("Jefe", "what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("a", "b"));
  EXPECT_FALSE(equal_in_constant_time("a", "ab"));
}

TEST(Secrets, PasswordsAreKeptAsArgon2id) {
  const std::string hash = hash_password("correct horse battery");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=65536,"));
  EXPECT_NE(hash, hash_password("correct horse battery"));
  EXPECT_TRUE(password_matches(hash, "correct horse battery"));
  EXPECT_FALSE(password_matches(hash, "correct horse batterz"));
  EXPECT_FALSE(password_matches("", ""));
  EXPECT_FALSE(password_matches("not a hash", "x"));
}

TEST(Secrets, EasyPasswordsAreRefused) {
  const auto refused = [](std::string_view password) {
    return password_problem(password, "hanako@firm.example", "Hanako Suzuki").has_value();
  };
  for (const char* bad : {"", "short", "123456789", "aaaaaaaaaaaa", "password123", "Hanako2026",
                          "hanako@firm.example", "Hanako@FIRM.example1", "hanakosuzuki",
                          "qwertyuiop", "\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8\xF7\xF6"})
    EXPECT_TRUE(refused(bad)) << bad;
  EXPECT_TRUE(refused(std::string(201, 'x')));
  EXPECT_TRUE(refused("あいうえおかきけ")) << "eight characters, whatever they take";
  for (const char* good : {"correct horse battery", "青い 自転車 と 味噌", "mT7!kq-29xz"})
    EXPECT_FALSE(refused(good)) << good;
}

TEST(Secrets, ACodeIsOfTheWholeCounterAndOfLettersAlone) {
  // RFC 4226 with counters that need each of the eight bytes.
  const std::string secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  EXPECT_EQ(totp_code(secret, 0x0102030405060708), "292799");
  EXPECT_EQ(totp_code(secret, std::int64_t{1} << 32U), "999456");
  EXPECT_EQ(totp_code(secret, (std::int64_t{1} << 40U) + 5), "726206");
  EXPECT_EQ(totp_code("GEZD GNBV-GY3TQOJQGEZDGNBVGY3TQOJQ", 0x0102030405060708), "292799");
  EXPECT_EQ(totp_uri(secret, "花子@firm.example"),
            "otpauth://totp/Sekisho:%E8%8A%B1%E5%AD%90%40firm.example?secret=" + secret +
                "&issuer=Sekisho");
}

TEST(Secrets, EachComparedPasswordIsCountedAndNobodysCostsOneToo) {
  waste_password_time("x");  // what is made once is made
  const std::string hash = hash_password("correct horse battery");
  const std::uint64_t before = passwords_compared();
  EXPECT_FALSE(password_matches(hash, "wrong"));
  EXPECT_TRUE(password_matches(hash, "correct horse battery"));
  waste_password_time("x");
  EXPECT_EQ(passwords_compared(), before + 3);
}

TEST(Secrets, APasswordsBoundsAreWhereTheWordsSay) {
  const auto problem = [](std::string_view password, std::string_view email = "a@firm.example",
                          std::string_view name = "") {
    const auto found = password_problem(password, email, name);
    return found ? found->en : std::string();
  };
  const std::string any = "mT7!kq-29xzB4Qw";
  std::string longest;
  while (longest.size() < 200) longest += any;
  longest.resize(200);
  EXPECT_EQ(problem(any.substr(0, 9)), "use at least 10 characters; a long phrase is best.");
  EXPECT_EQ(problem(any.substr(0, 10)), "");
  EXPECT_EQ(problem(longest), "");
  EXPECT_EQ(problem(longest + "x"), "use at most 200 characters.");
  EXPECT_EQ(problem(any + "\xFF"), "use at most 200 characters.");
  // Of how many different letters.
  const std::string easy = "this is easy to guess; join three or more unrelated words.";
  EXPECT_EQ(problem("xyzxyzzyxzyx"), easy);
  EXPECT_EQ(problem("xyzxywzyxzyx"), "");
  // What is known of the person with up to five letters beside it, before, behind or around.
  const std::string beside = "7kq2w9";
  for (const auto& [email, name] : {std::pair("mirai@firm.example", ""),
                                    {"a@firm.example", "Mirai"},
                                    {"a@firm.example", "Ken Mirai"},
                                    {"a@firm.example", "Mirai X"}})
    for (const char* word : {"mirai", "MIRAI"})
      for (std::size_t at = 0; at <= 5; ++at) {
        const auto around = [&](std::size_t count) {
          const std::size_t first = std::min(at, count);
          return beside.substr(0, first) + word + beside.substr(first, count - first);
        };
        EXPECT_EQ(problem(around(5), email, name), easy) << around(5) << " " << email << name;
        EXPECT_EQ(problem(around(6), email, name), "") << around(6) << " " << email << name;
      }
  EXPECT_EQ(problem("kensato7x9z2", "a@firm.example", "Ken Sato"), easy) << "joined";
  EXPECT_EQ(problem("kensato7x9z2q", "a@firm.example", "Ken Sato"), "");
  EXPECT_EQ(problem("firm.exam9", "a@firm.example", ""), "") << "only what stands before the @";
}

TEST(HttpText, IsDecodedOrRefused) {
  EXPECT_EQ(percent_decoded("a%20b+c"), "a b+c");
  EXPECT_EQ(percent_decoded("a%20b+c", true), "a b c");
  EXPECT_EQ(percent_decoded("%E9%96%A2"), "関");
  for (const char* bad : {"%", "%4", "%4x", "%00", "%0A", "%FF", "\n", "\xC3"})
    EXPECT_FALSE(percent_decoded(bad)) << bad;
  EXPECT_EQ(percent_encoded("関 a-_.~/"), "%E9%96%A2%20a-_.~%2F");
  EXPECT_EQ(query_value("a=1&b=%32&b=3&c", "b"), "2");
  EXPECT_EQ(query_value("a=1&b=2&c", "c"), "");
  EXPECT_FALSE(query_value("ab=1", "b"));
  EXPECT_FALSE(query_value("b=%zz", "b"));
}

TEST(HttpText, CookiesAreFoundByTheirWholeName) {
  HttpRequest request;
  request.headers = {{"cookie", "xsekisho=1; sekisho=2;sekisho=3; half"}};
  EXPECT_EQ(request.cookie("sekisho"), "2");
  EXPECT_EQ(request.cookie("half"), "");
  EXPECT_EQ(request.cookie("ekisho"), "");
  EXPECT_EQ(request.header("host"), "");
}

TEST(HttpText, AProgramFindsTheWordOfEachStatus) {
  const std::map<unsigned, std::string_view> known{{400, "bad-request"},
                                                   {401, "not-signed-in"},
                                                   {403, "forbidden"},
                                                   {404, "not-found"},
                                                   {405, "method-not-allowed"},
                                                   {408, "too-slow"},
                                                   {409, "conflict"},
                                                   {412, "changed"},
                                                   {413, "too-large"},
                                                   {414, "too-large"},
                                                   {415, "wrong-type"},
                                                   {421, "wrong-name"},
                                                   {422, "invalid"},
                                                   {429, "too-many"},
                                                   {431, "too-large"},
                                                   {503, "unavailable"}};
  for (unsigned status = 400; status < 600; ++status) {
    const auto found = known.find(status);
    const std::string_view other = status < 500 ? "refused" : "internal";
    EXPECT_EQ(problem_code(status), found == known.end() ? other : found->second) << status;
  }
}

TEST(HttpText, AHandlerSeesOneHostTheCleanPathAndWhomTheProxyNamed) {
  RequestHead head;
  head.method = "HEAD";
  head.raw_path = "/a%20b";
  head.query = "q=%20";
  head.host = "right.example";
  head.headers = {{"host", "wrong.example"},
                  {"x-forwarded-for", "198.51.100.7"},
                  {"x-forwarded-proto", "https"},
                  {"accept", "text/html"}};
  const Fronts fronts{{*read_subnet("10.0.0.0/8")}, false};
  const auto seen = plain_request(head, head.headers, *read_ip("10.0.0.1"), fronts);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->method, "GET");
  EXPECT_EQ(seen->path, "/a b");
  EXPECT_EQ(seen->query, "q=%20");
  EXPECT_EQ(seen->header("host"), "right.example");
  EXPECT_EQ(std::ranges::count(seen->headers, "host", &std::pair<std::string, std::string>::first),
            1);
  EXPECT_EQ(seen->header("accept"), "text/html");
  EXPECT_EQ(seen->peer, "198.51.100.7");
  EXPECT_EQ(seen->payer, "198.51.100.7");
  EXPECT_EQ(seen->browser_tls, true);
  EXPECT_FALSE(seen->body_follows);
  const auto direct = plain_request(head, head.headers, *read_ip("203.0.113.9"), fronts);
  EXPECT_EQ(direct->peer, "203.0.113.9") << "whoever isn't named speaks for nobody";
  EXPECT_EQ(direct->browser_tls, std::nullopt);
  head.method = "POST";
  EXPECT_EQ(plain_request(head, head.headers, *read_ip("10.0.0.1"), fronts)->method, "POST");
  for (const char* bad : {"", "a", "*", "/a%2fb", "/%zz"}) {
    head.raw_path = bad;
    EXPECT_FALSE(plain_request(head, head.headers, *read_ip("10.0.0.1"), fronts)) << bad;
  }
}

TEST(Sealed, OpensUnderItsSecretAloneAndOnlyWhole) {
  const std::string box = sealed("secret", "text");
  EXPECT_EQ(unsealed("secret", box), "text");
  EXPECT_EQ(unsealed("secret", sealed("secret", "")), "");
  EXPECT_NE(box, sealed("secret", "text"));
  EXPECT_EQ(unsealed("other", box), std::nullopt);
  for (std::size_t i = 0; i < box.size(); ++i) {
    std::string changed = box;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(unsealed("secret", changed), std::nullopt) << i;
    EXPECT_EQ(unsealed("secret", box.substr(0, i)), std::nullopt) << i;
  }
}

}  // namespace
}  // namespace sekisho
