// SPDX-License-Identifier: Apache-2.0
// What a resource asks of whom: a policy, as people write it, in types that can't be invalid. A
// rule that nothing was said of lets nobody in.
#pragma once

#include <array>
#include <bit>
#include <bitset>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/base.h"
#include "guideline/guideline.h"

namespace sekisho {

enum class ResourceKind : std::uint8_t { application, server, network };

/// The name of a resource in policies and requests: small letters, digits and hyphens.
class ResourceId {
 public:
  static std::optional<ResourceId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const ResourceId&) const = default;

 private:
  explicit ResourceId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Where a request comes from: IPv6, or IPv4 in its mapped form, so that one address has one form.
class ClientAddress {
 public:
  static std::optional<ClientAddress> parse(std::string_view text);
  /// In the same form; any are some address.
  static ClientAddress of_bytes(const std::array<std::uint8_t, 16>& bytes) {
    ClientAddress address;
    address.bytes_ = bytes;
    return address;
  }
  /// IPv4 in its own form.
  std::string text() const;
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  auto operator<=>(const ClientAddress&) const = default;

 private:
  friend class NetworkRange;
  /// As two numbers, for whoever compares.
  std::array<std::uint64_t, 2> halves() const {
    return std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  }
  std::array<std::uint8_t, 16> bytes_{};
};

/// "192.0.2.0/24", "2001:db8::/32", or one address.
class NetworkRange {
 public:
  /// Nothing for what isn't one, or has bits behind its prefix: it is not clear what was meant.
  static std::optional<NetworkRange> parse(std::string_view text);
  bool contains(const ClientAddress& address) const {
    const auto [high, low] = address.halves();
    return (((high & mask_[0]) ^ first_[0]) | ((low & mask_[1]) ^ first_[1])) == 0;
  }
  const std::string& text() const { return text_; }

 private:
  std::array<std::uint64_t, 2> first_{};  // as ClientAddress::halves(), of which these bits count
  std::array<std::uint64_t, 2> mask_{};
  std::string text_;
};

/// ISO 3166-1: two capital letters.
class CountryCode {
 public:
  static std::optional<CountryCode> parse(std::string_view text);
  std::string text() const { return {letters_.begin(), letters_.end()}; }
  auto operator<=>(const CountryCode&) const = default;

 private:
  std::array<char, 2> letters_{};
};

/// Days of the week, and from when until when on them. Hours that end before they begin last into
/// the next day.
class OpenHours {
 public:
  using Days = std::bitset<7>;  // from Sunday
  /// Nothing where no day is open, or no time of it.
  static std::optional<OpenHours> make(Days days, std::chrono::minutes from,
                                       std::chrono::minutes to);
  bool open(const Calendar& calendar, Time at) const;
  Text words() const;
  const Days& days() const { return days_; }
  std::chrono::minutes from() const { return from_; }
  std::chrono::minutes to() const { return to_; }

 private:
  Days days_;
  std::chrono::minutes from_{};
  std::chrono::minutes to_{};
};

/// Who somebody is to a policy: the roles, groups and people that it names, by their number in it.
inline constexpr std::size_t kMostPrincipals = 256;
using Principals = std::bitset<kMostPrincipals>;

enum class PrincipalKind : std::uint8_t { role, group, person };
struct Principal {
  PrincipalKind kind = PrincipalKind::role;
  std::string name;
  bool operator==(const Principal&) const = default;
};

/// A measure that must be met, by its number in the policy.
struct Demanded {
  std::uint16_t measure = 0;
  std::chrono::seconds grace{0};  // for so long may lapse what was met
};

struct AccessRule {
  ResourceId id;
  Text name{};
  Text because{};
  ResourceKind kind = ResourceKind::application;
  Degree sensitivity = Degree::high;
  Principals who{};
  bool any_device = false;   // else only one that is registered to the person
  bool own_devices = false;  // whether a device may belong to who uses it (BYOD)
  std::vector<Demanded> measures{};
  std::chrono::seconds evidence_age{0};                 // nothing that a decision rests on is older
  std::optional<std::chrono::seconds> second_factor{};  // shown at most so long ago
  std::optional<std::chrono::seconds> passkey{};        // the same, and it must be a passkey
  std::optional<OpenHours> hours{};                     // none: at any
  std::vector<NetworkRange> networks{};                 // none: any
  std::vector<CountryCode> countries{};                 // none: any
};

inline constexpr std::size_t kMostRules = 1000;
inline constexpr std::size_t kMostMeasures = 500;

/// A whole policy. Its measures point into the guideline that it was read with, which outlives it.
class Policy {
 public:
  /// One that speaks of nothing: nobody gets in anywhere.
  static Policy none(const Guideline& guideline) { return Policy(guideline); }

  const Text& name() const { return name_; }
  const Text& about() const { return about_; }
  const std::vector<AccessRule>& rules() const { return rules_; }
  const std::vector<Principal>& principals() const { return principals_; }
  /// Each measure or item of the handbook that some rule asks for, once.
  const std::vector<const Requirement*>& measures() const { return measures_; }
  const Guideline& guideline() const { return *guideline_; }

  const AccessRule* rule(std::string_view id) const;
  /// What somebody is to this policy. Roles and groups that it doesn't name count for nothing; of
  /// an address, case doesn't.
  Principals principals_of(const std::vector<std::string>& roles,
                           const std::vector<std::string>& groups, std::string_view email) const;

 private:
  friend class PolicyReader;
  explicit Policy(const Guideline& guideline) : guideline_(&guideline) {}

  struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };

  const Guideline* guideline_;
  Text name_;
  Text about_;
  std::vector<AccessRule> rules_;
  std::unordered_map<std::string, std::size_t, IdHash, std::equal_to<>> places_;  // by id
  std::vector<Principal> principals_;
  std::vector<const Requirement*> measures_;
};

/// A policy as a person writes it (docs/access.md); refused whole, with every slip that was found,
/// where one thing in it isn't clear.
std::expected<Policy, std::vector<Error>> read_policy(const Document& document,
                                                      const Guideline& guideline);
/// The bounds of such a file.
inline constexpr DocumentLimits kPolicyLimits{std::size_t{1} << 20U, 50'000, 12};

/// What a rule asks, a line each, for people.
std::vector<Text> words(const Policy& policy, const AccessRule& rule);
/// "12 hours", "30 days".
Text words(std::chrono::seconds length);
Text label(ResourceKind kind);

/// The policy that comes with a telework method (data/access/), as text; empty for no such method.
std::string_view built_in_policy(std::string_view method);

}  // namespace sekisho
