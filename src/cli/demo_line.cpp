// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_line.h"

#include <array>

#include "server/line/line.h"

namespace sekisho {
namespace {

class DemoLine {
 public:
  DemoLine(const Guideline& guideline, Database& db, unsigned days, std::mt19937& random)
      : guideline_(guideline), db_(db), days_(days), random_(random) {}

  Result<void> make() {
    struct Wanted {
      std::uint8_t protocol;
      std::uint16_t port;
      double share;  // of packets, at the end; the rest goes anywhere
      Tool tool;
    };
    constexpr std::array<Wanted, 14> kWanted{{{kProtocolTcp, 23, 0.21, Tool::mirai},
                                              {kProtocolTcp, 3389, 0.12, Tool::masscan},
                                              {kProtocolTcp, 22, 0.09, Tool::zmap},
                                              {kProtocolTcp, 445, 0.07, Tool::none},
                                              {kProtocolTcp, 80, 0.05, Tool::zmap},
                                              {kProtocolTcp, 443, 0.05, Tool::zmap},
                                              {kProtocolTcp, 8080, 0.04, Tool::none},
                                              {kProtocolTcp, 5555, 0.03, Tool::mirai},
                                              {kProtocolTcp, 6379, 0.03, Tool::none},
                                              {kProtocolTcp, 1433, 0.02, Tool::none},
                                              {kProtocolTcp, 5900, 0.02, Tool::none},
                                              {kProtocolUdp, 53, 0.03, Tool::none},
                                              {kProtocolUdp, 1900, 0.03, Tool::none},
                                              {kProtocolUdp, 5060, 0.03, Tool::none}}};
    constexpr unsigned kMostDays = 45;
    constexpr unsigned kAday = 4;  // minutes that are made of a day
    const auto task = sensor_task(db_);
    if (!task) return std::unexpected(task.error());
    const Time moment = now();
    LinePiece piece;
    piece.sequence = 1;
    piece.seconds = 21'600;  // a rate that is likely at a small line
    const unsigned days = std::min(days_, kMostDays);
    LineTally tally;
    for (unsigned i = days * kAday; i-- > 0;) {
      const double grown = 1 - static_cast<double>(i) / (days * kAday);
      tally.clear();
      const std::size_t packets = 120 + below(60) + static_cast<std::size_t>(80 * grown);
      for (std::size_t p = 0; p < packets; ++p) {
        double dice = chance();
        const std::uint64_t from = hash_of(task->key, source());
        const std::uint64_t to =
            hash_of(task->key, Address::v4(0xcb007100U + static_cast<std::uint32_t>(below(8))));
        Packet one;
        one.length = 60;
        one.port = static_cast<std::uint16_t>(1024 + below(60'000));
        one.has_ports = true;
        one.protocol = kProtocolTcp;
        one.purpose = Purpose::tcp_scan;
        for (const Wanted& wanted : kWanted) {
          const double share =
              wanted.port == 3389 ? wanted.share * (0.3 + 0.7 * grown) : wanted.share;
          dice -= share;
          if (dice >= 0) continue;
          one.protocol = wanted.protocol;
          one.port = wanted.port;
          one.purpose = wanted.protocol == kProtocolUdp ? Purpose::udp : Purpose::tcp_scan;
          one.tool = wanted.tool;
          break;
        }
        tally.add(std::array{hit_of(one, from, to)});
      }
      piece.minutes.push_back(
          {start_of(Period::minute, moment - std::chrono::minutes(1 + i * (1440 / kAday))),
           tally.encode(task->key)});
    }
    for (unsigned i = 0; i < days; ++i) {
      const double grown = 1 - static_cast<double>(i) / days;
      piece.logins.push_back({"rdp", start_of(Period::hour, moment - std::chrono::days(i)),
                              static_cast<std::int64_t>(20 + 600 * grown * grown * chance())});
      piece.logins.push_back({"ssh", start_of(Period::hour, moment - std::chrono::days(i)),
                              static_cast<std::int64_t>(60 + below(90))});
    }
    const Time began = moment - std::chrono::hours(5);
    LineFound found;
    found.attacks.push_back({"rdp",
                             *read_address("203.0.113.5"),
                             14,
                             612,
                             began,
                             moment - std::chrono::minutes(9),
                             began + std::chrono::hours(2),
                             true,
                             false,
                             {source(), source(), source()}});
    for (std::int64_t i = 0; i < 8; ++i)
      found.busiest.push_back({source(),
                               900 - 100 * i,
                               moment - std::chrono::days(3),
                               moment - std::chrono::minutes(i),
                               i % 3 == 0 ? "Mirai" : "",
                               {},
                               {},
                               {i % 2 == 0 ? std::uint16_t{23} : std::uint16_t{3389}}});
    // Made up, like all of the demo: where attacks come from says little about who sends them.
    for (const auto& [name, sources, packets] :
         std::initializer_list<OriginLine>{{"US", 812, 9'120},
                                           {"CN", 640, 7'340},
                                           {"NL", 101, 4'450},
                                           {"RU", 233, 2'980},
                                           {"BR", 310, 1'760},
                                           {"IN", 275, 1'510},
                                           {"DE", 96, 1'320},
                                           {"VN", 190, 1'180},
                                           {"JP", 88, 640},
                                           {"SG", 41, 610},
                                           {"GB", 52, 480},
                                           {"ID", 77, 350},
                                           {"ZA", 24, 120},
                                           {"", 60, 410}})
      found.countries.push_back({name, sources, packets});
    found.systems = {{"AS64500 Example Hosting", 96, 4'210},
                     {"AS64501 Example Broadband", 402, 3'050},
                     {"AS64502 Example Cloud", 51, 2'600}};
    found.campaigns = {{{23, 2323}, began, began + std::chrono::hours(3), 64, 1'830, "Mirai"},
                       {{3389}, began + std::chrono::hours(1), moment, 38, 940, {}}};
    piece.found = std::move(found);
    const auto taken = take_piece(db_, {}, guideline_, DeviceId(1), piece, moment);
    return taken ? Result<void>() : std::unexpected(taken.error());
  }

 private:
  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  /// Of the addresses for examples (RFC 5737) and for tests (RFC 2544): nobody's.
  Address source() {
    const std::size_t one = below(4000);
    return Address::v4(
        static_cast<std::uint32_t>(one < 200 ? 0xc6336400U + one : 0xc6120000U + one * 31));
  }

  const Guideline& guideline_;
  Database& db_;
  unsigned days_;
  std::mt19937& random_;
};

}  // namespace

Result<void> demo_line(const Guideline& guideline, Database& db, unsigned days,
                       std::mt19937& random) {
  return DemoLine(guideline, db, days, random).make();
}

}  // namespace sekisho
