// SPDX-License-Identifier: Apache-2.0
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

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// FNV-1a. What is hashed is compared within one conversation, or one server's.
std::uint32_t mark_of(std::string_view text, std::uint32_t hash = 2'166'136'261U) {
  for (const char one : text) hash = (hash ^ static_cast<std::uint8_t>(one)) * 16'777'619U;
  return hash == 0 ? 1 : hash;
}

/// A header's value, to the end of its line; `name` from its second letter on, with ": ": HTTP/1.1
/// lets it be written in any case, and the first letter is what programs write differently.
std::string_view header(std::string_view head, std::string_view name) {
  const std::size_t at = head.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view value = head.substr(at + name.size());
  return value.substr(0, value.find_first_of("\r\n"));
}

/// "Authorization" or "Proxy-Authorization".
std::string_view authorization(std::string_view head) { return header(head, "uthorization: "); }

/// RFC 9112, 3; RFC 7617 (Basic), 7616 (Digest); MS-NLMP 2.2.1.3: of NTLM's three messages the
/// third (in base64 TlRMTVNTUAAD) holds the answer to the challenge. Tokens are no passwords.
bool bears_password(std::string_view head) {
  const std::string_view how = authorization(head);
  if (begins_as(how, "basic ") || begins_as(how, "digest ")) return true;
  return std::ranges::any_of(std::array{"ntlm "sv, "negotiate "sv}, [&](std::string_view kind) {
    return begins_as(how, kind) && how.substr(kind.size()).starts_with("TlRMTVNTUAAD");
  });
}

Spoken http_request(std::string_view head) {
  std::string_view path = head.substr(head.find(' ') + 1);
  path = path.substr(0, path.find_first_of(" ?#\r\n"));
  const std::size_t folder = path.rfind('/');
  return {bears_password(head) ? Word::guess : Word::asks, Speech::http, mark_of(path),
          folder == 0 || folder == std::string_view::npos ? 0 : mark_of(path.substr(0, folder))};
}

/// RFC 3261, 8.1.1: an answer has the call and the number of what it answers.
std::uint32_t sip_tag(std::string_view head) {
  return mark_of(header(head, "Seq: "), mark_of(header(head, "all-ID: ")));
}

/// RFC 3261, 22; a password's digest is in it.
Spoken sip_request(std::string_view head) {
  if (!begins_as(authorization(head), "digest ")) return {};
  return {Word::guess, Speech::sip, sip_tag(head), mark_of(authorization(head))};
}

/// RFC 9110, 15 and RFC 3261, 21: 401, 407 and SIP's 403 and 404 refuse, 2xx and 3xx let in; what
/// fails, or finds nothing, says nothing. RFC 7616, 3.3: of a digest that is only old nothing is
/// said either.
Spoken status(std::string_view head, std::size_t at, Speech speech) {
  if (head.size() < at + 3 || head[at] == '1') return {};
  const std::string_view code = head.substr(at, 3);
  const std::uint32_t tag = speech == Speech::sip ? sip_tag(head) : 0;
  if (code[0] == '2' || code[0] == '3') return {Word::accepted, speech, tag};
  const bool refused =
      code == "401" || code == "407" || (speech == Speech::sip && (code == "403" || code == "404"));
  const bool stale = contains(head, "stale=true") || contains(head, "stale=TRUE") ||
                     contains(head, "stale=\"true\"");
  return {refused && !stale ? Word::refused : Word::declined, speech, tag};
}

/// Whether a refusal names a reason other than the password, in the words of servers in use.
bool for_another_reason(std::string_view text) {
  constexpr std::size_t kLongest = 120;
  std::array<char, kLongest> room{};
  const std::size_t size = std::min(text.size(), kLongest);
  for (std::size_t i = 0; i < size; ++i)
    room.at(i) = letter(text[i]) ? static_cast<char>(text[i] | 0x20) : text[i];
  const std::string_view lower(room.data(), size);
  return std::ranges::any_of(
      std::array{"temporar"sv, "unavailable"sv, "disabled"sv, "disallowed"sv, "too many"sv,
                 "maximum"sv, "limit"sv, "tls"sv, "ssl"sv, "encrypt"sv, "later"sv, "internal"sv},
      [&](std::string_view word) { return contains(lower, word); });
}

