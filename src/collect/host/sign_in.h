// SPDX-License-Identifier: Apache-2.0
// Internal to the room: PAM's stacks of the services that people sign in at, and whether somebody
// gets past them who knows no password.
#pragma once

#include "collect/host/pam.h"

namespace sekisho {

struct ServiceStack {
  std::string service;
  std::vector<PamStep> steps;
};

/// Files that other services include: Debian's common-*, Red Hat's system-auth and password-auth,
/// Alpine's base-*.
std::vector<ServiceStack> shared_stacks(const Machine& machine, std::string_view type);

/// Services of their own at which people type passwords, open sessions or unlock the screen; those
/// without a rule of `type` aren't among them.
std::vector<ServiceStack> service_stacks(const Machine& machine, std::string_view type);

/// Where PAM's `service` lets through who knows no password, or may do so; nothing where it asks.
std::optional<Finding> without_asking(const Machine& machine, const std::string& service);
/// The same of every service that people sign in at; becoming another (sudo, su) isn't among them.
std::optional<Finding> signs_in_without_asking(const Machine& machine);

}  // namespace sekisho
