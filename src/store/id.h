// SPDX-License-Identifier: Apache-2.0
// Which row of which table: an id of a person is never taken for that of a device.
#pragma once

#include <compare>
#include <cstdint>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "store/connection.h"

namespace sekisho {

/// The number of a row that is there, or was; none (false) when it was made of nothing.
template <typename Of>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::int64_t number) : number_(number) {}

  constexpr explicit operator bool() const { return number_ != 0; }
  constexpr std::int64_t number() const { return number_; }
  /// As a statement's parameter, and as what is shown: nothing is computed with it there.
  operator Value() const { return number_; }               // NOLINT(*-explicit-*)
  operator boost::json::value() const { return number_; }  // NOLINT(*-explicit-*)
  auto operator<=>(const Id&) const = default;

 private:
  std::int64_t number_ = 0;  // databases count from 1
};

using PersonId = Id<struct Person_>;
using SessionId = Id<struct Session_>;
using TokenId = Id<struct Token_>;
using DeviceId = Id<struct Device_>;
using IncidentId = Id<struct Incident_>;
using ApplianceId = Id<struct Appliance_>;
using AttachmentId = Id<struct Attachment_>;
using EnrolmentId = Id<struct Enrolment_>;
using InvitationId = Id<struct Invitation_>;
using PasskeyId = Id<struct Passkey_>;
using ViewId = Id<struct View_>;
using SensorId = Id<struct Sensor_>;

template <typename Of>
Value value_of(std::optional<Id<Of>> id) {
  return id ? Value(*id) : Value(std::monostate());
}

}  // namespace sekisho

template <typename Of>
struct fmt::formatter<sekisho::Id<Of>> : fmt::formatter<std::int64_t> {
  auto format(sekisho::Id<Of> id, auto& context) const {
    return fmt::formatter<std::int64_t>::format(id.number(), context);
  }
};