/// RFC 959 (FTP) and RFC 4954 (SMTP AUTH): 530 and 535 refuse, 230 and 235 accept. 4xx and what
/// else SMTP answers to AUTH (432, 454, 500 to 504, 530, 534, 538) says nothing of the password,
/// and closing (421) neither.
Spoken reply_code(std::string_view line) {
  const std::string_view code = line.substr(0, 3);
  if (code == "230") return {Word::accepted, Speech::ftp};
  if (code == "235") return {Word::accepted, Speech::smtp};
  if (code == "535") return {Word::refused, Speech::smtp};
  // FTP's has no second code behind it (RFC 3463).
  const bool of_mail = line.size() > 6 && line[4] == '5' && line[5] == '.';
  if (code == "530" && !of_mail)
    return {for_another_reason(line.substr(3)) ? Word::declined : Word::refused, Speech::ftp};
  // Whichever of the two is asked.
  if (line.size() > 3 && line[3] == '-') return {};
  if (code[0] == '4' || code[0] == '5') return {Word::declined, Speech::auth};
  if (code[0] == '2' || (code[0] == '3' && code != "334")) return {Word::goes_on, Speech::auth};
  return {};
}

/// RFC 1939, 3; RFC 2449, 8 and RFC 3206: a code in brackets, of which AUTH alone is the
/// password's.
Spoken pop3_reply(std::string_view line) {
  if (line.starts_with("+OK")) return {Word::accepted, Speech::pop3};
  std::string_view why = line.substr(4);
  if (why.starts_with(' ')) why.remove_prefix(1);
  const bool refused = why.starts_with('[') ? begins_as(why, "[auth]") : !for_another_reason(why);
  return {refused ? Word::refused : Word::declined, Speech::pop3};
}

/// RFC 9051, 6.2 and 7.1: a tag, then what is asked or answered. RFC 5530: of the codes of a NO,
/// AUTHENTICATIONFAILED is the password's.
Spoken imap_line(std::string_view tag, std::string_view rest) {
  const std::uint32_t mark = mark_of(tag);
  if (begins_as(rest, "login ") || begins_as(rest, "authenticate "))
    return {Word::guess, Speech::auth, mark};
  const auto answer = [&](std::string_view word) {
    return begins_as(rest, word) && (rest.size() == word.size() || rest[word.size()] == ' ');
  };
  if (answer("ok")) return {Word::accepted, Speech::imap, mark};
  if (answer("bad")) return {Word::declined, Speech::imap, mark};
  if (!answer("no")) return {};
  std::string_view why = rest.substr(std::min<std::size_t>(rest.size(), 3));
  if (begins_as(why, "[alert]")) why.remove_prefix(7);  // only how to show what follows
  const bool refused =
      why.starts_with('[') ? begins_as(why, "[authenticationfailed]") : !for_another_reason(why);
  return {refused ? Word::refused : Word::declined, Speech::imap, mark};
}

/// What clients of FTP, POP3 and SMTP say beside passwords, as far as it may come before one.
bool asks_in_a_line(std::string_view line) {
  constexpr std::array kVerbs = {
      "capa"sv, "stls"sv, "noop"sv, "stat"sv, "list"sv, "uidl"sv, "rset"sv, "quit"sv,
      "ehlo"sv, "helo"sv, "syst"sv, "feat"sv, "opts"sv, "type"sv, "host"sv, "clnt"sv,
  };
  return line.size() >= 4 && (line.size() == 4 || line[4] == ' ') &&
         std::ranges::any_of(kVerbs, [&](std::string_view verb) { return begins_as(line, verb); });
}

