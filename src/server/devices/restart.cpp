// SPDX-License-Identifier: Apache-2.0
#include "server/devices/restart.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "server/api/addresses.h"

namespace sekisho {
namespace {

/// What is said anew; the first ones with a value.
constexpr std::array<std::string_view, 3> kAnew{"--listen", "--agents", "--tls"};
constexpr std::string_view kInsecure = "--insecure-listen";
constexpr std::string_view kPublic = "--public-url";
constexpr const char* kStars = "***";

std::string for_shell(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return out + "'";
}

/// Without the password of user:password@host and what stands behind password= and the like.
std::string without_secrets(std::string word) {
  if (const std::size_t at = word.find("://"); at != std::string::npos) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(word.size(), word.find_first_of("/?#", begin));
    // A password may hold signs that end an address: the last @ is what counts.
    const std::size_t sign = word.rfind('@');
    const std::size_t colon = word.find(':', begin);
    if (sign != std::string::npos && colon < sign && (colon < end || sign > end))
      word.replace(colon + 1, sign - colon - 1, kStars);
  }
  for (const std::string_view name : {"password=", "passwd=", "secret=", "token="})
    for (std::size_t at = word.find(name); at != std::string::npos; at = word.find(name, at)) {
      at += name.size();
      const std::size_t end = std::min(word.size(), word.find_first_of("& ", at));
      word.replace(at, end - at, kStars);
    }
  return word;
}

/// An option whose value is a secret itself, and not the file that holds one.
bool is_secret(std::string_view name) {
  return !name.ends_with("-file") && name.starts_with("--") &&
         (name.find("password") != std::string_view::npos ||
          name.find("secret") != std::string_view::npos ||
          name.find("token") != std::string_view::npos);
}

bool is_only_here(const std::string& url) {
  const std::size_t begin = url.find("//");
  if (begin == std::string::npos) return false;
  const std::string host = url.substr(begin + 2, url.find_first_of(":/", begin + 2) - begin - 2);
  return is_loopback(host) || url.starts_with("http://") || url.starts_with("https://[::1]");
}

struct Flag {
  std::string name;
  std::string value;
  bool joined = false;  // name=value, in one word
};
Flag flag_of(const std::string& word, const std::string& next) {
  const std::size_t sign = word.find('=');
  if (!word.starts_with("--") || sign == std::string::npos) return {word, next, false};
  return {word.substr(0, sign), word.substr(sign + 1), true};
}

/// What is named from the folder that the program was started in is another in another folder.
bool is_path(const Flag& flag) {
  constexpr std::array<std::string_view, 5> kPaths{"--database", "--data", "--config", "--tls-cert",
                                                   "--tls-key"};
  return (std::ranges::find(kPaths, flag.name) != kPaths.end() || flag.name.ends_with("-file") ||
          flag.name.ends_with("-folder")) &&
         !flag.value.empty() && !flag.value.contains("://") &&
         without_secrets(flag.value) == flag.value;
}

/// Where it is to listen: where it does, if others get there.
std::string reachable(std::string address, unsigned port) {
  if (is_loopback(address)) address = "0.0.0.0";
  return fmt::format("{}:{}",
                     address.find(':') == std::string::npos ? address : "[" + address + "]", port);
}

/// Its name where a shell finds just this program by it, else where it lies.
std::string name_in_shell(const std::string& given) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return given;
  for (const std::string_view folder : {"/usr/local/bin", "/usr/bin", "/bin"}) {
    const auto found = std::filesystem::path(folder) / self.filename();
    if (std::filesystem::exists(found, error))
      return std::filesystem::equivalent(found, self, error) ? self.filename().string()
                                                             : self.string();
  }
  return self.string();
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets any
  return value == nullptr ? std::string() : std::string(value);
}

/// What a service was handed lies where its unit takes it from, which root alone reads.
constexpr std::string_view kCredentials = "/etc/sekisho/credentials/";

}  // namespace

RunBy run_by() {
  constexpr uid_t kFirstPerson = 1000;
  const uid_t id = ::geteuid();
  if (id == 0 || id >= kFirstPerson) return {};
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, text.data(), text.size(), &found) != 0 || found == nullptr)
    return {};
  return {entry.pw_name, variable("STATE_DIRECTORY")};
}

