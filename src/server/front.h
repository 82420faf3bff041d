// SPDX-License-Identifier: Apache-2.0
// The server as browsers and what stands in front of it see it: by which name it goes, what comes
// from elsewhere, and what every reply says to a browser.
#pragma once

#include <optional>
#include <string>

#include "server/api/addresses.h"

namespace sekisho {

class Front {
 public:
  /// Brings the public_url of `options` into form.
  static Result<Front> make(ServerOptions& options);
  /// The same of options that have moved; they must outlive it.
  Front(Front front, const ServerOptions& options) : Front(std::move(front)) {
    options_ = &options;
  }

  /// What listeners are told of proxies.
  Fronts fronts() const;
  /// Why a request is answered before anyone asks what it is for.
  std::optional<HttpReply> refusal(const HttpRequest& request) const;
  void protect(HttpReply& reply) const;

  /// Changes come from our own pages: SameSite cookies, a header that other sites can't send, and
  /// what the browser says of where the request comes from.
  static bool from_elsewhere(const HttpRequest& request, const std::string& origin);

 private:
  Front() = default;
  bool host_known(const HttpRequest& request) const;

  const ServerOptions* options_ = nullptr;
  std::optional<Site> site_;
};

}  // namespace sekisho
