// Setting guides of meeting services: what to set for the handbook's items 3-3, 3-4, 3-5 and 8-5,
// where and why, and which of it is right already. Written by the project.
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
struct SettingGuide {
  CloudService product = CloudService::zoom;
  Text title;
  std::vector<GuideLine> lines;
};
/// Zoom, Webex, Teams and Meet.
const std::vector<SettingGuide>& setting_guides();

/// What is known of an item; nothing where it was never read.
using ItemVerdict = std::function<std::optional<Verdict>(std::string_view item)>;
/// `[{"product", "title", "lines": [{"handbook", "item", "title", "set", "where", "why",
/// "verdict"}], "right", "open"}]`; a verdict of null was never read.
boost::json::array setting_guides_json(const ItemVerdict& verdict);

}  // namespace sekisho
