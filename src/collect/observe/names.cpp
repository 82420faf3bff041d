// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/names.h"

#include <algorithm>

#include "collect/observe/decode.h"

extern "C" {
extern const char line_yaml_begin[];  // NOLINT(*-avoid-c-arrays): how the assembler names it
extern const char line_yaml_end[];    // NOLINT(*-avoid-c-arrays)
}

namespace sekisho {
namespace {

constexpr std::pair<const char*, std::uint8_t> kTransports[] = {{"tcp", kProtocolTcp},
                                                                {"udp", kProtocolUdp}};

void read_services(const Node& node, LineNames& names) {
  node.only({"tcp", "udp"});
  for (const auto& [transport, protocol] : kTransports)
    for (const auto& [port, service] : node.at(transport).entries()) {
      const std::int64_t number = whole_number(port);
      if (number < 0 || number > 65535)
        service.report("ポートは 0 から 65535 までです。", "a port is 0 to 65535.");
      else
        names.services[{protocol, static_cast<std::uint16_t>(number)}] = service.string();
    }
}

void read_group(const Node& node, LineNames& names) {
  node.only({"id", "ja", "en", "tcp", "udp"});
  const std::size_t index = names.groups.size();
  names.groups.push_back(
      {node.at("id").string(), {node.at("ja").string(), node.at("en").string()}});
  for (const auto& [transport, protocol] : kTransports)
    for (const Node& port : node.at(transport).items()) {
      const auto number = static_cast<std::uint16_t>(port.integer(0, 65535));
      if (!names.group_of.try_emplace({protocol, number}, index).second)
        port.report("このポートは別の組にもあります。", "this port is in another group too.");
    }
}

constexpr std::pair<const char*, Speech> kSpeechNames[] = {
    {"ssh", Speech::ssh},     {"rdp", Speech::rdp},
    {"tls", Speech::tls},     {"smb", Speech::smb},
    {"vnc", Speech::vnc},     {"telnet", Speech::telnet},
    {"ftp", Speech::ftp},     {"pop3", Speech::pop3},
    {"imap", Speech::imap},   {"smtp", Speech::smtp},
    {"ldap", Speech::ldap},   {"mysql", Speech::mysql},
    {"mssql", Speech::mssql}, {"postgresql", Speech::postgresql},
    {"http", Speech::http},   {"sip", Speech::sip}};

void read_login(const Node& node, LineNames& names) {
  node.only({"id", "ja", "en", "speech", "any_port", "tcp", "shape"});
  LoginService login;
  login.id = node.at("id").string();
  login.name = {node.at("ja").string(), node.at("en").string()};
  login.speech = node.at("speech").one_of<Speech>(kSpeechNames);
  for (const Node& port : node.at("tcp").items())
    login.ports.push_back(static_cast<std::uint16_t>(port.integer(1, 65535)));
  if (const auto shape = node.find("shape")) {
    shape->only({"least_up", "most_up", "most_down", "least_turns", "one_turns"});
    const auto count = [&](const char* key) {
      return static_cast<std::uint64_t>(shape->at(key).integer(0, 1'000'000'000));
    };
    login.least_up = count("least_up");
    login.most_up = count("most_up");
    login.most_down = count("most_down");
    login.least_turns = static_cast<std::uint32_t>(count("least_turns"));
    login.one_turns = static_cast<std::uint32_t>(count("one_turns"));
  } else {
    login.by_answers = true;
  }
  // A port's service is one byte where packets are looked at.
  if (names.logins.size() == 253) {
    node.report("多すぎます。", "there are too many.");
    return;
  }
  names.logins.push_back(std::move(login));
  if (node.at("any_port").boolean())
    names.login_of_speech.at(static_cast<std::size_t>(names.logins.back().speech)) =
        static_cast<std::uint8_t>(names.logins.size());
}

void add_scanner_network(const Network& network, LineNames& names) {
  names.scanner_networks.emplace(network.base, std::pair(network, names.scanners.size() - 1));
  if (!network.base.is_v4() || network.bits < 96) return;
  const std::uint32_t first = network.base.v4_bits() >> 16U;
  const std::uint32_t count = network.bits >= 112 ? 1 : std::uint32_t{1} << (112 - network.bits);
  for (std::uint32_t half = first; half < first + count; ++half) names.scanner_halves.set(half);
}

void read_scanner(const Node& node, LineNames& names) {
  node.only({"name", "page", "networks"});
  names.scanners.push_back({node.at("name").string(), node.at("page").string()});
  for (const Node& one : node.at("networks").items()) {
    const auto network = read_network(one.string());
    if (!network) {
      one.report("ネットワークではありません。", "this is not a network.");
      continue;
    }
    const auto after = names.scanner_networks.upper_bound(network->base);
    if ((after != names.scanner_networks.end() && network->contains(after->first)) ||
        names.scanner(network->base) != nullptr)
      one.report("ほかのネットワークと重なっています。", "this overlaps with another network.");
    else
      add_scanner_network(*network, names);
  }
}

}  // namespace

std::string_view LineNames::service(std::uint8_t protocol, std::uint16_t port) const {
  const auto found = services.find({protocol, port});
  return found == services.end() ? std::string_view() : found->second;
}

const OpenScanner* LineNames::scanner(const Address& address) const {
  if (address.is_v4() && !scanner_halves[address.v4_bits() >> 16U]) return nullptr;
  const auto after = scanner_networks.upper_bound(address);
  if (after == scanner_networks.begin()) return nullptr;
  const auto& [network, scanner] = std::prev(after)->second;
  return network.contains(address) ? &scanners[scanner] : nullptr;
}

Result<LineNames> read_line_names(std::string name, std::string_view yaml) {
  const auto document = parse_yaml(std::move(name), yaml);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  const Node root(*document, problems);
  root.only({"services", "groups", "logins", "scanners"});
  LineNames names;
  read_services(root.at("services"), names);
  for (const Node& group : root.at("groups").items()) read_group(group, names);
  for (const Node& login : root.at("logins").items()) read_login(login, names);
  for (const Node& scanner : root.at("scanners").items()) read_scanner(scanner, names);
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return names;
}

Result<LineNames> built_in_line_names() {
  return read_line_names(
      "data/observe/line.yaml",
      {line_yaml_begin, static_cast<std::size_t>(line_yaml_end - line_yaml_begin)});
}

}  // namespace sekisho
