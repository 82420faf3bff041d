#include "collect/observe/said.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace sekisho {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace std::string_view_literals;

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};  // NOLINT: bytes as text
}

constexpr bool letter(char one) { return (one | 0x20) >= 'a' && (one | 0x20) <= 'z'; }
constexpr bool digit(char one) { return one >= '0' && one <= '9'; }

/// `word` is in lower case.
bool begins_as(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if ((letter(text[i]) ? text[i] | 0x20 : text[i]) != word[i]) return false;
  return true;
}

std::uint32_t big32(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24U | std::uint32_t{bytes[at + 1]} << 16U |
         std::uint32_t{bytes[at + 2]} << 8U | bytes[at + 3];
}

bool all_zero(Bytes bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t one) { return one == 0; });
}

/// A header "Authorization" or "Proxy-Authorization" and what begins after its name; HTTP/1.1 lets
/// it be written in any case, and this is how programs write it.
std::string_view authorization(std::string_view request) {
  constexpr std::string_view kName = "uthorization: ";
  const std::size_t at = request.find(kName);
  return at == std::string_view::npos ? std::string_view() : request.substr(at + kName.size());
}

/// RFC 9112, 3; RFC 7617 (Basic), 7616 (Digest); MS-NLMP 2.2.1.3: of NTLM's three messages the
/// third (in base64 TlRMTVNTUAAD) holds the answer to the challenge. Tokens are no passwords.
Spoken http_request(std::string_view text) {
  if (text.find(" HTTP/1.") == std::string_view::npos) return {};
  const std::string_view how = authorization(text);
  if (begins_as(how, "basic ") || begins_as(how, "digest ")) return {Word::guess, Speech::http};
  for (const std::string_view kind : {"ntlm "sv, "negotiate "sv})
    if (begins_as(how, kind) && how.substr(kind.size()).starts_with("TlRMTVNTUAAD"))
      return {Word::guess, Speech::http};
  return {};
}

/// RFC 3261, 22; a password's digest is in it.
Spoken sip_request(std::string_view text) {
  if (!begins_as(authorization(text), "digest ")) return {};
  return {Word::guess, Speech::sip};
}

/// RFC 9110, 15 and RFC 3261, 21: 401, 407 and SIP's 403 refuse; what only goes on, or fails, says
/// nothing.
Spoken status(std::string_view text, std::size_t at, Speech speech) {
  if (text.size() < at + 3) return {};
  const std::string_view code = text.substr(at, 3);
  if (code[0] == '1' || code[0] == '5') return {};
  const bool refused =
      code == "401" || code == "407" || (speech == Speech::sip && (code == "403" || code == "404"));
  return {refused ? Word::refused : Word::accepted, speech};
}

/// RFC 959 (FTP) and RFC 4954 (SMTP AUTH): 530 and 535 refuse, 230 and 235 accept.
Spoken reply_code(std::string_view text) {
  if (text.size() < 4 || (text[3] != ' ' && text[3] != '-')) return {};
  const std::string_view code = text.substr(0, 3);
  if (code == "530") return {Word::refused, Speech::ftp};
  if (code == "230") return {Word::accepted, Speech::ftp};
  if (code == "535") return {Word::refused, Speech::smtp};
  if (code == "235") return {Word::accepted, Speech::smtp};
  return {};
}

/// RFC 9051, 6.2 and 7.1: a tag, then what is asked or answered.
Spoken imap_line(std::string_view line) {
  constexpr std::size_t kLongestTag = 20;
  const std::size_t blank = line.substr(0, kLongestTag + 1).find(' ');
  if (blank == 0 || blank == std::string_view::npos) return {};
  const std::string_view rest = line.substr(blank + 1);
  if (begins_as(rest, "login ") || begins_as(rest, "authenticate "))
    return {Word::guess, Speech::auth};
  if (begins_as(rest, "no ")) return {Word::refused, Speech::imap};
  if (begins_as(rest, "ok ")) return {Word::accepted, Speech::imap};
  return {};
}

