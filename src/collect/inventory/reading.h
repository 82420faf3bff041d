// SPDX-License-Identifier: Apache-2.0
// What is read from a name and a version while a person types them, before anything is kept: the
// same reading that is judged by later.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collect/vuln/vuln.h"
#include "guideline/guideline.h"

namespace sekisho {

struct Reading {
  enum class Is : std::uint8_t {
    nothing,   // nothing was typed yet
    read,      // one version, which the feeds can be asked about
    unclear,   // several versions, or a name that no feed has
    not_read,  // no version
  };
  Is is = Is::nothing;
  Text words;  // what was read, or where to look for what is missing
};
std::string_view name(Reading::Is is);

/// Of network gear.
Reading read_gear(const Feeds& feeds, const Appliance& kind, std::string_view model,
                  std::string_view version);
/// Of an operating system, as lists name it.
Reading read_system(const SupportFeed& feed, const std::string& system, const std::string& version,
                    Day today);
/// Of a program, as Windows lists it.
Reading read_program(const Guideline& guideline, std::string_view program,
                     std::string_view version);

}  // namespace sekisho
