// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/agent/access_key.h"
#include "collect/agent/command.h"

namespace sekisho {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr long kForbidden = 403;

std::string plain(const Node& member) {
  const auto* value = member.value().if_string();
  return value == nullptr ? std::string() : std::string(*value);
}

/// Older agents kept one, under another name.
std::vector<std::string> before_of(const Node& node) {
  std::vector<std::string> list;
  if (const auto one = node.find("certificate_before"); one && !plain(*one).empty())
    list.push_back(plain(*one));
  if (const auto several = node.find("certificates_before"))
    for (const Node& one : several->items())
      if (list.size() < kMostBefore) list.push_back(plain(one));
  return list;
}

bool holds(const std::string& pem, Time now) {
  const auto certificate = read_certificate(pem);
  return certificate && certificate->not_after > now;
}

}  // namespace

fs::path state_file(const fs::path& folder) { return folder / "device.json"; }
fs::path told_file(const fs::path& folder) { return folder / "told.json"; }
fs::path key_file(const fs::path& folder) { return folder / "device.key"; }
fs::path coming_folder(const fs::path& folder) { return folder / "coming"; }

std::string write_state(const AgentState& state) {
  const json::array before(state.certificates_before.begin(), state.certificates_before.end());
  return json::serialize(json::object{{"server", state.server},
                                      {"device", state.device},
                                      {"authority", state.authority},
                                      {"certificate", state.certificate},
                                      {"certificates_before", before},
                                      {"turn", state.turn},
                                      {"content_key", state.content_key},
                                      {"content", state.content},
                                      {"next", state.next}});
}

Result<AgentState> read_state(Disk& disk, const fs::path& folder) {
  const auto file = state_file(folder);
  const auto text = disk.read(file, kMostStateBytes);
  if (!text) switch (text.error()) {
      case FileProblem::missing:
        return failure(
            fmt::format("この端末はまだ登録されていません。{} enrol リンク で登録してください。",
                        agent_command()),
            fmt::format("this device is not enrolled; run {} enrol LINK.", agent_command()),
            folder.string());
      case FileProblem::denied:
        return failure("読む権限がありません。管理者として実行してください。",
                       "you may not read this; run it as the administrator.", file.string());
      default:
        return failure("端末の登録を読めません。", "the device's enrolment cannot be read.",
                       file.string());
    }
  const auto document = parse_json(file.string(), *text);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  const Node node(*document, problems);
  AgentState state;
  state.server = plain(node.at("server"));
  state.device = plain(node.at("device"));
  state.authority = plain(node.at("authority"));
  state.certificate = plain(node.at("certificate"));
  state.certificates_before = before_of(node);
  state.turn = plain(node.at("turn"));
  state.content_key = plain(node.at("content_key"));
  state.content = plain(node.at("content"));
  state.next = node.at("next").integer(1, INT64_MAX / 2);
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return state;
}

Result<KeyPair> read_key(Disk& disk, const fs::path& folder) {
  const auto pem = disk.read(key_file(folder), kMostStateBytes);
  if (!pem)
    return failure("端末の鍵を読めません。管理者として実行してください。",
                   "the device's key cannot be read; run this as the administrator.",
                   key_file(folder).string());
  return KeyPair::from_pem(*pem);
}

Result<void> move_in(Disk& disk, const fs::path& folder) {
  const fs::path coming = coming_folder(folder);
  const auto there = disk.list(coming);
  if (!there) return std::unexpected(there.error());
  const auto has = [&](const fs::path& file) {
    return std::ranges::find(*there, file.filename().string()) != there->end();
  };
  if (!has(state_file(coming))) return {};
  // They name the device before, and are signed with its key.
  const auto queued = disk.list(folder / "queue");
  if (!queued) return std::unexpected(queued.error());
  for (const std::string& name : *queued) disk.remove(folder / "queue" / name);
  forget_access_key(disk, folder);
  disk.remove(told_file(folder));
  if (has(key_file(coming)))
    if (auto moved = disk.rename(key_file(coming), key_file(folder)); !moved) return moved;
  return disk.rename(state_file(coming), state_file(folder));
}

Result<DeviceReply> ask_as(Net& net, const AgentState& state, const KeyPair& key,
                           const NetRequest& request, Time now) {
  Peer peer{state.server, state.authority, state.certificate, &key};
  auto reply = net.exchange(peer, request);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status == kForbidden)
    for (const std::string& before : state.certificates_before) {
      if (!holds(before, now)) continue;
      peer.certificate = before;
      auto again = net.exchange(peer, request);
      if (!again) break;
      if (again->status != kForbidden) return DeviceReply{std::move(*again), before};
    }
  return DeviceReply{std::move(*reply)};
}

void take_certificate(AgentState& state, const std::string& pem) {
  // When it was given, by the server's clock: this machine's may be wrong.
  const auto taken = read_certificate(pem);
  const Time given = taken ? taken->not_after - kDeviceCertificateLasts : Time();
  std::vector<std::string> before{std::exchange(state.certificate, pem)};
  for (std::string& one : state.certificates_before) before.push_back(std::move(one));
  std::erase_if(before, [&](const std::string& one) { return one == pem || !holds(one, given); });
  before.resize(std::min(before.size(), kMostBefore));
  state.certificates_before = std::move(before);
}

}  // namespace sekisho
