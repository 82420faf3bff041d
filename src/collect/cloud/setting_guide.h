// SPDX-License-Identifier: Apache-2.0
// Setting guides, one a service: what each setting is best set to, where, what that protects, who
// asks for it, and which of it is right already. Those of meeting services begin with the
// handbook's items 3-3, 3-4, 3-5 and 8-5. Written by the project.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "collect/cloud/cloud.h"

namespace sekisho {

struct GuideLine {
  std::string_view handbook;  // "3-3"
  std::string_view item;      // which is judged
  Text set;                   // to what
  Text why;
};
/// What the handbook's items ask of a meeting service.
struct SettingGuide {
  CloudService product = CloudService::zoom;
  std::vector<GuideLine> lines;
};
/// Of Zoom, Webex, Teams and Meet.
const std::vector<SettingGuide>& setting_guides();

/// A setting as a page has it.
struct ServiceGuideLine {
  const CloudItem* item = nullptr;
  std::string_view handbook;  // empty: beside the handbook's items
  Text set;
  Text why;
  std::string_view source;  // a published baseline that asks for it; empty: ours alone
};
struct ServiceGuide {
  std::string_view id;  // "zoom", "meet"
  CloudService service = CloudService::zoom;
  Text title;
  std::vector<ServiceGuideLine> lines;
};
/// A guide for each service, and Meet's apart from Google Workspace's; every item stands in one.
std::vector<ServiceGuide> service_guides(const CloudChecks& checks);

/// What is known of an item; nothing where it was never read.
using ItemVerdict = std::function<std::optional<Verdict>(std::string_view item)>;
/// `[{"id", "service", "title", "lines": [{"handbook", "item", "check", "severe", "title", "set",
/// "where", "why", "source", "verdict"}], "right", "open"}]`; a verdict of null was never read, a
/// handbook of null is beside its items, and a source of "" is ours.
boost::json::array setting_guides_json(const CloudChecks& checks, const ItemVerdict& verdict);

}  // namespace sekisho
