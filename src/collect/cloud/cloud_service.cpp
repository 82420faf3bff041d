// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/cloud_service.h"

#include <algorithm>

namespace sekisho {

std::string_view name(CloudService service) {
  constexpr std::array<std::string_view, kCloudServices.size()> kNames{
      "entra",  "exchange", "sharepoint", "teams",   "intune", "google", "zoom",    "webex",
      "github", "aws",      "box",        "dropbox", "slack",  "cybozu", "chatwork"};
  return kNames.at(static_cast<std::size_t>(service));
}

Text label(CloudService service) {
  switch (service) {
    case CloudService::entra: return {"Microsoft 365 のサインイン", "Microsoft 365 sign-in"};
    case CloudService::exchange: return {"Exchange（メール）", "Exchange (mail)"};
    case CloudService::sharepoint: return {"SharePoint と OneDrive", "SharePoint and OneDrive"};
    case CloudService::teams: return {"Teams", "Teams"};
    case CloudService::intune: return {"Intune（端末の管理）", "Intune (devices)"};
    case CloudService::google: return {"Google Workspace", "Google Workspace"};
    case CloudService::zoom: return {"Zoom", "Zoom"};
    case CloudService::webex: return {"Webex", "Webex"};
    case CloudService::github: return {"GitHub", "GitHub"};
    case CloudService::aws: return {"AWS", "AWS"};
    case CloudService::box: return {"Box", "Box"};
    case CloudService::dropbox: return {"Dropbox", "Dropbox"};
    case CloudService::slack: return {"Slack", "Slack"};
    case CloudService::cybozu:
      return {"kintone・Garoon（cybozu.com）", "kintone and Garoon (cybozu.com)"};
    case CloudService::chatwork: return {"Chatwork", "Chatwork"};
  }
  return {};
}

std::optional<CloudService> cloud_service_named(std::string_view wanted) {
  const auto found =
      std::ranges::find_if(kCloudServices, [&](CloudService one) { return name(one) == wanted; });
  return found == kCloudServices.end() ? std::nullopt : std::optional(*found);
}

CloudService account_holder(CloudService service) {
  switch (service) {
    case CloudService::exchange:
    case CloudService::sharepoint:
    case CloudService::teams:
    case CloudService::intune: return CloudService::entra;
    default: return service;
  }
}

}  // namespace sekisho
