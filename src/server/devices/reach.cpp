// SPDX-License-Identifier: Apache-2.0
// By which address others reach this server: what is so, what is wrong with it, and the choice of
// the one that links are made with. And what people are to trust where the server certifies itself.
#include <algorithm>

#include "base/file.h"
#include "collect/agent/keys.h"
#include "server/api/addresses.h"
#include "server/api/fields.h"
#include "server/devices/handlers.h"
#include "server/devices/restart.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// The authority that is shown to browsers; none where it is somebody else's.
Result<std::optional<Certificate>> own_authority(const ServerOptions& options) {
  if (options.authority_file.empty()) return std::nullopt;
  const auto pem = read_input_file(options.authority_file, 100'000);
  if (!pem) return std::unexpected(pem.error());
  auto certificate = read_certificate(*pem);
  if (!certificate) return std::unexpected(certificate.error());
  return std::move(*certificate);
}

const char* state_of(const ServerOptions& options, const std::vector<std::string>& all) {
  if (all.empty()) return "this_machine";
  return options.browser_has_tls() ? "good" : "plain";
}

const char* devices_state(const ServerOptions& options) {
  if (!options.agents.on) return "off";
  const bool inside = options.agents.url.empty() && is_loopback(options.agents.address);
  return inside ? "this_machine" : "good";
}

Outcome get_addresses(Call& call) {
  const ServerOptions& options = call.shop.options;
  const auto people = people_address(call);
  if (!people) return broken(people.error());
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto all = reached_at(options);
  const auto chosen = kept->find(kChosenAddress);
  const bool holds = chosen != kept->end() && std::ranges::find(all, chosen->second) != all.end();
  const auto authority = own_authority(options);
  if (!authority) return broken(authority.error());
  return reply_json(json::object{
      {"people", *people},
      {"chosen", holds ? json::value(chosen->second) : json::value(nullptr)},
      {"offered", json::value_from(all)},
      {"state", state_of(options, all)},
      {"devices",
       options.agents.on ? json::value(devices_address(options, *people)) : json::value(nullptr)},
      {"devices_state", devices_state(options)},
      {"hosts", json::value_from(options.hosts)},
      {"port", options.listen.port},
      {"start", restart_command(arguments_of_this_program(), options, run_by())},
      {"authority", *authority ? json::value((*authority)->fingerprint) : json::value(nullptr)}});
}

Outcome choose_address(Call& call) {
  const auto wanted = read_body<std::string>(call, [](const Node& node) {
    node.only({"people"});
    return clean_text(node.at("people"), 300);
  });
  if (!wanted) return std::unexpected(wanted.error());
  const auto all = reached_at(call.shop.options);
  if (std::ranges::find(all, *wanted) == all.end())
    return wrong_at("/people", "このサーバーは、そのアドレスでは届きません。",
                    "this server cannot be reached by that address.");
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto set = set_setting(call.db, kChosenAddress, *wanted); !set) return set;
    return audit(call, "address-chosen", *wanted);
  });
  return written(done, reply_nothing());
}

/// For the page that tells how to trust it: its fingerprint is no secret, and whoever looks at the
/// page has been shown it by TLS already.
Outcome get_authority(Call& call) {
  const auto authority = own_authority(call.shop.options);
  if (!authority) return broken(authority.error());
  if (!*authority) return not_found();
  return reply_json(json::object{{"sha256", (*authority)->fingerprint},
                                 {"until", json_time((*authority)->not_after)}});
}

}  // namespace

void add_reach(Handlers& handlers) {
  handlers.insert({{"getAddresses", get_addresses},
                   {"chooseAddress", choose_address},
                   {"getAuthority", get_authority}});
}

}  // namespace sekisho