std::string backup_command(const std::vector<std::string>& arguments, const ServerOptions& options,
                           const RunBy& by) {
  const bool file = options.database_file.empty() && !is_postgres(options.database);
  std::string secret = options.database_file;
  bool root = false;
  if (const std::string handed = variable("CREDENTIALS_DIRECTORY");
      !handed.empty() && secret.starts_with(handed + "/")) {
    root = true;
    secret = std::string(kCredentials) + std::filesystem::path(secret).filename().string();
  }
  std::string command;
  if (root)
    command = "sudo ";
  else if (!by.user.empty())
    command = "sudo -u " + for_shell(by.user) + " ";
  command += for_shell(arguments.empty() ? "sekisho" : arguments.front()) + " backup ";
  std::error_code error;
  if (file)
    command +=
        "--database " + for_shell(std::filesystem::absolute(options.database, error).string());
  else if (!secret.empty())
    command += "--database-file " + for_shell(std::filesystem::absolute(secret, error).string());
  else
    command += "--database " + for_shell(without_secrets(options.database));
  std::string folder = by.folder;
  if (folder.empty() && !by.user.empty() && file)
    folder = std::filesystem::absolute(options.database, error).parent_path().string();
  if (!folder.empty()) folder = for_shell(folder) + "/";
  // Without a % sign, which ends a line of cron, and without a colon, which ends a drive's name.
  return command + " " + folder + "sekisho-$(date -Iminutes | tr -d :).backup";
}

std::vector<std::string> arguments_of_this_program() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> words;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.size(), all.find('\0', at));
    words.push_back(all.substr(at, end - at));
    at = end + 1;
  }
  if (!words.empty()) words.front() = name_in_shell(words.front());
  return words;
}

namespace {

std::string agents_at(const ServerOptions& options, unsigned port) {
  return options.agents.on ? reachable(options.agents.address, options.agents.port)
                           : fmt::format("0.0.0.0:{}", port < 65525 ? port + 10 : port - 10);
}

/// Of the Debian package: its settings are written anew, and it is started by them.
std::string service_command(const ServerOptions& options) {
  constexpr std::string_view kSettings = "/etc/sekisho/server.yaml";
  const unsigned port = options.listen.port == 0 ? 8480 : options.listen.port;
  std::string gone = "listen|agents";
  std::string lines =
      fmt::format("'listen: \"{}\"' 'agents: \"{}\"'", reachable(options.listen.address, port),
                  agents_at(options, port));
  if (options.own_authority || options.listen.tls_cert.empty()) {
    gone += "|tls";
    lines += " 'tls: self'";
  }
  if (is_only_here(options.public_url)) gone += "|public-url";
  return fmt::format(
      "sudo sed -i -E '/^({}):/d' {} && printf '%s\\n' {} | sudo tee -a {} && sudo systemctl "
      "restart sekisho-server",
      gone, kSettings, lines, kSettings);
}

}  // namespace

std::string restart_command(const std::vector<std::string>& arguments, const ServerOptions& options,
                            const RunBy& by) {
  if (!by.user.empty() && !by.folder.empty()) return service_command(options);
  const auto serve = std::ranges::find(arguments, "serve");
  // Started by something else (the demonstration): only what is needed.
  const bool served = !arguments.empty() && serve != arguments.end();
  std::string command = arguments.empty() ? std::string("sekisho") : for_shell(arguments.front());
  bool certificate = false;
  for (std::size_t i = 1; served && i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string next = i + 1 < arguments.size() ? arguments[i + 1] : "";
    const Flag flag = flag_of(word, next);
    certificate = certificate || flag.name == "--tls-cert";
    const bool anew = std::ranges::find(kAnew, flag.name) != kAnew.end() ||
                      (flag.name == kPublic && is_only_here(flag.value));
    if (anew && !flag.joined) ++i;
    if (anew || word == kInsecure) continue;
    if (is_secret(flag.name)) {
      command += " " + for_shell(flag.name) + (flag.joined ? "=" : " ") + for_shell(kStars);
      if (!flag.joined) ++i;
      continue;
    }
    if (is_path(flag)) {
      std::error_code error;
      command += " " + for_shell(flag.name) + (flag.joined ? "=" : " ") +
                 for_shell(std::filesystem::absolute(flag.value, error).string());
      if (!flag.joined) ++i;
      continue;
    }
    command += " " + for_shell(without_secrets(word));
  }
  if (!served) command += " serve";
  if (!certificate) command += " --tls self";
  const unsigned port = options.listen.port == 0 ? 8480 : options.listen.port;
  command += " --listen " + reachable(options.listen.address, port);
  command += " --agents " + agents_at(options, port);
  return command;
}

}  // namespace sekisho
