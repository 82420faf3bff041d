// SPDX-License-Identifier: Apache-2.0
#include "server/gate/tickets.h"

#include <boost/json.hpp>

#include "base/crypto.h"
#include "server/gate/original.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

constexpr std::string_view kKept = "gate-ticket|";

std::optional<Ticket> read_ticket(const std::string& text) {
  const auto document = parse_json("", text, {kMaxBodyBytes, 100, 4});
  if (!document) return std::nullopt;
  const auto* one = document->root.if_object();
  if (one == nullptr) return std::nullopt;
  const auto* resource = one->if_contains("resource");
  const auto* session = one->if_contains("session");
  const auto* browser = one->if_contains("browser");
  const auto* back = one->if_contains("back");
  if (resource == nullptr || session == nullptr || browser == nullptr || back == nullptr ||
      !resource->is_string() || !session->is_int64() || !browser->is_string() || !back->is_string())
    return std::nullopt;
  const auto id = ResourceId::parse(std::string_view(resource->as_string()));
  if (!id) return std::nullopt;
  return Ticket{*id, SessionId(session->as_int64()), std::string(browser->as_string()),
                std::string(back->as_string())};
}

}  // namespace

Result<std::string> make_ticket(Database& db, const Ticket& ticket, Time now) {
  std::string name = random_token();
  const std::string value =
      boost::json::serialize(boost::json::object{{"resource", ticket.resource.text()},
                                                 {"session", ticket.session.number()},
                                                 {"browser", ticket.browser},
                                                 {"back", ticket.back}});
  if (auto kept = keep_pending(db, std::string(kKept) + name, value, now, now + kTicketLasts);
      !kept)
    return std::unexpected(kept.error());
  return name;
}

Result<std::optional<Ticket>> take_ticket(Database& db, const std::string& name, Time now) {
  const auto kept = take_pending(db, std::string(kKept) + name, now);
  if (!kept) return std::unexpected(kept.error());
  if (!*kept) return std::nullopt;
  return read_ticket(**kept);
}

std::string browser_mark(std::string_view cookie) { return base64url(sha256(cookie)); }

bool is_browser_mark(std::string_view text) {
  const auto bytes = from_base64url(text);
  return bytes && bytes->size() == 32 && base64url(*bytes) == text;
}

}  // namespace sekisho
