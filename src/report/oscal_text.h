// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what OSCAL documents share.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "assess/assess.h"

namespace sekisho {

inline constexpr const char* kOscalVersion = "1.2.1";
/// Whose names of properties these are. Tools take http addresses alone; under .example (RFC 2606)
/// it can be nobody's.
inline constexpr const char* kOscalNamespace = "https://sekisho.example/ns/oscal";

/// A version-5 UUID (RFC 9562, 5.5): the same name always gives the same one, so that two reports
/// of one assessment agree.
std::string uuid(const std::string& of);
/// OSCAL's tokens begin with a letter; the handbook's numbers don't.
std::string control_id(const Requirement& requirement);
std::string both(const Text& text);
/// A property of ours.
boost::json::object oscal_property(std::string_view name, std::string_view value);
/// Who wrote it: `creator`, and for whom: `firm`; each may be empty.
void add_parties(boost::json::object& metadata, const std::string& firm);
/// What was seen of each check that has evidence, and on what.
class Observed {
 public:
  explicit Observed(std::string base) : base_(std::move(base)) {}
  std::string id(const CheckSpec& check) const { return uuid(base_ + "observation|" + check.id); }
  /// Only with evidence.
  void add(const CheckState& check);
  bool empty() const { return observations_.empty(); }
  boost::json::array take() { return std::move(observations_); }
  /// `local-definitions`: the devices, programs and persons that the observations name.
  boost::json::object subjects() const;

 private:
  std::string base_;
  boost::json::array observations_;
  std::map<std::string, std::string> subjects_;  // names by uuid
};

}  // namespace sekisho
