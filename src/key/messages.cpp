// SPDX-License-Identifier: Apache-2.0
#include "key/messages.h"

#include <algorithm>
#include <array>

namespace sekisho {
namespace {

using key_wire::Ask;
using key_wire::WireAnswer;

constexpr std::string_view kKeyType = "ecdsa-sha2-nistp256";
constexpr std::string_view kCurve = "nistp256";
constexpr std::size_t kHalf = key_wire::kSignatureBytes / 2;

// draft-miller-ssh-agent, 6.1.
constexpr char kSshFailure = 5;
constexpr char kSshList = 11;
constexpr char kSshListed = 12;
constexpr char kSshSign = 13;
constexpr char kSshSigned = 14;
constexpr char kUserauthRequest = 50;  // RFC 4252, 6
/// Of a session's identifier: that of the key exchange's hash, SHA-1 to SHA-512.
constexpr std::array<std::size_t, 4> kHashes{20, 32, 48, 64};

std::string number(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFFU);
  return out;
}

std::string text(std::string_view bytes) { return number(bytes.size()) + std::string(bytes); }

/// The value of so many bytes, the highest first.
std::size_t value_of_bytes(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

/// Takes one after another off the front; after the first that isn't there, nothing is.
class Taking {
 public:
  explicit Taking(std::string_view from) : left_(from) {}
  std::string_view bytes(std::size_t count) {
    if (!well_ || left_.size() < count) {
      well_ = false;
      return {};
    }
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  std::string_view string() {
    const std::string_view length = bytes(key_wire::kLengthBytes);
    return bytes(value_of_bytes(length));
  }
  bool is(char byte) { return bytes(1) == std::string_view(&byte, 1); }
  bool is(std::string_view expected) { return string() == expected && well_; }
  /// All was there, and nothing is left.
  bool whole() const { return well_ && left_.empty(); }

 private:
  std::string_view left_;
  bool well_ = true;
};

/// A positive number (RFC 4251, 5): no needless zeros, one where the first bit would be a sign.
std::string positive(std::string_view bytes) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of('\0'), bytes.size()));
  const bool sign = !bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0;
  return text(std::string(sign ? 1 : 0, '\0') + std::string(bytes));
}

}  // namespace

std::optional<std::string> Frames::next() {
  if (broken_ || waiting_.size() < key_wire::kLengthBytes) return std::nullopt;
  const std::size_t size =
      value_of_bytes(std::string_view(waiting_).substr(0, key_wire::kLengthBytes));
  broken_ = size == 0 || size > kMostQuestion;
  if (broken_ || waiting_.size() - key_wire::kLengthBytes < size) return std::nullopt;
  std::string one = waiting_.substr(key_wire::kLengthBytes, size);
  waiting_.erase(0, key_wire::kLengthBytes + size);
  return one;
}

std::string framed(std::string_view content) { return text(content); }

std::optional<ModuleQuestion> read_module_question(std::string_view question) {
  Taking from(question);
  const std::string_view kind = from.bytes(1);
  if (kind.empty()) return std::nullopt;
  ModuleQuestion out;
  switch (static_cast<Ask>(kind.front())) {
    case Ask::identity: break;
    case Ask::sign:
      out.what = Ask::sign;
      out.digest = from.bytes(key_wire::kDigestBytes);
      break;
    default: return std::nullopt;
  }
  if (!from.whole()) return std::nullopt;
  return out;
}

std::string write_module_answer(WireAnswer why) { return {static_cast<char>(why)}; }

std::string write_identity(const CertificateParts& parts) {
  constexpr std::size_t kIdBytes = 20;
  // Tells keys apart, for programs that put certificate and key together by it.
  const std::string id = parts.point.substr(1, kIdBytes);
  std::string out = write_module_answer(WireAnswer::ok);
  for (const std::string& part :
       {parts.whole, parts.subject, parts.issuer, parts.serial, parts.point, id, parts.name})
    out += text(part);
  return out;
}

std::string write_module_signature(std::string_view signature) {
  return write_module_answer(WireAnswer::ok) + std::string(signature);
}

std::string ssh_key(std::string_view point) { return text(kKeyType) + text(kCurve) + text(point); }

SshQuestion read_ssh_question(std::string_view question) {
  if (question == std::string_view(&kSshList, 1)) return {SshQuestion::What::list, {}, {}};
  Taking from(question);
  const bool sign = from.is(kSshSign);
  const std::string_view key = from.string();
  const std::string_view data = from.string();
  // Flags are for RSA.
  if (!sign || value_of_bytes(from.bytes(4)) != 0 || !from.whole()) return {};
  return {SshQuestion::What::sign, std::string(key), std::string(data)};
}

bool is_ssh_sign_in(std::string_view data, std::string_view key) {
  Taking from(data);
  const std::string_view session = from.string();
  if (std::ranges::find(kHashes, session.size()) == kHashes.end()) return false;
  if (!from.is(kUserauthRequest)) return false;
  (void)from.string();  // who: the server says who that may be
  if (!from.is("ssh-connection")) return false;
  const std::string_view method = from.string();
  const bool bound = method == "publickey-hostbound-v00@openssh.com";
  if (!bound && method != "publickey") return false;
  if (!from.is('\1') || !from.is(kKeyType) || !from.is(key)) return false;
  if (bound) (void)from.string();  // the server's key
  return from.whole();
}

std::string write_ssh_failure() { return {kSshFailure}; }

std::string write_ssh_list(std::string_view key, std::string_view comment) {
  std::string out{kSshListed};
  return key.empty() ? out + number(0) : out + number(1) + text(key) + text(comment);
}

std::string write_ssh_signature(std::string_view signature) {
  const std::string both = positive(signature.substr(0, kHalf)) + positive(signature.substr(kHalf));
  return std::string{kSshSigned} + text(text(kKeyType) + text(both));
}

}  // namespace sekisho
