// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_settings.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/program.h"

namespace sekisho {
namespace {

constexpr std::string_view kPrefix = "SEKISHO_";
constexpr std::size_t kMostFile = std::size_t{64} << 10U;

std::vector<Setting> table() {
  using O = ServeOptions;
  return {
      {"listen",
       &O::listen,
       {"待ち受ける場所（127.0.0.1:8480）", "where to listen (127.0.0.1:8480)"}},
      {"database",
       &O::database,
       {"記録の置き場所。ファイルか postgres://…",
        "where records are kept: a file or postgres://…"}},
      {"database-file",
       &O::database_file,
       {"それを書いたファイル（パスワードを含むとき）",
        "a file that says so (where it holds a password)"},
       {},
       "database"},
      {"line-database",
       &O::line_database,
       {"外部からの通信の観測を置く ClickHouse（http://user@127.0.0.1:8123/sekisho）",
        "ClickHouse for what sensors count (http://user@127.0.0.1:8123/sekisho)"}},
      {"line-password-file",
       &O::line_password_file,
       {"ClickHouse のパスワードを入れたファイル", "file with the password of ClickHouse"},
       {},
       "line-password"},
      {"tls",
       &O::tls,
       {"self: 自前の認証局で TLS を用意する（端末ごとに一度信頼します）",
        "self: TLS by an authority of its own, which each device trusts once"},
       {"self"}},
      {"name",
       &O::names,
       {"このサーバーの名前かアドレス（sekisho.local など。何度でも）",
        "a name or address of this server (sekisho.local; may be given again)"}},
      {"tls-cert", &O::tls_cert, {"TLS の証明書（PEM）", "TLS certificate (PEM)"}, {}, "tls-cert"},
      {"tls-key", &O::tls_key, {"TLS の鍵（PEM）", "TLS key (PEM)"}, {}, "tls-key"},
      {"public-url",
       &O::public_url,
       {"使う人から見たアドレス（https://sekisho.example.jp）",
        "the address that people use (https://sekisho.example.jp)"}},
      {"agents",
       &O::agents,
       {"端末からの報告を受ける場所（0.0.0.0:8490 など。なければ受けない）",
        "where agents of devices report, 0.0.0.0:8490 say (none otherwise)"}},
      {"agents-url",
       &O::agents_url,
       {"端末から見たその場所（https://sekisho.example.jp:8490）",
        "that place as devices see it (https://sekisho.example.jp:8490)"}},
      {"trusted-proxy",
       &O::trusted_proxies,
       {"前に立つプロキシのアドレス（192.0.2.10、192.0.2.0/24 など。何度でも）",
        "address of a proxy in front of it (192.0.2.10, 192.0.2.0/24; may be given again)"}},
      {"packages",
       &O::packages,
       {"端末に配る sekisho.exe と .deb のフォルダー（make packages で作ります）",
        "folder of the sekisho.exe and .deb for devices (make packages)"}},
      {"insecure-listen",
       &O::insecure,
       {"TLS なしで外から受ける（TLS 終端の内側でだけ）",
        "listen beyond this machine without TLS (only behind what speaks TLS)"}},
      {"oidc-issuer", &O::oidc_issuer, {"OpenID Connect の発行者", "OpenID Connect issuer"}},
      {"oidc-client",
       &O::oidc_client,
       {"OpenID Connect のクライアント ID", "OpenID Connect client id"}},
      {"oidc-secret-file",
       &O::oidc_secret_file,
       {"クライアントの秘密か、鍵（PEM）を入れたファイル",
        "file with the client's secret, or its key (PEM)"},
       {},
       "oidc-secret"},
      {"gate",
       &O::gate,
       {"Web アプリケーションの前のプロキシが尋ねる場所（127.0.0.1:8482。なければ尋ねられない）",
        "where proxies of web applications ask, 127.0.0.1:8482 say (none otherwise)"}},
      {"gate-app",
       &O::gate_apps,
       {"そのアプリケーション: ホスト名=ポリシーの対象=表示名（何度でも）",
        "one of these: host=resource of the policy=name (may be given again)"}},
      {"places",
       &O::places,
       {"アドレスがどこにあるかのファイル（MaxMind 形式の "
        "*.mmdb。何度でも）。なりすましの疑いが場所も見る",
        "file that says where addresses are (*.mmdb; may be given again): the risk of "
        "impersonation "
        "looks at places too"}},
      {"enforcers",
       &O::enforcers,
       {"SSH サーバーの見張りなどが尋ねるソケット（/run/sekisho-server/enforcers.sock など）",
        "socket at which guards of SSH servers ask (/run/sekisho-server/enforcers.sock, say)"}},
      {"enforcers-listen",
       &O::enforcers_listen,
       {"別のマシンの見張りが、証明書を示して尋ねる場所（0.0.0.0:8484 など。なければ受けない）",
        "where guards of other machines ask by certificate, 0.0.0.0:8484 say (none otherwise)"}},
      {"metrics",
       &O::metrics,
       {"監視に /metrics と /readyz だけを見せる場所（127.0.0.1:9480 など）",
        "where monitoring alone reads /metrics and /readyz, 127.0.0.1:9480 say"}},
      {"metrics-token-file",
       &O::metrics_token_file,
       {"/metrics を読むためのトークンを入れたファイル",
        "file with the token that /metrics asks for"},
       {},
       "metrics-token"},
      {"security-contact",
       &O::security_contact,
       {"脆弱性の連絡先（mailto:… か https://…）。security.txt に載せます",
        "where vulnerabilities are reported (mailto:… or https://…), for security.txt"}},
      {"log",
       &O::log,
       {"記録の行の形（logfmt か json）", "the form of lines in the log (logfmt, json)"},
       {"logfmt", "json"}},
      {"no-check", &O::no_check, {"この端末を確かめない", "do not look at this machine"}},
  };
}

const Setting* find(std::string_view name) {
  const auto& all = serve_settings();
  const auto found = std::ranges::find(all, name, &Setting::name);
  return found == all.end() ? nullptr : &*found;
}

std::unexpected<Error> refuse(const std::string& where, Text what) {
  return std::unexpected(Error{std::move(what), where});
}

Text wrong_kind(std::string_view what_ja, std::string_view what_en) {
  return {fmt::format("ここには{}を書いてください。", what_ja),
          fmt::format("this has to be {}.", what_en)};
}

/// Values as text, of one setting: what a file's list or a variable gives.
Result<void> set(ServeOptions& options, const Setting& setting, const std::string& where,
                 std::vector<std::string> values) {
  if (!setting.choices.empty() &&
      std::ranges::find(setting.choices, values.front()) == setting.choices.end())
    return refuse(where, {"使えるのは: " + join(setting.choices, "、"),
                          "it can be: " + join(setting.choices, ", ")});
  if (const auto* text = std::get_if<std::string ServeOptions::*>(&setting.field)) {
    if (values.size() != 1) return refuse(where, wrong_kind("一つの値", "one value"));
    options.*(*text) = std::move(values.front());
  } else if (const auto* list =
                 std::get_if<std::vector<std::string> ServeOptions::*>(&setting.field)) {
    options.*(*list) = std::move(values);
  } else {
    const std::string word = lower(values.front());
    constexpr std::array<std::string_view, 4> kYes{"true", "1", "yes", "on"};
    constexpr std::array<std::string_view, 4> kNo{"false", "0", "no", "off"};
    const bool yes = std::ranges::find(kYes, word) != kYes.end();
    if (values.size() != 1 || (!yes && std::ranges::find(kNo, word) == kNo.end()))
      return refuse(where, wrong_kind(" true か false ", "true or false"));
    options.*std::get<bool ServeOptions::*>(setting.field) = yes;
  }
  return {};
}

std::optional<std::string> scalar(const boost::json::value& value) {
  if (value.is_string() && !value.as_string().empty()) return std::string(value.as_string());
  if (value.is_int64()) return std::to_string(value.as_int64());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return std::nullopt;
}

/// One value, or several in a list.
std::optional<std::vector<std::string>> values_of(const boost::json::value& value) {
  if (!value.is_array()) {
    auto one = scalar(value);
    return one ? std::optional(std::vector{std::move(*one)}) : std::nullopt;
  }
  std::vector<std::string> values;
  for (const auto& entry : value.as_array()) {
    auto one = scalar(entry);
    if (!one) return std::nullopt;
    values.push_back(std::move(*one));
  }
  return values.empty() ? std::nullopt : std::optional(std::move(values));
}

Text with_nearest(const Text& text, const std::string& word,
                  const std::vector<std::string>& known) {
  const Text near = nearest(word, known);
  return near.empty() ? text : Text{text.ja + near.ja, text.en + " " + near.en};
}

/// The file as the package brings it: each setting stands as it is by itself.
bool says_nothing(std::string_view text) {
  return std::ranges::all_of(split(text, '\n'), [](std::string_view line) {
    const std::string_view words = trim(line);
    return words.empty() || words.starts_with('#');
  });
}

Result<void> take_file(ServeOptions& options, const std::string& path,
                       std::set<std::string>& done) {
  const auto text = read_input_file(path, kMostFile);
  if (!text) return std::unexpected(text.error());
  if (says_nothing(*text)) return {};
  const auto document = parse_yaml(path, *text);
  if (!document) return std::unexpected(document.error());
  if (document->root.is_null()) return {};
  if (!document->root.is_object())
    return refuse(path, wrong_kind("「listen: 127.0.0.1:8480」のような行",
                                   "lines like listen: 127.0.0.1:8480"));
  std::vector<std::string> known;
  for (const Setting& setting : serve_settings()) known.push_back(setting.name);
  for (const auto& [key, value] : document->root.as_object()) {
    const std::string name(key);
    const auto place = document->places.find("/" + name);
    const std::string where =
        (place == document->places.end() ? path : place->second) + ": " + printable(name, 80);
    const Setting* setting = find(name);
    if (setting == nullptr)
      return refuse(
          where, with_nearest({"この名前の設定はありません。", "there is no setting of this name."},
                              name, known));
    auto values = values_of(value);
    if (!values) return refuse(where, wrong_kind("値", "a value"));
    if (done.contains(name)) continue;
    if (auto taken = set(options, *setting, where, std::move(*values)); !taken) return taken;
    done.insert(name);
  }
  return {};
}

/// What other programs put there under this name: Kubernetes of a service, and our own tests.
bool is_of_others(std::string_view name) {
  return name.find("_SERVICE_") != std::string_view::npos || name == "SEKISHO_PORT" ||
         name.starts_with("SEKISHO_PORT_") || name.starts_with("SEKISHO_TEST_") ||
         name == "SEKISHO_BINARY" || name == "SEKISHO_LONG" || name == "SEKISHO_CONFIG";
}

Result<void> take_environment(Settled& settled, const Surroundings& from,
                              std::set<std::string>& done) {
  std::vector<std::string> known;
  for (const Setting& setting : serve_settings()) known.push_back(environment_name(setting.name));
  for (const auto& [name, value] : from.environment) {
    if (!name.starts_with(kPrefix) || is_of_others(name)) continue;
    const auto at = std::ranges::find(known, name);
    if (at == known.end()) {
      const Text what{"この名前の設定はありません。", "there is no setting of this name."};
      if (!nearest(name, known).empty())
        return refuse(printable(name, 80), with_nearest(what, name, known));
      settled.remarks.push_back(
          {printable(name, 80) + ": " + what.ja, printable(name, 80) + ": " + what.en});
      continue;
    }
    const Setting& setting = serve_settings()[static_cast<std::size_t>(at - known.begin())];
    if (value.empty() || done.contains(setting.name)) continue;
    std::vector<std::string> values{value};
    if (std::holds_alternative<std::vector<std::string> ServeOptions::*>(setting.field)) {
      values.clear();
      for (const std::string_view one : split(value, ','))
        if (const auto word = trim(one); !word.empty()) values.emplace_back(word);
      if (values.empty()) continue;
    }
    if (auto taken = set(settled.options, setting, name, std::move(values)); !taken) return taken;
    done.insert(setting.name);
  }
  return {};
}

/// What systemd hands over: by its name, or of a whole folder under ours.
void take_credentials(ServeOptions& options, const Surroundings& from,
                      const std::set<std::string>& done) {
  const auto folder = from.environment.find("CREDENTIALS_DIRECTORY");
  if (folder == from.environment.end()) return;
  for (const Setting& setting : serve_settings()) {
    if (setting.credential.empty() || done.contains(setting.name)) continue;
    for (const std::string& name : {setting.credential, "sekisho_" + setting.credential}) {
      const auto file = std::filesystem::path(folder->second) / name;
      std::error_code error;
      if (std::filesystem::exists(file, error))
        options.*std::get<std::string ServeOptions::*>(setting.field) = file.string();
    }
  }
}

}  // namespace

const std::vector<Setting>& serve_settings() {
  static const std::vector<Setting> all = table();
  return all;
}

std::string environment_name(std::string_view setting) {
  std::string name(kPrefix);
  for (const char c : setting)
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Surroundings Surroundings::of_this_process() {
  Surroundings from;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    const std::string_view text(*one);
    if (const std::size_t at = text.find('='); at != std::string_view::npos)
      from.environment.emplace(text.substr(0, at), text.substr(at + 1));
  }
  return from;
}

void add_settings(CLI::App& command, Lang lang, GivenSettings& given) {
  command.add_option("--config", given.config,
                     Text{"設定ファイル（なければ /etc/sekisho/server.yaml）。どの設定も、"
                          "ファイルの listen: や環境変数の SEKISHO_LISTEN "
                          "としても書けます",
                          "file of settings (else /etc/sekisho/server.yaml); each can be written "
                          "there as listen:, or be in the environment as SEKISHO_LISTEN"}
                         .in(lang));
  for (const Setting& setting : serve_settings()) {
    const std::string flag = "--" + setting.name;
    const std::string& help = setting.help.in(lang);
    CLI::Option* option = std::visit(
        [&](auto field) -> CLI::Option* {
          if constexpr (std::is_same_v<decltype(field), bool ServeOptions::*>)
            return command.add_flag(flag, given.options.*field, help);
          else
            return command.add_option(flag, given.options.*field, help);
        },
        setting.field);
    if (!setting.choices.empty()) option->check(CLI::IsMember(setting.choices));
    // So that what is elsewhere does not count.
    option->each([&given, name = setting.name](const std::string&) { given.by_flag.insert(name); });
  }
}

Result<Settled> settle(const GivenSettings& given, const Surroundings& from) {
  Settled settled{given.options, given.config, {}};
  std::set<std::string> done = given.by_flag;
  if (auto taken = take_environment(settled, from, done); !taken)
    return std::unexpected(taken.error());
  if (settled.file.empty())
    if (const auto named = from.environment.find("SEKISHO_CONFIG"); named != from.environment.end())
      settled.file = named->second;
  if (settled.file.empty()) {
    std::error_code error;
    if (std::filesystem::exists(from.usual_file, error) || error) settled.file = from.usual_file;
  }
  if (!settled.file.empty())
    if (auto taken = take_file(settled.options, settled.file, done); !taken)
      return std::unexpected(taken.error());
  take_credentials(settled.options, from, done);
  return settled;
}

}  // namespace sekisho
