// SPDX-License-Identifier: Apache-2.0
#include "server/gate/applications.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace sekisho {
namespace {

std::unexpected<Error> refuse_setting(std::string_view setting, std::string ja, std::string en) {
  return failure(std::move(ja), std::move(en), "gate-app: " + printable(setting, 120));
}

Result<Application> read_one(std::string_view setting) {
  const std::size_t first = setting.find('=');
  const std::size_t second = first == std::string_view::npos ? first : setting.find('=', first + 1);
  const std::string_view place = trim(setting.substr(0, first));
  const std::string_view id =
      first == std::string_view::npos
          ? std::string_view()
          : trim(setting.substr(first + 1,
                                second == std::string_view::npos ? second : second - first - 1));
  const std::string_view name =
      second == std::string_view::npos ? std::string_view() : trim(setting.substr(second + 1));
  const auto resource = ResourceId::parse(id);
  if (!resource)
    return refuse_setting(setting,
                          "「wiki.example.jp=wiki="
                          "社内Wiki」のように、ホスト名、ポリシーの対象の名前、表示名（省略可）"
                          "を書いてください。",
                          "write host, resource of the policy and, if you like, a name: "
                          "wiki.example.jp=wiki=Wiki.");
  const std::size_t slash = std::min(place.find('/'), place.size());
  const std::string_view authority = place.substr(0, slash);
  const auto named = read_authority(authority);
  const auto host = canonical_host(authority);
  const std::string_view path = slash < place.size() ? place.substr(slash) : std::string_view("/");
  const auto reading = read_asked_path(path);
  if (!named || !host || !reading || reading->doubtful || path.find('?') != std::string_view::npos)
    return refuse_setting(
        setting, "ホスト名（日本語のドメインは xn-- の形）と、必要ならパスだけを書いてください。",
        "give a host (names beyond ASCII in their xn-- form) and a path where it needs one.");
  if (!name.empty() && !is_plain_line(name))
    return refuse_setting(setting, "表示名に使えない文字があります。",
                          "the name holds characters that can't be shown.");
  std::string below = reading->text;
  while (below.size() > 1 && below.ends_with('/')) below.pop_back();
  std::string site = "https://" + *host;
  if (named->port && *named->port != 443) site += fmt::format(":{}", *named->port);
  return Application{*resource, std::string(name.empty() ? std::string_view(id) : name), *host,
                     std::move(site), std::move(below)};
}

bool leads_to(const std::string& path, std::string_view asked) {
  return path == "/" ||
         (asked.starts_with(path) && (asked.size() == path.size() || asked[path.size()] == '/'));
}

/// What some programs make of a path: they drop blanks, dots at the end of a name and what isn't
/// ASCII.
std::string as_taken_loosely(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c <= ' ' || c > '~') continue;
    if (c == '/')
      while (out.ends_with('.')) out.pop_back();
    out += c;
  }
  while (out.ends_with('.')) out.pop_back();
  return out;
}

/// Whether a path that isn't below another may be taken for one that is: "/admin.json", "/admin~".
bool looks_below(const std::string& path, std::string_view asked) {
  const std::string loosely = as_taken_loosely(asked);
  if (!loosely.starts_with(path)) return false;
  if (loosely.size() == path.size()) return true;
  const char next = loosely[path.size()];
  return next != '-' && next != '_' && !std::isalnum(static_cast<unsigned char>(next));
}

}  // namespace

Result<std::shared_ptr<const Applications>> Applications::read(
    const std::vector<std::string>& settings) {
  auto out = std::make_shared<Applications>();
  for (const std::string& setting : settings) {
    auto one = read_one(setting);
    if (!one) return std::unexpected(one.error());
    for (const Application& other : out->all_) {
      if (other.resource == one->resource)
        return refuse_setting(setting, "同じ対象が二度あります。", "this resource is there twice.");
      if (other.host == one->host && (other.path == one->path || other.site != one->site))
        return refuse_setting(
            setting, "同じホストには、パスが違いポートが同じものだけを書けます。",
            "of one host there can be several by different paths, on the same port.");
    }
    out->all_.push_back(std::move(*one));
  }
  for (std::size_t at = 0; at < out->all_.size(); ++at)
    out->by_host_[out->all_[at].host].push_back(at);
  for (auto& [host, places] : out->by_host_)
    std::ranges::sort(places, std::ranges::greater(),
                      [&](std::size_t at) { return out->all_[at].path.size(); });
  return std::shared_ptr<const Applications>(std::move(out));
}

Applications::Found Applications::find(const OriginalRequest& request) const {
  const auto places = by_host_.find(request.host);
  if (places == by_host_.end()) return {nullptr, Why::unknown};
  const auto reading = read_asked_path(request.path);
  if (!reading) return {nullptr, Why::doubtful};
  const Application& last = all_[places->second.back()];
  if (places->second.size() == 1 && last.path == "/") return {&last, Why::found};
  if (reading->doubtful) return {nullptr, Why::doubtful};
  for (const std::size_t at : places->second) {
    if (leads_to(all_[at].path, reading->text)) return {&all_[at], Why::found};
    if (looks_below(all_[at].path, reading->text)) return {nullptr, Why::doubtful};
  }
  return {nullptr, Why::unknown};
}

const Application* Applications::of_resource(std::string_view resource) const {
  const auto found = std::ranges::find_if(
      all_, [&](const Application& one) { return one.resource.text() == resource; });
  return found == all_.end() ? nullptr : &*found;
}

const Application* Applications::of_host(std::string_view host) const {
  const auto found = by_host_.find(host);
  return found == by_host_.end() ? nullptr : &all_[found->second.front()];
}

}  // namespace sekisho
