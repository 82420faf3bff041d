// SPDX-License-Identifier: Apache-2.0
// What one that enforces and the server say to each other (docs/access-protocol.md): JSON objects,
// a line each. A line is read whole into one of these, or refused; what they hold can't be invalid.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/access/desk.h"

namespace sekisho {

inline constexpr std::int64_t kEnforcerProtocol = 1;
/// With its end; a longer line ends the connection.
inline constexpr std::size_t kMostEnforcerLine = std::size_t{32} << 10U;
/// The enforcer says something at least so often,
inline constexpr std::chrono::seconds kEnforcerBeat{5};
/// and who has heard nothing for so long takes the other for gone.
inline constexpr std::chrono::seconds kEnforcerSilence{15};

/// By what an answer is known as that to a question: the asker's own, from 1 on.
using AskNumber = std::int64_t;

/// The address of a person, as an enforcer writes it: one line with an @, at most 254 bytes.
class PersonAddress {
 public:
  static std::optional<PersonAddress> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const PersonAddress&) const = default;

 private:
  explicit PersonAddress(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// What an enforcer calls what it would cut: one plain line, at most 128 bytes.
class CutHandle {
 public:
  static std::optional<CutHandle> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const CutHandle&) const = default;

 private:
  explicit CutHandle(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// A client's address in the form in which it was written.
class WrittenAddress {
 public:
  static std::optional<WrittenAddress> parse(std::string_view text);
  const std::string& text() const { return text_; }
  const ClientAddress& address() const { return address_; }
  bool operator==(const WrittenAddress& other) const { return address_ == other.address_; }

 private:
  WrittenAddress(std::string text, ClientAddress address)
      : text_(std::move(text)), address_(address) {}
  std::string text_;
  ClientAddress address_;
};

// From one that enforces.

/// The first line of a connection.
struct HelloToServer {
  std::int64_t version = kEnforcerProtocol;
  EnforcerId enforcer;
};
/// May they come in? At most one of both digests: how the device was proven; none: it wasn't.
struct AskToEnter {
  AskNumber number = 0;
  ResourceId resource;
  PersonAddress person;
  std::optional<KeyDigest> key{};          // of its SubjectPublicKeyInfo (DER)
  std::optional<KeyDigest> certificate{};  // of its certificate (DER)
  std::optional<WrittenAddress> from{};
};
/// Which keys have the devices of this person?
struct AskForKeys {
  AskNumber number = 0;
  PersonAddress person;
};
/// They are about to come in.
struct SayOpened {
  AskNumber number = 0;
  SessionToken token;
  CutHandle handle;
};
/// They left.
struct SayClosed {
  SessionToken token;
};
/// After a break: they are in. Is that so for the server too?
struct SayHeld {
  AskNumber number = 0;
  SessionToken token;
  CutHandle handle;
};
/// All that is held was said: what else the server thinks is in, isn't.
struct SayAllHeld {};
/// They are out, so long after the cut came here.
struct SayCutDone {
  SessionToken token;
  std::chrono::milliseconds took{0};
};
struct SayAlive {};
/// Over TLS alone: for the next certificate, of another key.
struct AskToRenew {
  AskNumber number = 0;
  std::string request{};  // PKCS #10, PEM
};
using FromEnforcer = std::variant<HelloToServer, AskToEnter, AskForKeys, SayOpened, SayClosed,
                                  SayHeld, SayAllHeld, SayCutDone, SayAlive, AskToRenew>;

// From the server.

/// The answer to a hello.
struct HelloToEnforcer {
  std::int64_t version = kEnforcerProtocol;
};
struct TellVerdict {
  AskNumber number = 0;
  AccessAnswer answer = AccessAnswer::deny;
  std::vector<std::string> codes{};
  Text words{};
  std::optional<SessionToken> token{};  // there exactly where it is allowed
};
/// SubjectPublicKeyInfo (DER) of each.
struct TellKeys {
  AskNumber number = 0;
  std::vector<std::string> keys{};
};
/// The answer to `opened` and to `held`. Not live: it must not go on.
struct TellLive {
  AskNumber number = 0;
  bool live = false;
};
/// The answer to `renew`: what is to be shown from now on, and whom to believe, PEM.
struct TellCertificate {
  AskNumber number = 0;
  std::string certificate{};
  std::string authorities{};
};
/// They must be out now.
struct TellCut {
  SessionToken token;
  Text why;
};
struct TellAlive {};
/// The connection ends, and why.
struct TellFault {
  Text why;
};
using FromServer = std::variant<HelloToEnforcer, TellVerdict, TellKeys, TellLive, TellCertificate,
                                TellCut, TellAlive, TellFault>;

Result<FromEnforcer> read_from_enforcer(std::string_view line);
Result<FromServer> read_from_server(std::string_view line);
/// With its end.
std::string line_of(const FromEnforcer& message);
std::string line_of(const FromServer& message);

/// Words that can be said: what is too long is cut, and there always are some.
Text sayable(const Text& words);
inline constexpr std::size_t kMostCodes = 64;
inline constexpr std::size_t kMostKeys = 64;
inline constexpr std::size_t kMostKeyBytes = 256;
/// Of a request, a certificate, or the authorities together, PEM.
inline constexpr std::size_t kMostPemBytes = 8192;

}  // namespace sekisho
