// SPDX-License-Identifier: Apache-2.0
#include "collect/discover/parse.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <set>

#include <pugixml.hpp>

#include "collect/discover/discover.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongest = 120;
constexpr std::size_t kMostNames = 50;

std::string shown(std::string_view text) {
  const std::string_view bare = trim(text);
  return is_valid_utf8(bare) ? printable(std::string(bare), kLongest) : std::string();
}

}  // namespace

std::map<std::uint32_t, std::string> parse_arp(std::string_view text) {
  constexpr std::size_t kAddress = 0;
  constexpr std::size_t kFlags = 2;
  constexpr std::size_t kHardware = 3;
  std::map<std::uint32_t, std::string> found;
  for (const std::string_view line : split(text, '\n')) {
    const auto cells = words(line);
    if (cells.size() < 6) continue;
    const auto address = parse_address(cells[kAddress]);
    // 0x2: complete, somebody answered.
    if (!address || cells[kFlags] == "0x0" || cells[kHardware] == "00:00:00:00:00:00") continue;
    found[*address] = printable(std::string(cells[kHardware]), 20);
  }
  return found;
}

std::optional<SsdpAnswer> parse_ssdp(std::string_view text) {
  if (!text.starts_with("HTTP/1.1 200") || text.size() > 4096) return std::nullopt;
  SsdpAnswer answer;
  for (const std::string_view line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = lower(trim(line.substr(0, colon)));
    if (name == "server") answer.server = shown(line.substr(colon + 1));
    if (name == "location") answer.location = trim(line.substr(colon + 1));
  }
  return answer;
}

std::string parse_description(std::string_view xml) {
  pugi::xml_document document;
  // Neither external entities nor DOCTYPEs are followed by pugixml.
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return {};
  const pugi::xml_node device = document.child("root").child("device");
  std::string text;
  for (const char* part : {"manufacturer", "modelName", "modelNumber"})
    if (const std::string value = shown(device.child(part).text().get()); !value.empty())
      text += (text.empty() ? "" : " ") + value;
  return printable(text, kLongest);
}

std::vector<std::string> parse_mdns(std::string_view packet) {
  std::set<std::string> names;
  ns_msg message;
  const auto* bytes = reinterpret_cast<const unsigned char*>(packet.data());
  if (packet.size() > 9000 || ns_initparse(bytes, static_cast<int>(packet.size()), &message) != 0)
    return {};
  for (const ns_sect section : {ns_s_an, ns_s_ar})
    for (int i = 0; i < ns_msg_count(message, section) && names.size() < kMostNames; ++i) {
      ns_rr record;
      if (ns_parserr(&message, section, i, &record) != 0) break;
      const auto type = ns_rr_type(record);
      if (type == ns_t_ptr) {
        std::array<char, NS_MAXDNAME> name{};
        if (dn_expand(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record), name.data(),
                      static_cast<int>(name.size())) >= 0)
          names.insert(shown(name.data()));
      }
      if (type == ns_t_srv || type == ns_t_a) names.insert(shown(ns_rr_name(record)));
    }
  names.erase("");
  return {names.begin(), names.end()};
}

std::string mdns_query() {
  using namespace std::string_literals;
  // Header with one question; _services._dns-sd._udp.local, PTR, IN with the QU bit.
  return "\0\0\0\0\0\1\0\0\0\0\0\0"s
         "\x09_services\x07_dns-sd\x04_udp\x05local\0"s
         "\0\x0c\x80\1"s;
}

std::string parse_greeting(std::string_view bytes) {
  return shown(bytes.substr(0, bytes.find_first_of("\r\n")));
}

std::string parse_title(std::string_view html) {
  const std::string small = lower(html.substr(0, std::size_t{64} << 10U));
  const std::size_t open = small.find("<title");
  if (open == std::string::npos) return {};
  const std::size_t from = small.find('>', open);
  const std::size_t to = small.find("</title", open);
  if (from == std::string::npos || to == std::string::npos || to < from) return {};
  return shown(html.substr(from + 1, to - from - 1));
}

}  // namespace sekisho