/// What isn't asked for ("* CAPABILITY …") may come before the answer.
Spoken imap(std::string_view text) {
  constexpr std::size_t kLongest = 600;
  text = text.substr(0, kLongest);
  for (int lines = 0; lines < 8 && !text.empty(); ++lines) {
    if (const Spoken said = text[0] == '*' ? Spoken() : imap_line(text); said.word != Word::none)
      return said;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

Spoken in_words(std::string_view text) {
  switch (text[0]) {
    case 'S':
      if (text.starts_with("SSH-")) return {Word::begins, Speech::ssh};  // RFC 4253, 4.2
      if (text.starts_with("SIP/2.0 ")) return status(text, 8, Speech::sip);
      if (text.starts_with("SUBSCRIBE ")) return sip_request(text);
      break;
    case 'R':
      if (text.starts_with("RFB 00")) return {Word::begins, Speech::vnc};  // RFC 6143, 7.1.1
      if (text.starts_with("REGISTER ")) return sip_request(text);
      break;
    case 'H':
      if (text.starts_with("HTTP/1.")) return status(text, 9, Speech::http);
      if (text.starts_with("HEAD ")) return http_request(text);
      break;
    case 'I':
      if (text.starts_with("INVITE ")) return sip_request(text);
      break;
    case 'G':
      if (text.starts_with("GET ")) return http_request(text);
      break;
    case 'O':
      if (text.starts_with("OPTIONS ")) return http_request(text);
      break;
    case '+':  // RFC 1939, 3
      return text.starts_with("+OK") ? Spoken{Word::accepted, Speech::pop3} : Spoken{};
    case '-': return text.starts_with("-ERR") ? Spoken{Word::refused, Speech::pop3} : Spoken{};
    default: break;
  }
  if (text[0] == 'P' &&
      (text.starts_with("POST ") || text.starts_with("PUT ") || text.starts_with("PROPFIND ")))
    return http_request(text);
  if (begins_as(text, "pass ")) return {Word::guess, Speech::pass};
  if (begins_as(text, "auth ")) return {Word::guess, Speech::auth};  // RFC 4954, RFC 5034
  if (begins_as(text, "apop ")) return {Word::guess, Speech::pass};  // RFC 1939, 7
  if (digit(text[0])) {
    if (const Spoken said = reply_code(text); said.word != Word::none) return said;
  }
  return imap(text);
}

/// Telnet has no form: this is what login(1) says, and most that are like it.
bool login_incorrect(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  return text.size() <= kLongest && (text.find("ogin incorrect") != std::string_view::npos ||
                                     text.find("ogin failed") != std::string_view::npos);
}

/// Of BER (X.690, 8.1.3): the length at `at`, which then stands behind it.
std::optional<std::size_t> ber_length(Bytes bytes, std::size_t& at) {
  if (at >= bytes.size()) return std::nullopt;
  std::size_t length = bytes[at++];
  if (length < 0x80) return length;
  const std::size_t count = length & 0x7fU;
  if (count == 0 || count > 4 || bytes.size() - at < count) return std::nullopt;
  length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8U | bytes[at++];
  return length;
}

/// RFC 4511, 4.2: a bind with a password or by SASL, and its answer. Without a password it is
/// nobody's.
Spoken ldap(Bytes bytes) {
  std::size_t at = 1;
  if (!ber_length(bytes, at) || at >= bytes.size() || bytes[at++] != 0x02) return {};
  const auto number = ber_length(bytes, at);
  if (!number || *number > 4 || bytes.size() - at <= *number) return {};
  at += *number;
  const std::uint8_t kind = bytes[at++];
  if ((kind != 0x60 && kind != 0x61) || !ber_length(bytes, at)) return {};
  if (bytes.size() - at < 3) return {};
  if (kind == 0x61) {
    if (bytes[at] != 0x0a || bytes[at + 1] != 1) return {};
    constexpr std::uint8_t kInProgress = 14;
    const std::uint8_t code = bytes[at + 2];
    if (code == kInProgress) return {};
    return {code == 0 ? Word::accepted : Word::refused, Speech::ldap};
  }
  if (bytes[at] != 0x02 || bytes[at + 1] != 1) return {};
  at += 3;
  if (at >= bytes.size() || bytes[at++] != 0x04) return {};
  const auto name = ber_length(bytes, at);
  if (!name || bytes.size() - at <= *name) return {};
  at += *name;
  const std::uint8_t how = bytes[at++];
  const auto secret = ber_length(bytes, at);
  if (!secret || *secret == 0 || (how != 0x80 && how != 0xa3)) return {};
  return {Word::guess, Speech::ldap};
}

/// MySQL's protocol, HandshakeResponse41, ERR_Packet and OK_Packet: three bytes of length, a number
/// in the conversation, and then it.
Spoken mysql(Bytes bytes) {
  const std::size_t length = bytes[0] | std::size_t{bytes[1]} << 8U | std::size_t{bytes[2]} << 16U;
  const std::uint8_t number = bytes[3];
  // Capabilities (with PROTOCOL_41), the largest packet, a character set, 19 bytes of nothing (and
  // four of MariaDB's); then the name and the answer to the challenge, which is empty where there
  // is no password: so monitors ask whether the server is there.
  constexpr std::size_t kName = 36;
  if ((number == 1 || number == 2) && length > kName - 4 && bytes.size() > kName &&
      all_zero(bytes.subspan(13, 19)) && (bytes[5] & 0x02U) != 0) {
    const auto name = bytes.subspan(kName);
    const auto end = std::ranges::find(name, 0);
    if (end != name.end() && end + 1 != name.end() && end[1] != 0)
      return {Word::guess, Speech::mysql};
    return {};
  }
  if (number < 2 || number > 7 || length + 4 > bytes.size()) return {};
  constexpr std::uint16_t kAccessDenied = 1045;
  constexpr std::uint16_t kDeniedWithoutPassword = 1698;
  if (bytes[4] == 0xff && length >= 9) {
    const auto code = static_cast<std::uint16_t>(bytes[5] | bytes[6] << 8U);
    if (code == kAccessDenied || code == kDeniedWithoutPassword)
      return {Word::refused, Speech::mysql};
    return {};
  }
  if (bytes[4] == 0 && length >= 7) return {Word::accepted, Speech::mysql};
  return {};
}

/// MS-TDS 2.2.3.1 (packets) and 2.2.7 (tokens). The password may go in TLS within it, the answer
/// doesn't then.
Spoken mssql(Bytes bytes) {
  constexpr std::size_t kPacketHeader = 8;
  if (bytes[1] != 1 || bytes.size() <= kPacketHeader) return {};
  switch (bytes[0]) {
    case 0x12:  // PRELOGIN, with its first option; or TLS in it
      return bytes[kPacketHeader] == 0 || bytes[kPacketHeader] == 0x16
                 ? Spoken{Word::begins, Speech::mssql}
                 : Spoken{};
    case 0x10: return {Word::guess, Speech::mssql};  // LOGIN7
    case 0x04: break;
    default: return {};
  }
  if (bytes[kPacketHeader] == 0xaa && bytes.size() >= kPacketHeader + 7) {
    constexpr std::uint32_t kLoginFailed = 18456;
    const std::size_t at = kPacketHeader + 3;
    const std::uint32_t number = bytes[at] | std::uint32_t{bytes[at + 1]} << 8U |
                                 std::uint32_t{bytes[at + 2]} << 16U |
                                 std::uint32_t{bytes[at + 3]} << 24U;
    return number == kLoginFailed ? Spoken{Word::refused, Speech::mssql} : Spoken{};
  }
  // ENVCHANGE or LOGINACK.
  return bytes[kPacketHeader] == 0xe3 || bytes[kPacketHeader] == 0xad
             ? Spoken{Word::accepted, Speech::mssql}
             : Spoken{};
}

/// PostgreSQL's protocol, 55.7: messages of a letter and their length. AuthenticationOk, and an
/// error of the class "invalid authorization specification" (28).
Spoken postgresql(Bytes bytes) {
  if (bytes[0] == 'p')
    return bytes.size() == 1 + std::size_t{big32(bytes, 1)}
               ? Spoken{Word::guess, Speech::postgresql}
               : Spoken{};
  for (std::size_t at = 0; bytes.size() - at >= 9;) {
    const std::uint8_t kind = bytes[at];
    const std::uint32_t length = big32(bytes, at + 1);
    if (length < 8 || (kind != 'R' && kind != 'E')) return {};
    if (kind == 'R' && length == 8 && big32(bytes, at + 5) == 0)
      return {Word::accepted, Speech::postgresql};
    if (kind == 'E') {
      const std::string_view error =
          text_of(bytes.subspan(at + 5, std::min<std::size_t>(length - 4, bytes.size() - at - 5)));
      return error.find("\0C28"sv) == std::string_view::npos
                 ? Spoken{}
                 : Spoken{Word::refused, Speech::postgresql};
    }
    if (bytes.size() - at <= length) return {};
    at += 1 + std::size_t{length};
  }
  return {};
}

/// MS-SMB2 2.2.1 and MS-CIFS 2.2.3.1: behind NetBIOS's header, of either version. What a session is
/// answered with is in the clear (MS-ERREF 2.3.1): that the password or the name was wrong, or that
/// there is no more chance.
Spoken smb(Bytes bytes) {
  constexpr Spoken kBegins{Word::begins, Speech::smb};
  const auto little32 = [&](std::size_t at) {
    return bytes[at] | std::uint32_t{bytes[at + 1]} << 8U | std::uint32_t{bytes[at + 2]} << 16U |
           std::uint32_t{bytes[at + 3]} << 24U;
  };
  std::uint32_t status = 0;
  if (bytes[4] == 0xfe) {
    constexpr std::size_t kFlags = 20;
    if (bytes.size() <= kFlags || bytes[16] != 1 || bytes[17] != 0 || (bytes[kFlags] & 1U) == 0)
      return kBegins;  // no answer to SESSION_SETUP
    status = little32(12);
  } else {
    constexpr std::size_t kFlags = 13;
    if (bytes.size() <= kFlags || bytes[8] != 0x73 || (bytes[kFlags] & 0x80U) == 0) return kBegins;
    status = little32(9);
  }
  switch (status) {
    case 0: return {Word::accepted, Speech::smb};
    case 0xc000006d:  // STATUS_LOGON_FAILURE
    case 0xc0000064:  // STATUS_NO_SUCH_USER
    case 0xc000006a:  // STATUS_WRONG_PASSWORD
    case 0xc0000071:  // STATUS_PASSWORD_EXPIRED
    case 0xc0000072:  // STATUS_ACCOUNT_DISABLED
    case 0xc0000234:  // STATUS_ACCOUNT_LOCKED_OUT
      return {Word::refused, Speech::smb};
    default: return kBegins;
  }
}

Spoken numbers(Bytes bytes) {
  // TPKT (RFC 1006) with an X.224 connection request (MS-RDPBCGR 2.2.1.1).
  if (bytes[0] == 3 && bytes[1] == 0 && bytes[5] == 0xe0) return {Word::begins, Speech::rdp};
  // A handshake record with a ClientHello (RFC 8446, 4.1.2).
  if (bytes[0] == 0x16 && bytes[1] == 3 && bytes[5] == 1) return {Word::begins, Speech::tls};
  if (bytes[0] == 0 && bytes.size() >= 8 && (bytes[4] == 0xff || bytes[4] == 0xfe) &&
      text_of(bytes.subspan(5, 3)) == "SMB")
    return smb(bytes);
  if (bytes[0] == 'R' || bytes[0] == 'E' || bytes[0] == 'p') {
    if (const Spoken said = postgresql(bytes); said.word != Word::none) return said;
  }
  if (bytes[0] == 0x30)
    if (const Spoken said = ldap(bytes); said.word != Word::none) return said;
  if (const Spoken said = mssql(bytes); said.word != Word::none) return said;
  return mysql(bytes);
}

}  // namespace

Spoken said_over_tcp(Bytes payload) {
  if (payload.size() < 6) return {};
  if (const Spoken said = numbers(payload); said.word != Word::none) return said;
  const std::string_view text = text_of(payload);
  // Beyond letters, digits and these nothing of the rest begins.
  if (letter(text[0]) || digit(text[0]) || text[0] == '+' || text[0] == '-' || text[0] == '*')
    if (const Spoken said = in_words(text); said.word != Word::none) return said;
  if (login_incorrect(text)) return {Word::refused, Speech::telnet};
  return {};
}

Spoken said_over_udp(Bytes payload) {
  constexpr std::size_t kShortest = 20;
  if (payload.size() < kShortest) return {};
  const std::string_view text = text_of(payload);
  if (text.starts_with("SIP/2.0 ")) return status(text, 8, Speech::sip);
  for (const std::string_view method : {"REGISTER "sv, "INVITE "sv, "SUBSCRIBE "sv})
    if (text.starts_with(method)) return sip_request(text);
  return {};
}

bool answers(Speech guess, Speech answer) {
  switch (guess) {
    case Speech::none: return false;
    case Speech::pass: return answer == Speech::ftp || answer == Speech::pop3;
    case Speech::auth:
      return answer == Speech::imap || answer == Speech::smtp || answer == Speech::pop3;
    default: return guess == answer;
  }
}

}  // namespace sekisho
