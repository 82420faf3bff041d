#include "guard/settings.h"

#include <algorithm>

namespace sekisho {
namespace {

constexpr std::int64_t kLeastOutage = 5;
constexpr std::int64_t kMostOutage = 3600;

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

std::optional<GuardSettings> read_settings(const Node& node) {
  node.only({"enforcer", "resource", "server", "logins", "domain", "outage_seconds"});
  auto enforcer = parsed_setting<EnforcerId>(node.at("enforcer"));
  auto resource = parsed_setting<ResourceId>(node.at("resource"));
  const std::string server = node.at("server").string();
  if (!server.starts_with('/'))
    node.at("server").report("ソケットの絶対パスを書いてください。",
                             "write the absolute path of the socket.");
  if (!enforcer || !resource) return std::nullopt;
  GuardSettings settings{std::move(*enforcer), std::move(*resource), server};
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
