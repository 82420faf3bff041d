// SPDX-License-Identifier: Apache-2.0
#include "guard/settings.h"

#include <algorithm>

#include "server/http/address.h"

namespace sekisho {
namespace {

constexpr std::int64_t kLeastOutage = 5;
constexpr std::int64_t kMostOutage = 3600;
constexpr std::size_t kMostServers = 8;

/// What useradd(8) takes: nothing in it can mean something else in an address.
bool is_plain_login(std::string_view login) {
  constexpr std::size_t kMost = 32;
  const auto small = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto fits = [&](char c) {
    return small(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  return !login.empty() && login.size() <= kMost && small(login.front()) && login.back() != '.' &&
         !login.contains("..") && std::ranges::all_of(login, fits);
}

template <typename T>
std::optional<T> parsed_setting(const Node& at) {
  auto value = T::parse(at.string());
  if (!value) at.report("値の形が違います。", "this value has the wrong form.");
  return value;
}

/// One, or a list of them.
std::vector<ServerPlace> read_servers(const Node& node) {
  const auto one_of = node.find("server");
  const auto several = node.find("servers");
  std::vector<ServerPlace> places;
  const auto take = [&](const Node& one) {
    if (auto place = ServerPlace::parse(one.string()))
      places.push_back(std::move(*place));
    else
      one.report("ソケットの絶対パスか、sekisho.example.jp:8484 の形で書いてください。",
                 "write the absolute path of a socket, or a place like sekisho.example.jp:8484.");
  };
  if (one_of) take(*one_of);
  if (several)
    for (const Node& one : several->items()) take(one);
  if (one_of.has_value() == several.has_value() || places.empty() || places.size() > kMostServers)
    node.report("server に 1 台、または servers に 8 台までを書いてください。",
                "write one server in server, or up to eight in servers.");
  return places;
}

std::optional<GuardSettings> read_settings(const Node& node) {
  node.only({"enforcer", "resource", "server", "servers", "identity", "logins", "domain",
             "outage_seconds"});
  auto enforcer = parsed_setting<EnforcerId>(node.at("enforcer"));
  auto resource = parsed_setting<ResourceId>(node.at("resource"));
  if (!enforcer || !resource) return std::nullopt;
  GuardSettings settings{std::move(*enforcer), std::move(*resource)};
  settings.servers = read_servers(node);
  if (const auto identity = node.find("identity")) {
    settings.identity = identity->string();
    if (!settings.identity.is_absolute())
      identity->report("絶対パスを書いてください。", "write an absolute path.");
  }
  if (const auto logins = node.find("logins"))
    for (const auto& [login, at] : logins->entries())
      if (auto person = parsed_setting<PersonAddress>(at))
        settings.logins.emplace(login, std::move(*person));
  if (const auto domain = node.find("domain")) {
    settings.domain = domain->string();
    if (!PersonAddress::parse("a@" + settings.domain))
      domain->report("example.jp のように書いてください。", "write it like example.jp.");
  }
  if (const auto outage = node.find("outage_seconds"))
    settings.outage = std::chrono::seconds(outage->integer(kLeastOutage, kMostOutage));
  return settings;
}

}  // namespace

std::optional<ServerPlace> ServerPlace::parse(std::string_view text) {
  if (text.starts_with('/')) return ServerPlace{std::filesystem::path(text)};
  const auto authority = read_authority(text);
  if (!authority || !authority->port || *authority->port == 0) return std::nullopt;
  return ServerPlace{{}, authority->host, *authority->port};
}

std::optional<PersonAddress> GuardSettings::owner(std::string_view login) const {
  if (const auto named = logins.find(login); named != logins.end()) return named->second;
  if (domain.empty() || !is_plain_login(login)) return std::nullopt;
  return PersonAddress::parse(std::string(login) + "@" + domain);
}

Result<GuardSettings> read_guard_settings(std::string name, std::string_view text) {
  const auto document = parse_yaml(std::move(name), text, kGuardLimits);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  auto settings = read_settings(Node(*document, problems));
  if (!problems.empty() || !settings) return std::unexpected(first_of(problems));
  return std::move(*settings);
}

}  // namespace sekisho
