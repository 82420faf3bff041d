// SPDX-License-Identifier: Apache-2.0
// What `sekisho serve` can be told, in one table: from it come the flags and their help, the keys
// of the file (/etc/sekisho/server.yaml), the names in the environment, and which of them are
// secrets that systemd may hand over. A flag counts more than the environment, and that more than
// the file.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/app.h"

namespace sekisho {

struct ServeOptions {
  std::string listen = "127.0.0.1:8480";
  std::string database;
  std::string database_file;
  std::string line_database;
  std::string line_password_file;
  std::string tls_cert;
  std::string tls_key;
  std::string public_url;
  std::vector<std::string> trusted_proxies;
  std::string oidc_issuer;
  std::string oidc_client;
  std::string oidc_secret_file;
  std::string agents;
  std::string agents_url;
  std::string packages;
  std::string tls;
  std::vector<std::string> names;
  std::string gate;
  std::vector<std::string> gate_apps;
  std::vector<std::string> places;
  std::string enforcers;
  std::string enforcers_listen;
  std::string metrics;
  std::string metrics_token_file;
  std::string security_contact;
  std::string log = "logfmt";
  bool insecure = false;
  bool no_check = false;
};

struct Setting {
  std::string name;  // --tls-cert, SEKISHO_TLS_CERT, tls-cert:
  std::variant<std::string ServeOptions::*, std::vector<std::string> ServeOptions::*,
               bool ServeOptions::*>
      field;
  Text help;
  std::vector<std::string> choices = {};
  /// Where systemd was told to hand over a file of this name (LoadCredential=), it is that.
  std::string credential = {};
};

const std::vector<Setting>& serve_settings();
/// SEKISHO_TLS_CERT of tls-cert.
std::string environment_name(std::string_view setting);

struct Surroundings {
  std::map<std::string, std::string> environment;
  /// Of the file that was named, else of the usual place when something is there.
  std::string usual_file = "/etc/sekisho/server.yaml";

  static Surroundings of_this_process();
};

/// What the words on the command line said, and what is still to be taken from elsewhere.
struct GivenSettings {
  ServeOptions options;
  std::string config;
  std::set<std::string> by_flag;
};

/// Adds the flags, and --config.
void add_settings(CLI::App& command, Lang lang, GivenSettings& given);

struct Settled {
  ServeOptions options;
  std::string file;           // that was read; may be none
  std::vector<Text> remarks;  // on what was not understood, and is perhaps not meant for us
};
/// All of it in its order. Refused: a key that isn't known, with the nearest that is, a name in the
/// environment that is a slip away from one, and a value of another kind.
Result<Settled> settle(const GivenSettings& given, const Surroundings& from);

}  // namespace sekisho
