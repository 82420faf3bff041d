// SPDX-License-Identifier: Apache-2.0
// sekisho access live: who is in now, asked of the server that runs, since it holds that in its
// memory; by an API token, as any other program would ask.
#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "net/net.h"
#include "server/http/watched.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct LiveOptions {
  std::string server = "http://127.0.0.1:8480";
  std::string token_file;
  std::string authority;  // a file, PEM; empty: those that the system trusts
  std::string search;
  std::string resource;
  bool json = false;
};

/// Of sessions that are shown; how many there are is said.
constexpr std::size_t kMostListed = 10'000;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0)
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

Result<Outgoing> question_of(const LiveOptions& options) {
  const auto token = SecretFile::open(options.token_file);
  if (!token) return std::unexpected(token.error());
  Outgoing question{.protocols = "https,http", .most = std::size_t{16} << 20U};
  question.headers = {"Authorization: Bearer " + (*token)->value(), "Accept-Language: en"};
  if (!options.authority.empty()) {
    const auto pem = read_input_file(options.authority, std::size_t{1} << 20U);
    if (!pem) return std::unexpected(pem.error());
    question.trust = {Trust::In::authority, *pem};
  }
  return question;
}

/// In plain HTTP a token would be everybody's on the way.
bool may_carry_token(const std::string& server) {
  const auto parts = parts_of(server);
  return parts && (parts->scheme == "https" || is_this_machine(parts->host));
}

/// One page of the list, from a place in it.
Result<json::object> page_of(const LiveOptions& options, Outgoing question, std::int64_t after) {
  question.url = fmt::format("{}/api/v1/access/sessions?limit=500&after={}", options.server, after);
  if (!options.search.empty()) question.url += "&q=" + escaped(options.search);
  if (!options.resource.empty()) question.url += "&resource=" + escaped(options.resource);
  const auto said = ask(question);
  if (!said)
    return failure(fmt::format("サーバーにつながりません（{}）。", said.error().text.ja),
                   fmt::format("the server cannot be reached ({}).", said.error().text.en),
                   shown_url(options.server));
  if (said->status == 401 || said->status == 403)
    return failure(
        "このトークンでは見られません。管理者の read "
        "のトークンをアカウントの画面で作ってください。",
        "this token may not see it; make one with the scope read under Account, as an "
        "administrator.",
        shown_url(options.server));
  const auto document = parse_json("", said->body, {std::size_t{16} << 20U, 200'000, 12});
  if (said->status != 200 || !document || !document->root.is_object() ||
      !document->root.get_object().contains("items"))
    return failure(fmt::format("サーバーの答えを読めません（{}）。", said->status),
                   fmt::format("the server's answer can't be read ({}).", said->status),
                   shown_url(options.server));
  return document->root.get_object();
}

struct Live {
  json::array items;
  std::int64_t total = 0;
};

Result<Live> ask_all(const LiveOptions& options) {
  const auto question = question_of(options);
  if (!question) return std::unexpected(question.error());
  Live all;
  for (std::int64_t after = 0; all.items.size() < kMostListed;) {
    auto page = page_of(options, *question, after);
    if (!page) return std::unexpected(page.error());
    for (json::value& item : page->at("items").as_array()) all.items.push_back(std::move(item));
    all.total = page->at("total").to_number<std::int64_t>();
    const json::value& next = page->at("next");
    if (next.is_null()) break;
    after = next.to_number<std::int64_t>();
  }
  return all;
}

/// What a stranger sent goes through printable().
std::string text_at(const json::value& one, const char* name) {
  const json::value* found = one.is_object() ? one.get_object().if_contains(name) : nullptr;
  if (found == nullptr || found->is_null()) return "-";
  if (found->is_object() && found->get_object().contains("name"))
    found = &found->get_object().at("name");
  return found->is_string() ? printable(found->get_string()) : "-";
}

std::string as_text(const App& app, const Live& all) {
  std::string out =
      fmt::format(fmt::runtime(app.tr("接続 {} 件\n", "{} connections\n")), all.total);
  for (const json::value& one : all.items)
    out += fmt::format("  {}  {}  {}  {}  {}  {}\n", pad_to(text_at(one, "person"), 20),
                       pad_to(text_at(one, "device"), 16), pad_to(text_at(one, "resource"), 20),
                       pad_to(text_at(one, "from"), 16), text_at(one, "since"),
                       text_at(one, "enforcer"));
  return out;
}

int access_live(const App& app, const LiveOptions& options) {
  if (!may_carry_token(options.server))
    return app.complain({{"サーバーの URL は https:// か、この機械のものにしてください。",
                          "let the server's URL be https://, or one of this machine."},
                         shown_url(options.server)});
  Result<Live> all;
  try {
    all = ask_all(options);
  } catch (const boost::system::system_error&) {
    all = failure("サーバーの答えを読めません。", "the server's answer can't be read.",
                  shown_url(options.server));
  }
  if (!all) return app.complain(all.error());
  if (!options.json) return App::say(as_text(app, *all));
  return App::say(json::serialize(json::object{{"total", all->total}, {"items", all->items}}) +
                  "\n");
}

}  // namespace

void add_access_live(CLI::App& access, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<LiveOptions>();
  CLI::App* live =
      access.add_subcommand("live", tr("いま誰が何を使っているか（動いているサーバーに聞く）",
                                       "who is in where now, asked of the server that runs"));
  live->add_option("--server", options->server,
                   tr("コンソールの URL（既定: http://127.0.0.1:8480）",
                      "the console's URL (default: http://127.0.0.1:8480)"));
  live->add_option("--token-file", options->token_file,
                   tr("API トークン（read）が入ったファイル", "a file with an API token (read)"))
      ->required();
  live->add_option("--authority", options->authority,
                   tr("サーバーを確かめる認証局のファイル（PEM）",
                      "a file with the authority to trust the server by (PEM)"));
  live->add_option("--search", options->search,
                   tr("人・端末・対象の名前", "in the names of people, devices, resources"));
  live->add_option("--resource", options->resource, tr("対象の名前", "the resource's id"));
  live->add_flag("--json", options->json, tr("JSON で出す", "print JSON"));
  live->callback([options, &chosen] {
    chosen = [options](const App& app) { return access_live(app, *options); };
  });
}

}  // namespace sekisho