/// A whole line, without its end. Nothing where no line of these protocols is like it.
std::optional<Spoken> in_a_line(std::string_view line) {
  if (line.empty()) return Spoken{};
  if (line.starts_with("SSH-")) return Spoken{Word::begins, Speech::ssh};    // RFC 4253, 4.2
  if (line.starts_with("RFB 00")) return Spoken{Word::begins, Speech::vnc};  // RFC 6143, 7.1.1
  if (line.starts_with("+OK") || line.starts_with("-ERR")) return pop3_reply(line);
  if (line[0] == '+' || line[0] == '*') return Spoken{};     // go on; what nobody asked for
  if (begins_as(line, "pass ") || begins_as(line, "apop "))  // RFC 1939, 7
    return Spoken{Word::guess, Speech::pass};
  if (begins_as(line, "auth ")) return Spoken{Word::guess, Speech::auth};  // RFC 4954, RFC 5034
  if (begins_as(line, "user ")) {
    const std::string_view name = line.substr(5);
    const bool nobody = (begins_as(name, "anonymous") && name.size() == 9) ||
                        (begins_as(name, "ftp") && name.size() == 3);  // RFC 1635
    return Spoken{nobody ? Word::nobody : Word::names, Speech::pass};
  }
  if (asks_in_a_line(line)) return Spoken{Word::asks, Speech::pass};
  if (line.size() >= 3 && digit(line[0]) && digit(line[1]) && digit(line[2]) &&
      (line.size() == 3 || line[3] == ' ' || line[3] == '-'))
    if (const Spoken said = reply_code(line);
        said.word != Word::none || line.size() == 3 || line[3] == '-')
      return said;
  constexpr std::size_t kLongestTag = 20;
  const std::size_t blank = line.substr(0, kLongestTag + 1).find(' ');
  if (blank == 0 || blank == std::string_view::npos) return std::nullopt;
  if (line.starts_with("Login incorrect")) return Spoken{Word::refused, Speech::telnet};
  const std::string_view rest = line.substr(blank + 1);
  const Spoken said = imap_line(line.substr(0, blank), rest);
  if (said.word != Word::none) return said;
  const bool asks = std::ranges::any_of(
      std::array{"capability"sv, "noop"sv, "logout"sv, "id "sv, "select "sv, "starttls"sv},
      [&](std::string_view verb) { return begins_as(rest, verb); });
  return asks || digit(line[0]) ? std::optional(Spoken{}) : std::nullopt;
}

bool printable_byte(std::uint8_t one) {
  return one >= 0x20 || one == '\r' || one == '\n' || one == '\t';
}

/// A head of HTTP or SIP, if the first line is one's: it ends with an empty line, and a body may
/// follow that says how long it is.
Heard in_a_head(std::string_view text, bool last) {
  std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (!last && text.size() < kLongestMessage) return {Heard::How::more, {}, 0};
    end = text.size();
  } else {
    end += 4;
  }
  const std::string_view head = text.substr(0, end);
  const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
  Spoken said;
  if (line.starts_with("HTTP/1."))
    said = status(head, 9, Speech::http);
  else if (line.starts_with("SIP/2.0 "))
    said = status(head, 8, Speech::sip);
  else
    said = contains(line, " HTTP/1.") ? http_request(head) : sip_request(head);
  constexpr std::size_t kLongestBody = std::size_t{1} << 24U;
  std::size_t body = 0;
  for (const char one : header(head, "ontent-Length: ")) {
    if (!digit(one) || body > kLongestBody) break;
    body = body * 10 + static_cast<std::size_t>(one - '0');
  }
  return {Heard::How::message, said, end + body};
}

