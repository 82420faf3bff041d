// SPDX-License-Identifier: Apache-2.0
#include "server/http/secrets.h"

#include <array>
#include <atomic>
#include <cstdlib>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "base/characters.h"
#include "server/http/http.h"

namespace sekisho {
namespace {

std::atomic<std::uint64_t> compared{0};

/// libsodium has to be started once, by whoever comes first.
void start() {
  if (sodium_init() < 0) std::abort();
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string from_base32(std::string_view text) {
  std::string out;
  unsigned buffer = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = kBase32.find(c);
    if (value == std::string_view::npos) continue;
    buffer = (buffer << 5U) | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>((buffer >> bits) & 0xFFU);
    }
  }
  return out;
}

/// RFC 4226, 5.3.
std::string one_time_code(const std::string& key, std::int64_t counter) {
  std::array<unsigned char, 8> message{};
  for (unsigned i = 0; i < 8; ++i)
    message.at(7 - i) = static_cast<unsigned char>(static_cast<std::uint64_t>(counter) >> (8 * i));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
       digest.data(), &size);
  const unsigned at = digest.at(size - 1) & 0x0FU;
  std::uint32_t number = digest.at(at) & 0x7FU;
  for (unsigned i = 1; i < 4; ++i) number = (number << 8U) | digest.at(at + i);
  return fmt::format("{:06}", number % 1'000'000);
}

/// Among the first that a guesser tries, in the form that `lower` gives.
constexpr std::array kCommon{"password",      "passw0rd",   "p@ssw0rd",  "p@ssword", "123456789",
                             "1234567890",    "qwertyuiop", "qwerty123", "1q2w3e4r", "1qaz2wsx",
                             "administrator", "admin123",   "welcome1",  "letmein",  "iloveyou",
                             "abcdefgh",      "abcd1234",   "sakura",    "sekisho",  "telework",
                             "changeme",      "00000000",   "11111111",  "12341234", "asdfghjk",
                             "monkey",        "dragon",     "football",  "doraemon", "pokemon"};

}  // namespace

std::string keyed_hash(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  unsigned size = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       bytes_of(digest), &size);
  return base64url(digest);
}

std::string hash_password(std::string_view password) {
  start();
  std::string hash(crypto_pwhash_STRBYTES, '\0');
  if (crypto_pwhash_str(hash.data(), password.data(), password.size(),
                        crypto_pwhash_OPSLIMIT_INTERACTIVE,
                        crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
    throw std::bad_alloc();
  hash.resize(hash.find('\0'));
  return hash;
}

std::uint64_t passwords_compared() { return compared; }

bool password_matches(const std::string& hash, std::string_view password) {
  start();
  ++compared;
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

void waste_password_time(std::string_view password) {
  static const std::string hash = hash_password("nobody's password");
  (void)password_matches(hash, password);
}

std::optional<Text> password_problem(std::string_view password, std::string_view email,
                                     std::string_view name) {
  constexpr std::size_t kShortest = 10;
  constexpr std::size_t kLongest = 200;
  if (characters(password) < kShortest)
    return Text{"パスワードは 10 文字以上にしてください。長い文章がおすすめです。",
                "use at least 10 characters; a long phrase is best."};
  if (characters(password) > kLongest || !is_valid_utf8(password))
    return Text{"パスワードは 200 文字までにしてください。", "use at most 200 characters."};
  const std::string small = lower(password);
  const auto holds = [&](std::string_view part) {
    return small.find(lower(part)) != std::string::npos && small.size() < part.size() + 6;
  };
  std::string joined;
  bool weak = holds(email.substr(0, email.find('@'))) || holds(email);
  for (const std::string_view part : words(name)) {
    weak = weak || holds(part);
    joined += part;
  }
  weak = weak || holds(joined);
  for (const std::string_view common : kCommon) weak = weak || holds(common);
  std::string letters = small;
  std::ranges::sort(letters);
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  if (weak || letters.size() < 4)
    return Text{"推測されやすいパスワードです。関係のない言葉を三つ以上つなげてください。",
                "this is easy to guess; join three or more unrelated words."};
  return std::nullopt;
}

std::string new_totp_secret() {
  std::string out;
  const std::string bytes = random_bytes(32);
  for (const char c : bytes) out += kBase32[static_cast<unsigned char>(c) & 31U];
  return out;
}

std::string totp_code(std::string_view secret, std::int64_t step) {
  return one_time_code(from_base32(secret), step);
}

std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, Time now,
                                      std::int64_t last_step) {
  const std::string key = from_base32(secret);
  const std::int64_t current = now.time_since_epoch().count() / 30;
  std::optional<std::int64_t> found;
  for (std::int64_t step = current - 1; step <= current + 1; ++step)
    if (equal_in_constant_time(one_time_code(key, step), code) && step > last_step) found = step;
  return found;
}

std::string totp_uri(std::string_view secret, std::string_view account) {
  return fmt::format("otpauth://totp/Sekisho:{}?secret={}&issuer=Sekisho", percent_encoded(account),
                     secret);
}

}  // namespace sekisho
