// SPDX-License-Identifier: Apache-2.0
#include "access/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include <arpa/inet.h>

namespace sekisho {
namespace {

constexpr std::size_t kMappedBits = 96;  // ::ffff:0:0/96

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string clock(std::chrono::minutes at) {
  return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
}

}  // namespace

std::optional<ResourceId> ResourceId::parse(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const bool good =
      !text.empty() && text.size() <= kLongest && is_letter(text.front()) && text.back() != '-' &&
      std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  return good ? std::optional(ResourceId(std::string(text))) : std::nullopt;
}

std::optional<ClientAddress> ClientAddress::parse(std::string_view text) {
  const std::string whole(text);
  // inet_pton would read only what stands before it.
  if (whole.find('\0') != std::string::npos) return std::nullopt;
  ClientAddress address;
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, whole.c_str(), four.data()) == 1) {
    address.bytes_[10] = address.bytes_[11] = 0xff;
    std::ranges::copy(four, address.bytes_.begin() + 12);
    return address;
  }
  if (inet_pton(AF_INET6, whole.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

std::string ClientAddress::text() const {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::array<char, INET6_ADDRSTRLEN> out{};
  const bool four = std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
  inet_ntop(four ? AF_INET : AF_INET6, bytes_.data() + (four ? kMapped.size() : 0), out.data(),
            out.size());
  return out.data();
}

std::optional<NetworkRange> NetworkRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto first = ClientAddress::parse(text.substr(0, slash));
  if (!first) return std::nullopt;
  std::size_t prefix = 128;
  if (slash != std::string_view::npos) {
    const bool four = text.find(':') == std::string_view::npos;
    const std::int64_t bits = whole_number(text.substr(slash + 1));
    if (bits < 0 || bits > (four ? 32 : 128) || text.substr(slash + 1).size() > 3)
      return std::nullopt;
    prefix = static_cast<std::size_t>(bits) + (four ? kMappedBits : 0);
  }
  ClientAddress mask;
  for (std::size_t bit = 0; bit < 128; ++bit) {
    const auto one = static_cast<std::uint8_t>(0x80U >> bit % 8);
    if (bit < prefix)
      mask.bytes_[bit / 8] |= one;
    else if ((first->bytes_[bit / 8] & one) != 0)
      return std::nullopt;
  }
  NetworkRange range;
  range.first_ = first->halves();
  range.mask_ = mask.halves();
  range.text_ = std::string(text);
  return range;
}

std::optional<CountryCode> CountryCode::parse(std::string_view text) {
  if (text.size() != 2) return std::nullopt;
  CountryCode code;
  for (std::size_t i = 0; i < 2; ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return std::nullopt;
    code.letters_.at(i) = text[i];
  }
  return code;
}

std::optional<OpenHours> OpenHours::make(Days days, std::chrono::minutes from,
                                         std::chrono::minutes to) {
  constexpr std::chrono::minutes kDay = std::chrono::hours(24);
  const std::chrono::minutes zero{0};
  if (days.none() || from < zero || from >= kDay || to <= zero || to > kDay || from == to)
    return std::nullopt;
  OpenHours hours;
  hours.days_ = days;
  hours.from_ = from;
  hours.to_ = to;
  return hours;
}

bool OpenHours::open(const Calendar& calendar, Time at) const {
  const Day today = calendar.day(at);
  const auto since = at - calendar.start(today);
  const std::size_t day = std::chrono::weekday(today).c_encoding();
  if (from_ < to_) return days_.test(day) && since >= from_ && since < to_;
  return (days_.test(day) && since >= from_) || (days_.test((day + 6) % 7) && since < to_);
}

Text OpenHours::words() const {
  constexpr std::array<std::string_view, 7> kJa{"日", "月", "火", "水", "木", "金", "土"};
  constexpr std::array<std::string_view, 7> kEn{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  Text text;
  for (std::size_t i = 1; i <= 7; ++i) {  // from Monday
    if (!days_.test(i % 7)) continue;
    text.ja += (text.ja.empty() ? "" : "・") + std::string(kJa.at(i % 7));
    text.en += (text.en.empty() ? "" : ", ") + std::string(kEn.at(i % 7));
  }
  const bool over = from_ > to_;
  text.ja += fmt::format(" {}〜{}{}", clock(from_), over ? "翌" : "", clock(to_));
  text.en += fmt::format(" {} to {}{}", clock(from_), clock(to_), over ? " of the next day" : "");
  return text;
}

const AccessRule* Policy::rule(std::string_view id) const {
  const auto found = places_.find(id);
  return found == places_.end() ? nullptr : &rules_[found->second];
}

Principals Policy::principals_of(const std::vector<std::string>& roles,
                                 const std::vector<std::string>& groups,
                                 std::string_view email) const {
  Principals is;
  const std::string address = lower(email);
  for (std::size_t i = 0; i < principals_.size(); ++i) {
    const Principal& one = principals_[i];
    const auto in = [&](const std::vector<std::string>& list) {
      return std::ranges::find(list, one.name) != list.end();
    };
    is.set(i, one.kind == PrincipalKind::role    ? in(roles)
              : one.kind == PrincipalKind::group ? in(groups)
                                                 : one.name == address);
  }
  return is;
}

}  // namespace sekisho
