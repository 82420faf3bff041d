// SPDX-License-Identifier: Apache-2.0
// Which applications stand behind the gate: by which name and path browsers reach them, and which
// resource of the policy each is.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy.h"
#include "server/gate/original.h"

namespace sekisho {

struct Application {
  ResourceId resource;
  std::string name;  // for people
  std::string host;  // in its one form
  std::string site;  // https://host[:port], for links
  std::string path;  // small letters; "/" for all of the host

  std::string url() const { return site + path; }
  /// The cookie by which a browser comes in here, and nowhere else.
  std::string cookie() const { return "__Host-sekisho-" + resource.text(); }
};

class Applications {
 public:
  /// Of settings like "wiki.example.jp=wiki", "www.example.jp:8443/docs=docs=Documents".
  static Result<std::shared_ptr<const Applications>> read(const std::vector<std::string>& settings);

  enum class Why : std::uint8_t { found, unknown, doubtful };
  struct Found {
    const Application* application = nullptr;
    Why why = Why::unknown;
  };
  /// The one with the longest path that leads there. Of a host with several, a path that two
  /// readers may take for different ones is nobody's.
  Found find(const OriginalRequest& request) const;
  const Application* of_resource(std::string_view resource) const;
  /// The first of a host.
  const Application* of_host(std::string_view host) const;
  const std::vector<Application>& all() const { return all_; }

 private:
  std::vector<Application> all_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_host_;  // longest path first
};

}  // namespace sekisho
