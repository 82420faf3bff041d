// SPDX-License-Identifier: Apache-2.0
// At the console: a ticket for an application, and what is open to somebody.
#include "server/gate/handlers.h"

#include <fmt/format.h>

#include "server/access/live_desk.h"
#include "server/api/fields.h"
#include "server/gate/applications.h"
#include "server/gate/tickets.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// A factor that was asked for has just been shown, or it is to be shown now.
constexpr std::chrono::minutes kJustShown{5};

struct WantedTicket {
  std::string application;
  std::string browser;
  std::string back;
  std::string show;  // "", factor, passkey
};

WantedTicket read_wanted(const Node& node) {
  node.only({"application", "browser", "back", "show"});
  WantedTicket wanted{clean_text(node.at("application"), 100), clean_text(node.at("browser"), 100),
                      clean_text(node.at("back"), 4096), ""};
  if (const auto show = node.find("show")) wanted.show = clean_text(*show, 20, true);
  if (!is_browser_mark(wanted.browser))
    node.at("browser").report("アプリケーションから開き直してください。",
                              "open it from the application again.");
  if (!is_way_back(wanted.back))
    node.at("back").report("戻る先ではありません。", "that is no way back.");
  if (!wanted.show.empty() && wanted.show != "factor" && wanted.show != "passkey")
    node.at("show").report("factor か passkey です。", "it is factor or passkey.");
  return wanted;
}

Result<FactorsShown> shown_in_session(Call& call) {
  const auto rows =
      call.db.query("SELECT code_at, passkey_at FROM session WHERE id = ?", {call.who.session});
  if (!rows) return std::unexpected(rows.error());
  FactorsShown shown;
  if (rows->empty()) return shown;
  const Row& row = rows->front();
  if (row.integer(0) > 0) shown.code = row.time(0);
  if (row.integer(1) > 0) shown.passkey = row.time(1);
  return shown;
}

std::unexpected<Problem> show_it() {
  return std::unexpected(
      Problem{403,
              {"二要素認証をもう一度示してください。", "show your second factor once more."},
              {},
              "",
              "proof-needed"});
}

Outcome make_application_ticket(Call& call) {
  const auto wanted = read_body<WantedTicket>(call, read_wanted);
  if (!wanted) return std::unexpected(wanted.error());
  const auto applications = Applications::read(call.shop.options.gate.applications);
  if (!applications) return broken(applications.error());
  const Application* application = (*applications)->of_resource(wanted->application);
  if (application == nullptr) return not_found();
  const auto shown = shown_in_session(call);
  if (!shown) return broken(shown.error());
  const Time last =
      wanted->show == "passkey" ? shown->passkey : std::max(shown->code, shown->passkey);
  if (!wanted->show.empty() && !call.who.seal && last < call.now - kJustShown) return show_it();
  const auto ticket = make_ticket(
      call.db, {application->resource, call.who.session, wanted->browser, wanted->back}, call.now);
  if (!ticket) return broken(ticket.error());
  return reply_json(json::object{{"url", application->site + "/.sekisho/enter?ticket=" + *ticket},
                                 {"name", application->name}});
}

/// How it stands with an application on a device; none: on one that nothing is known of.
json::object on_device(Call& call, const Application& application,
                       const std::optional<DeviceId>& device, const std::string& name,
                       const FactorsShown& shown) {
  static const auto kGate = EnforcerId::parse("gate");
  const AccessVerdict verdict = call.shop.desk->look(
      {*kGate, application.resource, call.who.person, device, shown, call.now + kSessionLasts,
       ClientAddress::parse(call.request.peer), std::string(call.request.header("user-agent")),
       static_cast<bool>(call.who.seal)});
  return {{"device", device ? json::value(device->number()) : json::value(nullptr)},
          {"device_name", name},
          {"answer", sekisho::name(verdict.decision.answer)},
          {"why", json_text(verdict.words)}};
}

Outcome list_applications(Call& call) {
  const auto applications = Applications::read(call.shop.options.gate.applications);
  if (!applications) return broken(applications.error());
  const auto shown = shown_in_session(call);
  if (!shown) return broken(shown.error());
  const auto devices = call.db.query(
      "SELECT id, name FROM device WHERE person_id = ? AND state = 'active' ORDER BY name, id",
      {call.who.person});
  if (!devices) return broken(devices.error());
  json::array items;
  for (const Application& one : (*applications)->all()) {
    json::array on;
    for (const Row& row : *devices)
      on.emplace_back(on_device(call, one, row.id<DeviceId>(0), row.text(1), *shown));
    if (on.empty()) on.emplace_back(on_device(call, one, std::nullopt, "", *shown));
    items.emplace_back(json::object{{"id", one.resource.text()},
                                    {"name", one.name},
                                    {"url", one.url()},
                                    {"on", std::move(on)}});
  }
  return reply_json(json::object{{"items", std::move(items)}});
}

}  // namespace

void add_gate(Handlers& handlers) {
  handlers.insert({{"makeApplicationTicket", make_application_ticket},
                   {"listApplications", list_applications}});
}

}  // namespace sekisho
