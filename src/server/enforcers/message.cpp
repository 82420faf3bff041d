// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/message.h"

#include <algorithm>

#include "base/crypto.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr DocumentLimits kLineLimits{kMostEnforcerLine, 1000, 4};
constexpr std::int64_t kMostNumber = std::int64_t{1} << 53U;
constexpr std::size_t kMostWords = 8000;
constexpr std::chrono::hours kLongestCut{24};

/// What `parse` makes of a string that must be there.
template <typename T>
std::optional<T> parsed(const Node& at) {
  auto value = T::parse(at.string());
  if (!value) at.report("値の形が違います。", "this value has the wrong form.");
  return value;
}

std::optional<KeyDigest> digest(const Node& at) {
  const auto bytes = from_base64url(at.string());
  KeyDigest digest{};
  if (!bytes || bytes->size() != digest.size()) {
    at.report("SHA-256 を base64url で書いてください。", "write a SHA-256 as base64url.");
    return std::nullopt;
  }
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

std::string text_of(const KeyDigest& digest) {
  return base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}
std::string text_of(const SessionToken& token) {
  return base64url({reinterpret_cast<const char*>(token.bytes().data()), SessionToken::kBytes});
}

AskNumber number_of(const Node& node) { return node.at("id").integer(1, kMostNumber); }

/// Words for a person, as they may go to a terminal.
Text words_at(const Node& at) {
  Text words = at.text();
  for (const std::string& one : {words.ja, words.en})
    if (one.size() > kMostWords || !is_plain(one))
      at.report("表示できない文字があるか、長すぎます。", "this can't be shown, or is too long.");
  return words;
}

/// What is made of a node whose parts may all turn out not to be there.
template <typename T>
using Made = std::optional<T>;

Made<FromEnforcer> read_hello(const Node& node) {
  node.only({"type", "version", "enforcer"});
  const std::int64_t version = node.at("version").integer(1, 1'000'000);
  auto enforcer = parsed<EnforcerId>(node.at("enforcer"));
  if (!enforcer) return std::nullopt;
  return HelloToServer{version, std::move(*enforcer)};
}

Made<FromEnforcer> read_ask(const Node& node) {
  node.only({"type", "id", "resource", "person", "key", "certificate", "from"});
  const AskNumber number = number_of(node);
  auto resource = parsed<ResourceId>(node.at("resource"));
  auto person = parsed<PersonAddress>(node.at("person"));
  const auto key = node.find("key");
  const auto certificate = node.find("certificate");
  const auto from = node.find("from");
  if (key && certificate)
    node.report("key と certificate は一方だけを書いてください。",
                "write either key or certificate.");
  if (!resource || !person) return std::nullopt;
  AskToEnter ask{number, std::move(*resource), std::move(*person)};
  if (key) ask.key = digest(*key);
  if (certificate) ask.certificate = digest(*certificate);
  if (from) ask.from = parsed<WrittenAddress>(*from);
  return ask;
}

Made<FromEnforcer> read_ask_keys(const Node& node) {
  node.only({"type", "id", "person"});
  const AskNumber number = number_of(node);
  auto person = parsed<PersonAddress>(node.at("person"));
  if (!person) return std::nullopt;
  return AskForKeys{number, std::move(*person)};
}

template <typename T>
Made<FromEnforcer> read_in(const Node& node) {
  node.only({"type", "id", "token", "handle"});
  const AskNumber number = number_of(node);
  const auto token = parsed<SessionToken>(node.at("token"));
  auto handle = parsed<CutHandle>(node.at("handle"));
  if (!token || !handle) return std::nullopt;
  return T{number, *token, std::move(*handle)};
}

Made<FromEnforcer> read_closed(const Node& node) {
  node.only({"type", "token"});
  const auto token = parsed<SessionToken>(node.at("token"));
  if (!token) return std::nullopt;
  return SayClosed{*token};
}

Made<FromEnforcer> read_cut_done(const Node& node) {
  node.only({"type", "token", "took_ms"});
  const auto token = parsed<SessionToken>(node.at("token"));
  const auto took = node.at("took_ms").integer(0, std::chrono::milliseconds(kLongestCut).count());
  if (!token) return std::nullopt;
  return SayCutDone{*token, std::chrono::milliseconds(took)};
}

/// PEM, as far as can be seen here: what reads it says more.
std::string pem_at(const Node& at) {
  std::string text = at.string();
  const bool plain =
      std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
  if (text.size() > kMostPemBytes || !text.starts_with("-----BEGIN ") || !plain)
    at.report("PEM で書いてください。", "write it as PEM.");
  return text;
}

Made<FromEnforcer> read_renew(const Node& node) {
  node.only({"type", "id", "request"});
  return AskToRenew{number_of(node), pem_at(node.at("request"))};
}

Made<FromServer> read_certificate_told(const Node& node) {
  node.only({"type", "id", "certificate", "authorities"});
  return TellCertificate{number_of(node), pem_at(node.at("certificate")),
                         pem_at(node.at("authorities"))};
}

template <typename Of, typename T>
Made<Of> read_bare(const Node& node) {
  node.only({"type"});
  return T{};
}

Made<FromServer> read_welcome(const Node& node) {
  node.only({"type", "version"});
  return HelloToEnforcer{node.at("version").integer(1, 1'000'000)};
}

Made<FromServer> read_verdict(const Node& node) {
  node.only({"type", "id", "answer", "codes", "words", "token"});
  constexpr std::array<std::pair<std::string_view, AccessAnswer>, 3> kAnswers{
      {{"deny", AccessAnswer::deny},
       {"step_up", AccessAnswer::step_up},
       {"allow", AccessAnswer::allow}}};
  TellVerdict verdict{number_of(node), node.at("answer").one_of<AccessAnswer>(kAnswers),
                      node.at("codes").strings()};
  if (verdict.codes.size() > kMostCodes)
    node.report("理由が多すぎます。", "there are too many codes.");
  if (const auto words = node.find("words")) verdict.words = words_at(*words);
  if (const auto token = node.find("token")) verdict.token = parsed<SessionToken>(*token);
  if (verdict.token.has_value() != (verdict.answer == AccessAnswer::allow))
    node.report("token は allow のときにだけ付きます。",
                "a token comes with allow, and only then.");
  return verdict;
}

Made<FromServer> read_keys(const Node& node) {
  node.only({"type", "id", "keys"});
  TellKeys told{number_of(node)};
  for (const Node& one : node.at("keys").items()) {
    auto key = from_base64url(one.string());
    if (!key || key->empty() || key->size() > kMostKeyBytes)
      one.report("鍵を base64url で書いてください。", "write a key as base64url.");
    else
      told.keys.push_back(std::move(*key));
  }
  if (told.keys.size() > kMostKeys) node.report("鍵が多すぎます。", "there are too many keys.");
  return told;
}

Made<FromServer> read_live(const Node& node) {
  node.only({"type", "id", "live"});
  return TellLive{number_of(node), node.at("live").boolean()};
}

Made<FromServer> read_cut(const Node& node) {
  node.only({"type", "token", "why"});
  const auto token = parsed<SessionToken>(node.at("token"));
  Text why = words_at(node.at("why"));
  if (!token) return std::nullopt;
  return TellCut{*token, std::move(why)};
}

Made<FromServer> read_fault(const Node& node) {
  node.only({"type", "why"});
  return TellFault{words_at(node.at("why"))};
}

template <typename Of>
struct MessageKind {
  std::string_view type;
  Made<Of> (*read)(const Node&);
};

constexpr std::array<MessageKind<FromEnforcer>, 10> kOfEnforcers{
    {{"hello", read_hello},
     {"ask", read_ask},
     {"keys", read_ask_keys},
     {"opened", read_in<SayOpened>},
     {"closed", read_closed},
     {"held", read_in<SayHeld>},
     {"all-held", read_bare<FromEnforcer, SayAllHeld>},
     {"cut-done", read_cut_done},
     {"alive", read_bare<FromEnforcer, SayAlive>},
     {"renew", read_renew}}};
constexpr std::array<MessageKind<FromServer>, 8> kOfServers{
    {{"hello", read_welcome},
     {"verdict", read_verdict},
     {"keys", read_keys},
     {"live", read_live},
     {"certificate", read_certificate_told},
     {"cut", read_cut},
     {"alive", read_bare<FromServer, TellAlive>},
     {"fault", read_fault}}};

template <typename Of, std::size_t N>
Result<Of> read_line(std::string_view line, const std::array<MessageKind<Of>, N>& kinds) {
  auto made = read_json<Made<Of>>(line, kLineLimits, [&](const Node& node) -> Made<Of> {
    const std::string type = node.at("type").string();
    const auto kind = std::ranges::find(kinds, type, &MessageKind<Of>::type);
    if (kind != kinds.end()) return kind->read(node);
    node.report("知らない種類です。", "this type isn't known.");
    return std::nullopt;
  });
  if (!made) return std::unexpected(made.error());
  if (!*made) return failure("読めません。", "it can't be read.");
  return std::move(**made);
}

json::object both(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }

struct AsJson {
  json::object operator()(const HelloToServer& m) const {
    return {{"type", "hello"}, {"version", m.version}, {"enforcer", m.enforcer.text()}};
  }
  json::object operator()(const AskToEnter& m) const {
    json::object made{{"type", "ask"},
                      {"id", m.number},
                      {"resource", m.resource.text()},
                      {"person", m.person.text()}};
    if (m.key) made["key"] = text_of(*m.key);
    if (m.certificate) made["certificate"] = text_of(*m.certificate);
    if (m.from) made["from"] = m.from->text();
    return made;
  }
  json::object operator()(const AskForKeys& m) const {
    return {{"type", "keys"}, {"id", m.number}, {"person", m.person.text()}};
  }
  json::object operator()(const SayOpened& m) const {
    return {{"type", "opened"},
            {"id", m.number},
            {"token", text_of(m.token)},
            {"handle", m.handle.text()}};
  }
  json::object operator()(const SayClosed& m) const {
    return {{"type", "closed"}, {"token", text_of(m.token)}};
  }
  json::object operator()(const SayHeld& m) const {
    return {{"type", "held"},
            {"id", m.number},
            {"token", text_of(m.token)},
            {"handle", m.handle.text()}};
  }
  json::object operator()(const SayAllHeld& /*m*/) const { return {{"type", "all-held"}}; }
  json::object operator()(const SayCutDone& m) const {
    return {{"type", "cut-done"}, {"token", text_of(m.token)}, {"took_ms", m.took.count()}};
  }
  json::object operator()(const SayAlive& /*m*/) const { return {{"type", "alive"}}; }
  json::object operator()(const AskToRenew& m) const {
    return {{"type", "renew"}, {"id", m.number}, {"request", m.request}};
  }
  json::object operator()(const TellCertificate& m) const {
    return {{"type", "certificate"},
            {"id", m.number},
            {"certificate", m.certificate},
            {"authorities", m.authorities}};
  }
  json::object operator()(const HelloToEnforcer& m) const {
    return {{"type", "hello"}, {"version", m.version}};
  }
  json::object operator()(const TellVerdict& m) const {
    json::object made{{"type", "verdict"},
                      {"id", m.number},
                      {"answer", name(m.answer)},
                      {"codes", json::array(m.codes.begin(), m.codes.end())}};
    if (!m.words.empty()) made["words"] = both(m.words);
    if (m.token) made["token"] = text_of(*m.token);
    return made;
  }
  json::object operator()(const TellKeys& m) const {
    json::array keys;
    for (const std::string& key : m.keys) keys.emplace_back(base64url(key));
    return {{"type", "keys"}, {"id", m.number}, {"keys", std::move(keys)}};
  }
  json::object operator()(const TellLive& m) const {
    return {{"type", "live"}, {"id", m.number}, {"live", m.live}};
  }
  json::object operator()(const TellCut& m) const {
    return {{"type", "cut"}, {"token", text_of(m.token)}, {"why", both(m.why)}};
  }
  json::object operator()(const TellAlive& /*m*/) const { return {{"type", "alive"}}; }
  json::object operator()(const TellFault& m) const {
    return {{"type", "fault"}, {"why", both(m.why)}};
  }
};

}  // namespace

