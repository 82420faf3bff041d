// SPDX-License-Identifier: Apache-2.0
#include "guard/knock.h"

#include <algorithm>
#include <array>

namespace sekisho {
namespace {

constexpr std::string_view kForm = "sekisho-1";
constexpr std::size_t kMostLogin = 256;
constexpr std::size_t kMostFrom = 256;

constexpr std::array<std::pair<std::string_view, Knock::What>, 4> kWhats{
    {{"account", Knock::What::account},
     {"key", Knock::What::key},
     {"open", Knock::What::open},
     {"keys", Knock::What::keys}}};

/// Exactly so many parts, each with its NUL.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> parts_of_packet(std::string_view packet) {
  std::array<std::string_view, N> parts;
  if (packet.size() > kMostKnock) return std::nullopt;
  for (std::string_view& part : parts) {
    const auto end = packet.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    part = packet.substr(0, end);
    packet.remove_prefix(end + 1);
  }
  if (!packet.empty()) return std::nullopt;
  return parts;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string packet;
  for (const std::string_view part : parts) packet.append(part).push_back('\0');
  return packet;
}

}  // namespace

std::optional<Knock> read_knock(std::string_view packet) {
  const auto parts = parts_of_packet<6>(packet);
  if (!parts || (*parts)[0] != kForm) return std::nullopt;
  const auto* what = std::ranges::find(kWhats, (*parts)[1], [](const auto& w) { return w.first; });
  if (what == kWhats.end()) return std::nullopt;
  const auto [form, word, login, from, service, auth_info] = *parts;
  if (login.empty() || login.size() > kMostLogin || from.size() > kMostFrom ||
      service.size() > kMostLogin)
    return std::nullopt;
  return Knock{what->second, std::string(login), std::string(from), std::string(service),
               std::string(auth_info)};
}

std::string knock_packet(const Knock& knock) {
  const auto* what = std::ranges::find(kWhats, knock.what, [](const auto& w) { return w.second; });
  return joined({kForm, what->first, knock.login, knock.from, knock.service, knock.auth_info});
}

std::string answer_packet(const DoorAnswer& answer) {
  return joined({kForm, answer.allow ? "allow" : "deny", answer.words.ja, answer.words.en});
}

std::optional<DoorAnswer> read_answer(std::string_view packet) {
  const auto parts = parts_of_packet<4>(packet);
  if (!parts || (*parts)[0] != kForm || ((*parts)[1] != "allow" && (*parts)[1] != "deny"))
    return std::nullopt;
  return DoorAnswer{(*parts)[1] == "allow", {std::string((*parts)[2]), std::string((*parts)[3])}};
}

}  // namespace sekisho
