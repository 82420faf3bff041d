// SPDX-License-Identifier: Apache-2.0
// collect/cloudread: asks a cloud service for its settings, and makes of the answers the same file
// that an administrator could have exported by hand: what is in it is collect/cloud's to judge.
//
// May enter: who one is to a service (credentials), questions that can only read, pages, patience
// with a service that is busy.
// May not enter: judging, storing, any verb that changes something. A credential goes to the host
// that it is for and nowhere else, stands in no error and no log, and is kept by nobody here.
#pragma once

#include <array>
#include <chrono>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "collect/cloud/cloud.h"
#include "net/net.h"

namespace sekisho {

/// Microsoft 365 by Graph, as an application: with a certificate, or with a secret.
struct GraphCredential {
  std::string tenant;       // its id
  std::string client;       // the application's id
  std::string certificate;  // PEM of key and certificate; empty: with `secret`
  std::string secret;
};
/// Google Workspace: a service account that acts as an administrator, read-only.
struct GoogleCredential {
  std::string subject;  // the administrator's address
  std::string account;  // the service account's
  std::string key;      // PEM
};
/// Zoom: a Server-to-Server OAuth application.
struct ZoomCredential {
  std::string account, client, secret;
};
struct WebexCredential {
  std::string site, token;
};
struct BoxCredential {
  std::string enterprise, client, secret;
};
struct GithubCredential {
  std::string organization, token;
};
using CloudCredential = std::variant<GraphCredential, GoogleCredential, ZoomCredential,
                                     WebexCredential, BoxCredential, GithubCredential>;

/// A file of a credential: JSON with `service` (microsoft365, google, zoom, webex, box, github) and
/// the names above. `read_pem` gives the text of a file that it names.
Result<CloudCredential> read_cloud_credential(
    std::string_view text, const std::function<Result<std::string>(const std::string&)>& read_pem);
/// The same of the file at `path`, which has to be of `service` and of nobody else but us (0600),
/// as have those that it names.
Result<CloudCredential> read_credential_file(const std::string& path, std::string_view service);
/// Those that can be asked, as `sekisho cloud read` names them.
inline constexpr std::array<std::string_view, std::variant_size_v<CloudCredential>>
    kReadableServices{"microsoft365", "google", "zoom", "webex", "box", "github"};
/// As `sekisho cloud read` names its service.
std::string_view service_of(const CloudCredential& credential);

/// How a service is asked, and waited for. Tests put a stand-in here.
struct CloudLine {
  std::function<std::expected<Incoming, NotReached>(const Outgoing&)> ask;
  std::function<void(std::chrono::seconds)> wait;
  std::function<Time()> now;
};

/// Whether the service didn't answer some of what it was asked, which isn't a refusal: another time
/// it may.
bool asks_again(const CloudFile& file);

/// Reads all that the credential lets it. What is refused or broken says so in its place; an error
/// only where nothing could be read.
Result<CloudFile> read_cloud(const CloudLine& line, const CloudCredential& credential);

}  // namespace sekisho