std::optional<PersonAddress> PersonAddress::parse(std::string_view text) {
  constexpr std::size_t kMost = 254;
  const auto at = text.find('@');
  if (text.size() > kMost || at == std::string_view::npos || at == 0 || at + 1 == text.size() ||
      text.find('@', at + 1) != std::string_view::npos || text.contains(' ') ||
      !is_plain_line(text))
    return std::nullopt;
  return PersonAddress(std::string(text));
}

std::optional<CutHandle> CutHandle::parse(std::string_view text) {
  constexpr std::size_t kMost = 128;
  if (text.empty() || text.size() > kMost || !is_plain_line(text)) return std::nullopt;
  return CutHandle(std::string(text));
}

std::optional<WrittenAddress> WrittenAddress::parse(std::string_view text) {
  const auto address = ClientAddress::parse(text);
  if (!address) return std::nullopt;
  return WrittenAddress(std::string(text), *address);
}

Text sayable(const Text& words) {
  const auto one = [](const std::string& text, std::string_view otherwise) {
    if (trim(std::string_view(text)).empty()) return std::string(otherwise);
    if (text.size() <= kMostWords && is_plain(text)) return text;
    return printable(text, kMostWords / 2);
  };
  return {one(words.ja, "アクセスが許可されていません。管理者に尋ねてください。"),
          one(words.en, "access is not allowed; ask an administrator.")};
}

Result<FromEnforcer> read_from_enforcer(std::string_view line) {
  return read_line(line, kOfEnforcers);
}
Result<FromServer> read_from_server(std::string_view line) { return read_line(line, kOfServers); }

std::string line_of(const FromEnforcer& message) {
  return json::serialize(std::visit(AsJson{}, message)) + "\n";
}
std::string line_of(const FromServer& message) {
  return json::serialize(std::visit(AsJson{}, message)) + "\n";
}

}  // namespace sekisho
