// SPDX-License-Identifier: Apache-2.0
// What a shell makes of the command is judged by a shell.
#include "server/devices/restart.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <random>

#include <fmt/format.h>

namespace sekisho {
namespace {

using Words = std::vector<std::string>;

/// The words of a command as sh takes them.
Words in_shell(const std::string& command) {
  FILE* pipe = ::popen(("set -- " + command + "; printf '%s\\0' \"$@\"").c_str(), "r");
  std::string all;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) all += static_cast<char>(c);
  ::pclose(pipe);
  Words words;
  for (std::size_t at = 0; at < all.size(); at = all.find('\0', at) + 1)
    words.push_back(all.substr(at, all.find('\0', at) - at));
  return words;
}

ServerOptions listening(unsigned short port, unsigned short agents = 0) {
  ServerOptions options;
  options.listen.address = "127.0.0.1";
  options.listen.port = port;
  options.agents.on = agents != 0;
  options.agents.address = "127.0.0.1";
  options.agents.port = agents;
  return options;
}

TEST(Restart, KeepsAllThatTheServerWasStartedWithButWhereItListens) {
  EXPECT_EQ(
      restart_command({"/opt/sekisho", "--data", "/d", "serve", "--listen", "127.0.0.1:9000",
                       "--agents=127.0.0.1:9555", "--database", "/srv/firm's data/s.db",
                       "--no-check", "--insecure-listen", "--name", "a", "--name", "b",
                       "--public-url", "http://127.0.0.1:9000"},
                      listening(9000, 9555)),
      "/opt/sekisho --data /d serve --database '/srv/firm'\\''s data/s.db' --no-check --name a "
      "--name b --tls self --listen 0.0.0.0:9000 --agents 0.0.0.0:9555");
  EXPECT_EQ(restart_command({"sekisho", "serve"}, listening(8480)),
            "sekisho serve --tls self --listen 0.0.0.0:8480 --agents 0.0.0.0:8490");
  EXPECT_EQ(restart_command({"sekisho", "demo", "x"}, listening(8480)),
            "sekisho serve --tls self --listen 0.0.0.0:8480 --agents 0.0.0.0:8490");
  EXPECT_EQ(
      restart_command({"sekisho", "serve", "--tls-cert", "/c", "--tls-key", "/k"}, listening(443)),
      "sekisho serve --tls-cert /c --tls-key /k --listen 0.0.0.0:443 --agents 0.0.0.0:453");
  // A file is named so that another folder leads to the same.
  for (const std::vector<std::string>& given :
       {std::vector<std::string>{"--database", "y.db"}, {"--database=y.db"}}) {
    std::vector<std::string> words{"sekisho", "serve"};
    words.insert(words.end(), given.begin(), given.end());
    EXPECT_TRUE(
        restart_command(words, listening(443)).contains(std::filesystem::absolute("y.db").string()))
        << given[0];
  }
}

TEST(Restart, ShowsNoSecret) {
  for (const char* given :
       {"postgres://u:hunter2@db/s", "--database=postgres://u:hunter2@db/s?x=1",
        "postgresql://u:hun/hunter2@ter@db/s", "postgres://db/s?user=u&password=hunter2&x=1",
        "host=db password=hunter2 user=u", "http://u:hunter2@127.0.0.1:8123/sekisho",
        "--oidc-secret=hunter2"})
    EXPECT_EQ(
        restart_command({"sekisho", "serve", "--database", given}, listening(1)).find("hunter2"),
        std::string::npos)
        << given;
  EXPECT_EQ(restart_command({"s", "serve", "--api-token", "hunter2"}, listening(1)).find("hunter2"),
            std::string::npos);
  EXPECT_NE(
      restart_command({"s", "serve", "--oidc-secret-file", "/etc/o"}, listening(1)).find("/etc/o"),
      std::string::npos)
      << "where a secret lies is none";
}

TEST(Restart, AServiceIsStartedAgainFromItsSettings) {
  const std::string command =
      restart_command({"sekisho", "serve"}, listening(8480), {"sekisho", "/var/lib/sekisho"});
  EXPECT_EQ(command,
            "sudo sed -i -E '/^(listen|agents|tls):/d' /etc/sekisho/server.yaml && printf '%s\\n' "
            "'listen: \"0.0.0.0:8480\"' 'agents: \"0.0.0.0:8490\"' 'tls: self' | sudo tee -a "
            "/etc/sekisho/server.yaml && sudo systemctl restart sekisho-server");
  // With a certificate of somebody else's that one stays.
  ServerOptions certified = listening(443);
  certified.listen.tls_cert = "/etc/ssl/a.pem";
  EXPECT_EQ(restart_command({"sekisho", "serve"}, certified, {"sekisho", "/v"}).find("tls"),
            std::string::npos);
}

TEST(Restart, ABackupIsOfTheDatabaseThatTheServerUses) {
  ServerOptions options;
  options.database = "/srv/firm's data/s.db";
  EXPECT_EQ(backup_command({"/opt/sekisho", "serve"}, options, {}),
            R"(/opt/sekisho backup --database '/srv/firm'\''s data/s.db' )"
            "sekisho-$(date -Iminutes | tr -d :).backup");
  const auto words = in_shell(backup_command({"sekisho"}, options, {}));
  ASSERT_EQ(words.size(), 5U);
  EXPECT_EQ(words[3], options.database);
  EXPECT_TRUE(words[4].starts_with("sekisho-2") && words[4].ends_with(".backup")) << words[4];
  // What is relative is relative to where the server runs, and not to who pastes it.
  options.database = "s.db";
  EXPECT_EQ(in_shell(backup_command({"sekisho"}, options, {}))[3],
            (std::filesystem::current_path() / "s.db").string());

  // A service's user may not write to just any folder, and nobody signs in as it.
  options.database = "/var/lib/sekisho/sekisho.db";
  EXPECT_TRUE(backup_command({"sekisho"}, options, {"sekisho", "/var/lib/sekisho"})
                  .starts_with("sudo -u sekisho sekisho backup --database "
                               "/var/lib/sekisho/sekisho.db /var/lib/sekisho/sekisho-$("));
  EXPECT_NE(
      backup_command({"sekisho"}, options, {"sekisho", ""}).find(" /var/lib/sekisho/sekisho-$"),
      std::string::npos);

  options.database = "postgres://s:hunter2@db/s";
  EXPECT_NE(backup_command({"sekisho"}, options, {}).find("--database 'postgres://s:***@db/s' "),
            std::string::npos);
  options.database_file = "/etc/sekisho/database";
  EXPECT_NE(backup_command({"sekisho"}, options, {}).find("--database-file /etc/sekisho/database "),
            std::string::npos);
  EXPECT_EQ(backup_command({"sekisho"}, options, {}).find("hunter2"), std::string::npos);
}

TEST(Restart, WhateverWasGivenComesThroughAShell) {
  std::mt19937 random(7);  // NOLINT: the same each time
  const std::string signs = "ab $`\"'\\;&|<>()*?[]{}~#!\n\t=%é.-/";
  for (int round = 0; round < 60; ++round) {
    Words words{"sekisho", "serve"};
    for (int i = 0; i < 4; ++i) {
      std::string value = "/v";
      for (std::size_t length = random() % 12; length > 0; --length)
        value += signs[random() % signs.size()];
      words.insert(words.end(), {i % 2 == 0 ? "--name" : "--database", value});
    }
    Words expected = words;
    for (const char* more :
         {"--tls", "self", "--listen", "0.0.0.0:8480", "--agents", "0.0.0.0:8490"})
      expected.emplace_back(more);
    EXPECT_EQ(in_shell(restart_command(words, listening(8480))), expected);
  }
}

}  // namespace
}  // namespace sekisho
