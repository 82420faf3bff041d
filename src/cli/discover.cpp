// SPDX-License-Identifier: Apache-2.0
// sekisho discover: what network gear is on one's own LAN, when somebody asks.
#include "collect/discover/discover.h"

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/app.h"
#include "cli/terminal.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct DiscoverArguments {
  std::vector<std::string> networks;
  std::string format = "text";
  bool yes = false;
};

/// The attached networks that were named, or all that are small enough.
Result<std::vector<AttachedNetwork>> chosen_networks(const App& app,
                                                     const std::vector<std::string>& named) {
  auto attached = attached_networks();
  if (!attached) return attached;
  for (const std::string& name : named)
    if (std::ranges::none_of(*attached, [&](const auto& one) { return one.text() == name; }))
      return failure("この機械がつながっているネットワークではありません。",
                     "this machine is not attached to that network.", printable(name, 40));
  std::vector<AttachedNetwork> networks;
  for (const AttachedNetwork& one : *attached) {
    if (!named.empty() && std::ranges::find(named, one.text()) == named.end()) continue;
    if (one.prefix < kWidestPrefix) {
      fmt::print(stderr, "{}\n",
                 app.tr(one.text() + " は広すぎるので調べません（/20 まで）。",
                        one.text() + " is too wide and left out (up to /20)."));
      continue;
    }
    networks.push_back(one);
  }
  if (networks.empty())
    return failure("調べられるネットワークがありません。", "there is no network to look at.");
  return networks;
}

int run(const App& app, const DiscoverArguments& arguments) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto networks = chosen_networks(app, arguments.networks);
  if (!networks) return app.complain(networks.error());
  std::string names;
  for (const AttachedNetwork& one : *networks)
    names += fmt::format("  {} ({})\n", one.text(), one.interface);
  if (!arguments.yes) {
    if (!interactive())
      return app.complain(
          {{"自分の管理するネットワークであることを確かめ、--yes を付けてください。",
            "make sure that the network is yours to look at, and add --yes."},
           {}});
    const auto answer =
        ask(app.tr("次のネットワークの機器に問い合わせます。自分の管理するネットワークですか。\n",
                   "This asks the devices of these networks. Are they yours to look at?\n") +
            names + app.tr("はいなら yes: ", "If so, say yes: "));
    if (answer != "yes") return kExitGood;
  }
  const auto found = discover(*guideline, {*networks});
  if (!found) return app.complain(found.error());
  if (arguments.format == "json") {
    json::array list;
    for (const Neighbour& one : *found) {
      json::array signs;
      for (const std::string& sign : one.signs) signs.emplace_back(sign);
      list.emplace_back(json::object{
          {"address", address_text(one.address)},
          {"hardware", one.hardware},
          {"signs", std::move(signs)},
          {"kind", one.kind == nullptr ? json::value(nullptr) : json::value(one.kind->id)}});
    }
    return App::say(json::serialize(json::object{{"neighbours", std::move(list)}}) + "\n");
  }
  std::string out;
  for (const Neighbour& one : *found) {
    out += fmt::format("{}  {}{}\n", pad_to(address_text(one.address), 16), one.hardware,
                       one.kind == nullptr ? "" : "  ◆ " + one.kind->name.in(app.lang));
    for (const std::string& sign : one.signs) out += "    " + sign + "\n";
  }
  if (found->empty())
    out += app.tr("答えた機器はありませんでした。\n", "Nothing answered.\n");
  else
    out += app.tr(
        "\n◆ "
        "の機器は、コンソールの「端末」でファームウェアのバージョンとともに加えると見張れます。\n",
        "\nEnter what is marked ◆ with its firmware version on the console's page Devices "
        "to have it watched.\n");
  return App::say(out);
}

}  // namespace

void add_discover(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto arguments = std::make_shared<DiscoverArguments>();
  CLI::App* command = cli.add_subcommand(
      "discover", tr("自分のネットワークにある VPN 装置・ルーターなどを探す",
                     "find VPN devices, routers and the like on one's own network"));
  command->add_option("--network", arguments->networks,
                      tr("つながっているネットワークのうち調べるもの（192.168.1.0/24）",
                         "an attached network to look at (192.168.1.0/24)"));
  command->add_option("--format", arguments->format, tr("text か json", "text or json"))
      ->check(CLI::IsMember({"text", "json"}));
  command->add_flag("--yes", arguments->yes,
                    tr("自分の管理するネットワークである", "the networks are yours to look at"));
  command->callback([arguments, &chosen] {
    chosen = [arguments](const App& app) { return run(app, *arguments); };
  });
}

}  // namespace sekisho