/// What begins with a character that is written.
Heard in_words(std::string_view text, bool last) {
  constexpr std::size_t kLongestLine = 600;
  const std::size_t end = text.substr(0, kLongestLine).find('\n');
  std::string_view line = text.substr(0, std::min(end, kLongestLine));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool ends = end != std::string_view::npos;
  if (line.starts_with("HTTP/1.") || line.starts_with("SIP/2.0 ") ||
      (letter(line.empty() ? '\n' : line[0]) &&
       (contains(line, " HTTP/1.") || contains(line, " SIP/2.0"))))
    return in_a_head(text, last);
  if (!ends && !last && text.size() < kLongestLine)
    return {std::ranges::all_of(
                text, [](char one) { return printable_byte(static_cast<std::uint8_t>(one)); })
                ? Heard::How::more
                : Heard::How::foreign,
            {},
            0};
  const auto said = in_a_line(line);
  if (!said) return {};
  return {Heard::How::message, *said, ends ? end + 1 : text.size()};
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

/// RFC 4511, 4.2: a bind with a password or by SASL, and its answer, of which 49 says that the
/// password is wrong and 48 that such as this isn't taken (4.1.9, A.2). Without a password it is
/// nobody's.
Spoken ldap(Bytes bytes) {
  std::size_t at = 1;
  if (!ber_length(bytes, at) || at >= bytes.size() || bytes[at++] != 0x02) return {};
  const auto number = ber_length(bytes, at);
  if (!number || *number > 4 || bytes.size() - at <= *number) return {};
  std::uint32_t tag = 0;
  for (std::size_t i = 0; i < *number; ++i) tag = tag << 8U | bytes[at++];
  const std::uint8_t kind = bytes[at++];
  if ((kind != 0x60 && kind != 0x61) || !ber_length(bytes, at)) return {};
  if (at > bytes.size() || bytes.size() - at < 3) return {};
  if (kind == 0x61) {
    if (bytes[at] != 0x0a || bytes[at + 1] != 1) return {};
    constexpr std::uint8_t kInProgress = 14;
    constexpr std::uint8_t kInvalidCredentials = 49;
    const std::uint8_t code = bytes[at + 2];
    if (code == kInProgress) return {};
    return {code == 0                     ? Word::accepted
            : code == kInvalidCredentials ? Word::refused
                                          : Word::declined,
            Speech::ldap, tag};
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
  return {Word::guess, Speech::ldap, tag};
}

/// MySQL's protocol, HandshakeResponse41, ERR_Packet and OK_Packet: three bytes of length, a number
/// in the conversation, and then it.
Spoken mysql(Bytes bytes) {
  if (bytes.size() < 5) return {};
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
    return {
        code == kAccessDenied || code == kDeniedWithoutPassword ? Word::refused : Word::declined,
        Speech::mysql};
  }
  if (bytes[4] == 0 && length >= 7) return {Word::accepted, Speech::mysql};
  return {};
}

/// MS-TDS 2.2.3.1 (packets) and 2.2.7 (tokens). The password may go in TLS within it, the answer
/// doesn't then.
Spoken mssql(Bytes bytes) {
  constexpr std::size_t kPacketHeader = 8;
  if (bytes.size() <= kPacketHeader) return {};
  switch (bytes[0]) {
    case 0x12:  // PRELOGIN, with its first option; or TLS in it
      return bytes[kPacketHeader] == 0 || bytes[kPacketHeader] == 0x16
                 ? Spoken{Word::begins, Speech::mssql}
                 : Spoken{};
    case 0x10: return {Word::guess, Speech::mssql};  // LOGIN7
    default: break;
  }
  if (bytes[kPacketHeader] == 0xaa && bytes.size() >= kPacketHeader + 7) {
    constexpr std::uint32_t kLoginFailed = 18456;
    const std::size_t at = kPacketHeader + 3;
    const std::uint32_t number = bytes[at] | std::uint32_t{bytes[at + 1]} << 8U |
                                 std::uint32_t{bytes[at + 2]} << 16U |
                                 std::uint32_t{bytes[at + 3]} << 24U;
    return {number == kLoginFailed ? Word::refused : Word::declined, Speech::mssql};
  }
  // ENVCHANGE or LOGINACK.
  return bytes[kPacketHeader] == 0xe3 || bytes[kPacketHeader] == 0xad
             ? Spoken{Word::accepted, Speech::mssql}
             : Spoken{};
}

/// PostgreSQL's protocol, 55.7: messages of a letter and their length. AuthenticationOk, and of
/// errors those of the class "invalid authorization specification" (28). Of SCRAM's two messages
/// (55.3) the first only says how, and bears a name ("n,,n=", RFC 5802).
Spoken postgresql(Bytes bytes) {
  if (bytes.size() < 5) return {};
  const std::string_view text = text_of(bytes.subspan(5));
  switch (bytes[0]) {
    case 'p':
      return text.starts_with("SCRAM-SHA-256\0"sv) || text.starts_with("SCRAM-SHA-256-PLUS\0"sv)
                 ? Spoken{}
                 : Spoken{Word::guess, Speech::postgresql};
    case 'R': return text == "\0\0\0\0"sv ? Spoken{Word::accepted, Speech::postgresql} : Spoken{};
    case 'E':
      return {contains(text, "\0C28"sv) || text.starts_with("C28") ? Word::refused : Word::declined,
              Speech::postgresql};
    default: return {};
  }
}

/// MS-NLMP 2.2.1.3: the third of NTLM's messages, in which the answer to the challenge or the name
/// is empty where somebody comes as nobody.
Spoken ntlm(Bytes bytes) {
  const std::size_t at = text_of(bytes).find("NTLMSSP\0\3\0\0\0"sv);
  constexpr std::size_t kName = 36;
  if (at == std::string_view::npos || bytes.size() - at < kName + 2)
    return {Word::begins, Speech::smb};
  const bool nobody = bytes[at + kName] == 0 && bytes[at + kName + 1] == 0;
  return {nobody ? Word::nobody : Word::names, Speech::smb};
}

/// MS-SMB2 2.2.1, 2.2.6 and MS-CIFS 2.2.3.1, 2.2.4.53: behind NetBIOS's header, of either version.
/// What a session is answered with is in the clear (MS-ERREF 2.3.1): that the password or the name
/// was wrong, or that there is no more chance. Who is let in as a guest or as nobody is not let in.
Spoken smb(Bytes bytes) {
  constexpr Spoken kBegins{Word::begins, Speech::smb};
  const auto little32 = [&](std::size_t at) {
    return bytes[at] | std::uint32_t{bytes[at + 1]} << 8U | std::uint32_t{bytes[at + 2]} << 16U |
           std::uint32_t{bytes[at + 3]} << 24U;
  };
  std::uint32_t status = 0;
  bool as_nobody = false;
  if (bytes[4] == 0xfe) {
    constexpr std::size_t kFlags = 20;
    constexpr std::size_t kSession = 70;
    if (bytes.size() <= kFlags || bytes[16] != 1 || bytes[17] != 0) return kBegins;
    if ((bytes[kFlags] & 1U) == 0) return ntlm(bytes);
    status = little32(12);
    as_nobody = bytes.size() > kSession && (bytes[kSession] & 3U) != 0;
  } else {
    constexpr std::size_t kFlags = 13;
    constexpr std::size_t kAction = 41;
    if (bytes.size() <= kFlags || bytes[8] != 0x73) return kBegins;
    if ((bytes[kFlags] & 0x80U) == 0) return ntlm(bytes);
    status = little32(9);
    as_nobody = bytes.size() > kAction && bytes[36] >= 3 && (bytes[kAction] & 1U) != 0;
  }
  switch (status) {
    case 0: return {as_nobody ? Word::declined : Word::accepted, Speech::smb};
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

/// A message of a known size: what it says, once it is there. Of a long one the beginning does.
template <typename Reader>
Heard framed(Bytes bytes, std::size_t size, bool last, Reader reader) {
  constexpr std::size_t kWhole = 1024;
  constexpr std::size_t kHeadOfLong = 256;
  const std::size_t wanted = size <= kWhole ? size : kHeadOfLong;
  if (bytes.size() < wanted && !last) return {Heard::How::more, {}, 0};
  return {Heard::How::message, reader(bytes.first(std::min(bytes.size(), size))), size};
}

/// Whether `bytes` may go on to be `mark`, where they don't already.
bool goes_on_as(Bytes bytes, std::string_view mark) {
  const std::string_view text = text_of(bytes);
  return text.starts_with(mark) || mark.starts_with(text);
}

/// What begins with four bytes of length: NetBIOS's of SMB, or the beginning of PostgreSQL's
/// (StartupMessage, SSLRequest).
Heard with_length(Bytes bytes, bool last) {
  if (bytes.size() < 8) {
    const Bytes mark = bytes.size() > 4 ? bytes.subspan(4) : Bytes();
    const bool may = std::ranges::any_of(
        std::array{"\xfeSMB"sv, "\xffSMB"sv, "\0\3\0\0"sv, "\x04\xd2\x16\x2f"sv},
        [&](std::string_view one) { return goes_on_as(mark, one); });
    return {may && !last ? Heard::How::more : Heard::How::foreign, {}, 0};
  }
  const std::size_t size = big32(bytes, 0) & 0xffffffU;
  if ((bytes[4] == 0xff || bytes[4] == 0xfe) && text_of(bytes.subspan(5, 3)) == "SMB")
    return framed(bytes, size + 4, last, smb);
  const std::string_view mark = text_of(bytes.subspan(4, 4));
  if (mark == "\0\3\0\0"sv || mark == "\x04\xd2\x16\x2f"sv)
    return framed(bytes, std::max<std::size_t>(size, 8), last, [](Bytes) { return Spoken{}; });
  return {};
}

Heard in_mysql(Bytes bytes, bool last) {
  constexpr std::uint8_t kLatestOfSignIn = 10;
  if (bytes.size() < 4)
    return {bytes.size() < 3 || bytes[2] == 0 ? Heard::How::more : Heard::How::foreign, {}, 0};
  const std::size_t length = bytes[0] | std::size_t{bytes[1]} << 8U;
  if (bytes[2] != 0 || bytes[3] > kLatestOfSignIn || length == 0 || length > kLongestMessage)
    return {};
  return framed(bytes, length + 4, last, mysql);
}

Heard in_numbers(Bytes bytes, bool last) {
  constexpr Heard kMore{Heard::How::more, {}, 0};
  const std::size_t size = bytes.size();
  const bool second = size > 1;
  switch (bytes[0]) {
    case 3:  // TPKT (RFC 1006) with an X.224 connection request (MS-RDPBCGR 2.2.1.1).
      if (!goes_on_as(bytes.first(std::min<std::size_t>(size, 2)), "\3\0"sv)) break;
      if (size >= 4 && bytes[3] < 11) break;
      if (size < 6) return kMore;
      if (bytes[5] == 0xe0) return {Heard::How::message, {Word::begins, Speech::rdp}, size};
      break;
    case 0x16:  // A handshake record with a ClientHello (RFC 8446, 4.1.2).
      if (second && bytes[1] != 3) break;
      if (size < 6) return kMore;
      if (bytes[5] == 1) return {Heard::How::message, {Word::begins, Speech::tls}, size};
      return {};
    case 0:
      if (const Heard heard = with_length(bytes, last); heard.how != Heard::How::foreign)
        return heard;
      break;
    case 0x30: {
      std::size_t at = 1;
      if (!ber_length(bytes, at)) {
        if (size < 6) return kMore;
        break;
      }
      const std::size_t length = *ber_length(bytes, at = 1);
      if (at >= size) return kMore;
      if (bytes[at] != 2) break;
      return framed(bytes, at + length, last, ldap);
    }
    case 0x04:
    case 0x10:
    case 0x12: {
      if (!second) return kMore;
      if (bytes[1] > 1) break;
      if (size < 4) return kMore;
      const std::size_t length = std::size_t{bytes[2]} << 8U | bytes[3];
      if (length < 9 || bytes[1] != 1) break;
      return framed(bytes, length, last, mssql);
    }
    default: break;
  }
  return in_mysql(bytes, last);
}

/// Messages of PostgreSQL begin with a letter and go on with a length, the other end first; what
/// MySQL sends may begin with the same, as its lengths do.
Heard in_postgresql(Bytes bytes, bool last) {
  constexpr Heard kMore{Heard::How::more, {}, 0};
  if (bytes.size() < 6) return last ? Heard() : kMore;
  const std::uint8_t number = bytes[3];
  if (number == 0 && bytes[4] == 10 && digit(static_cast<char>(bytes[5]))) {
    // MySQL's greeting has the server's version there.
    if (bytes.size() < 8 && !last) return kMore;
    if (contains(text_of(bytes.subspan(6, 2)), ".")) return in_mysql(bytes, last);
  }
  const bool begins_mysql =
      bytes[4] == 0xff || bytes[4] == 0xfe || bytes[4] == 1 || bytes[4] == 0 || bytes[0] == 'p';
  if (number > 0 && number <= 10 && begins_mysql && bytes[5] != 'S') return in_mysql(bytes, last);
  const std::size_t length = big32(bytes, 1);
  if (length < 4) return {};
  return framed(bytes, length + 1, last, postgresql);
}

}  // namespace

bool login_incorrect(Bytes bytes) {
  constexpr std::size_t kLongest = 200;
  const std::string_view text = text_of(bytes);
  return text.size() <= kLongest &&
         (contains(text, "ogin incorrect") || contains(text, "ogin failed"));
}

Heard said_over_tcp(Bytes bytes, bool last) {
  if (bytes.empty()) return {last ? Heard::How::foreign : Heard::How::more, {}, 0};
  const std::uint8_t first = bytes[0];
  const auto one = static_cast<char>(first);
  // Too little to tell words from numbers.
  if ((letter(one) || digit(one)) && bytes.size() < 3 && !last) return {Heard::How::more, {}, 0};
  // PostgreSQL's "no TLS here" is one letter, and its next message may come with it.
  if (first == 'N' && bytes.size() > 2 && (bytes[1] == 'R' || bytes[1] == 'E') && bytes[2] == 0)
    return {Heard::How::message, {}, 1};
  if (contains("pRESKZNv", {&one, 1}) && bytes.size() > 1 && bytes[1] == 0)
    return in_postgresql(bytes, last);
  // LDAP's begin with what is '0' too, and go on with a length that may be a character.
  const bool ldap_like = first == 0x30 && bytes.size() > 2 && (bytes[1] >= 0x80 || bytes[2] == 2);
  const bool words = letter(one) || digit(one) || one == '+' || one == '-' || one == '*' ||
                     one == '\r' || one == '\n';
  // MySQL's lengths may be characters too; the third byte of them is none.
  const bool mysql_like = bytes.size() > 2 && bytes[2] == 0;
  if (words && !ldap_like && !mysql_like) return in_words(text_of(bytes), last);
  Heard heard = in_numbers(bytes, last);
  if (last && heard.how == Heard::How::more) heard.how = Heard::How::foreign;
  return heard;
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
    case Speech::pass:
      return answer == Speech::ftp || answer == Speech::pop3 || answer == Speech::auth;
    case Speech::auth:
      return answer == Speech::imap || answer == Speech::smtp || answer == Speech::pop3 ||
             answer == Speech::auth;
    default: return guess == answer;
  }
}

bool in_order(Speech answer) {
  return answer == Speech::pop3 || answer == Speech::ftp || answer == Speech::auth ||
         answer == Speech::http;
}

}  // namespace sekisho
