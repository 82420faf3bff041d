// Where notices go: the organisation's mail server and webhooks, as its settings hold them.
#pragma once

#include "server/outbox/mail.h"

namespace sekisho {

struct Hook {
  std::string kind;
  std::string url;
};
std::vector<Hook> hooks_of(const Settings& settings);
/// json for what is no known kind.
HookKind hook_kind(std::string_view name);

}  // namespace sekisho
