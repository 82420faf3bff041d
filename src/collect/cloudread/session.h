// SPDX-License-Identifier: Apache-2.0
// Internal to the room: asking one service, page by page.
#pragma once

#include <optional>

#include <boost/json.hpp>

#include "collect/cloudread/cloudread.h"

namespace sekisho {

/// What makes the questions of one service differ from another's.
struct ServiceHost {
  std::string base;  // "https://graph.microsoft.com/v1.0/"
  /// Asks for a new token; called again where it ran out midway.
  std::function<Result<std::string>()> sign_in;
  std::vector<std::string> headers = {};  // NOLINT(*-redundant-member-init): of an aggregate
};

/// Asks with GET alone, and never of another host than the service's.
class CloudSession {
 public:
  CloudSession(const CloudLine& line, ServiceHost host) : line_(line), host_(std::move(host)) {}

  /// The JSON at a path, or at a URL of the same host.
  Result<boost::json::value> get(const std::string& path);
  /// The elements of a list on all its pages. `next` gives the path or URL of the page after one,
  /// empty for the last; a list without a name around it is followed by its Link (RFC 8288).
  Result<boost::json::array> pages(
      std::string path, std::string_view list,
      const std::function<std::string(const boost::json::object&)>& next);
  /// What was read as a section of a file; {"error"} where it could not be, and "later" where it
  /// wasn't refused.
  boost::json::value section(Result<boost::json::value> read);
  boost::json::value section(Result<boost::json::array> read);

  std::size_t good() const { return good_; }
  const std::optional<Error>& failed() const { return failed_; }

 private:
  Result<Incoming> ask(const std::string& url);
  Result<Incoming> ask_with_token(const std::string& url);

  const CloudLine& line_;
  ServiceHost host_;
  std::string token_;
  std::string next_link_;  // of the last answer
  std::size_t bytes_ = 0;
  std::size_t good_ = 0;
  std::chrono::seconds waited_{0};
  std::optional<Error> failed_;  // the first section that could not be read
};

/// Posts a form to where tokens are given: the only question that isn't a GET.
Result<std::string> ask_for_token(const CloudLine& line, const std::string& url,
                                  const std::vector<std::pair<std::string, std::string>>& form,
                                  const std::vector<std::string>& headers = {});

/// A JWT that the key of `pem` signs by RS256 (RFC 7515). `header` gets alg and typ.
Result<std::string> signed_jwt(const std::string& pem, boost::json::object header,
                               const boost::json::object& claims);
/// SHA-256 of the certificate in `pem`, as x5t#S256 has it (RFC 7515, 4.1.8).
Result<std::string> certificate_print(const std::string& pem);

/// A file of ours: {"sekisho": kind, "readAt": …} with sections, of which what is judged is kept;
/// one that is text says whose it is.
CloudFile file_of(std::string_view kind, Time now, boost::json::object sections);
/// That, or why nothing at all could be read.
Result<CloudFile> finished(const CloudSession& session, std::string_view kind, Time now,
                           boost::json::object sections);

Result<CloudFile> read_graph(const CloudLine& line, const GraphCredential& credential);
Result<CloudFile> read_google_workspace(const CloudLine& line, const GoogleCredential& credential);
Result<CloudFile> read_zoom_account(const CloudLine& line, const ZoomCredential& credential);
Result<CloudFile> read_webex_site(const CloudLine& line, const WebexCredential& credential);
Result<CloudFile> read_box_enterprise(const CloudLine& line, const BoxCredential& credential);
Result<CloudFile> read_github_organization(const CloudLine& line,
                                           const GithubCredential& credential);

}  // namespace sekisho
