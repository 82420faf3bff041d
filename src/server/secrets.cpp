#include "server/secrets.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "server/http.h"

namespace sekisho {
namespace {

/// libsodium has to be started once, by whoever comes first.
void start() {
  static const int started = sodium_init();
  if (started < 0) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string encoded(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), variant);
  out.resize(out.size() - 1);  // its terminator
  return out;
}

std::string random_bytes(std::size_t count) {
  start();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
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

std::string random_token(std::size_t bytes) { return base64url(random_bytes(bytes)); }
std::string base64url(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string base64(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_ORIGINAL);
}

std::optional<std::string> from_base64url(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(size);
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string sha256(std::string_view text) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(digest), bytes_of(text), text.size());
  return digest;
}

std::string secret_hash(std::string_view secret) { return hex(sha256(secret)); }

std::string keyed_hash(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  unsigned size = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(),
       bytes_of(digest), &size);
  return base64url(digest);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
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

bool password_matches(const std::string& hash, std::string_view password) {
  start();
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
  if (password.size() < kShortest)
    return Text{"パスワードは 10 文字以上にしてください。長い文章がおすすめです。",
                "use at least 10 characters; a long phrase is best."};
  if (password.size() > kLongest || !is_valid_utf8(password))
    return Text{"パスワードは 200 バイトまでにしてください。", "use at most 200 bytes."};
  const std::string small = lower(password);
  const auto holds = [&](std::string_view part) {
    return part.size() >= 4 && small.find(lower(part)) != std::string::npos &&
           small.size() < part.size() + 6;
  };
  std::string joined;
  bool weak = holds(email.substr(0, email.find('@')));
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

SigningKey new_signing_key() {
  const std::string seed = random_bytes(crypto_sign_SEEDBYTES);
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(open), bytes_of(secret), bytes_of(seed));
  return {base64url(seed), base64url(open)};
}

std::string sign(const std::string& seed, std::string_view message) {
  const std::string raw = from_base64url(seed).value_or("");
  if (raw.size() != crypto_sign_SEEDBYTES) return {};
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(open), bytes_of(secret), bytes_of(raw));
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(message), message.size(),
                       bytes_of(secret));
  return base64url(signature);
}

bool signature_valid(const std::string& public_key, std::string_view message,
                     std::string_view signature) {
  const auto key = from_base64url(public_key);
  const auto bytes = from_base64url(signature);
  return key && bytes && key->size() == crypto_sign_PUBLICKEYBYTES &&
         bytes->size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(bytes_of(*bytes), bytes_of(message), message.size(),
                                     bytes_of(*key)) == 0;
}

}  // namespace sekisho
