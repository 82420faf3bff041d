// SPDX-License-Identifier: Apache-2.0
// A setting of a cloud service as an export has it: a value, or one of five reasons why there is
// none, which are never mixed up. There is no default value, and none is ever assumed: whoever
// wants the value must say what comes of each reason.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>

namespace sekisho {

/// Why there is no value.
enum class Lack : std::uint8_t {
  absent,          // the export doesn't have it
  null,            // the export has it, empty
  not_licensed,    // the contract has no such function
  not_readable,    // it could not be read, or not whole, or not understood
  not_applicable,  // another setting makes it meaningless
};

template <typename T>
class CloudSetting {
 public:
  /*implicit*/ CloudSetting(T value) : held_(std::move(value)) {}  // NOLINT(*-explicit-*)
  /*implicit*/ CloudSetting(Lack lack) : held_(lack) {}            // NOLINT(*-explicit-*)

  /// Null where there is none: `lack` then says why.
  const T* value() const& { return std::get_if<T>(&held_); }
  const T* value() && = delete;
  /// Of a setting that has no value.
  Lack lack() const { return std::get<Lack>(held_); }
  bool is(const T& wanted) const {
    const T* held = value();
    return held != nullptr && *held == wanted;
  }
  bool lacks(Lack why) const {
    const Lack* held = std::get_if<Lack>(&held_);
    return held != nullptr && *held == why;
  }
  bool operator==(const CloudSetting&) const = default;

 private:
  std::variant<T, Lack> held_;
};

}  // namespace sekisho
