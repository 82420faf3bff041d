// Internal to the room: what OSCAL documents share.
#pragma once

#include <string>

#include "guideline/guideline.h"

namespace sekisho {

inline constexpr const char* kOscalVersion = "1.2.1";

/// A version-5 UUID (RFC 9562, 5.5): the same name always gives the same one, so that two reports
/// of one assessment agree.
std::string uuid(const std::string& of);
/// OSCAL's tokens begin with a letter; the handbook's numbers don't.
std::string control_id(const Requirement& requirement);
std::string both(const Text& text);

}  // namespace sekisho
