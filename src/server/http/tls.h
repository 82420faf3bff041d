// SPDX-License-Identifier: Apache-2.0
// What the server shows as TLS, over OpenSSL.
#pragma once

#include <memory>
#include <string>

#include "base/base.h"

using SSL_CTX = struct ssl_ctx_st;

namespace sekisho {

/// PEM, as are all.
struct TlsIdentity {
  std::string certificate;  // with what leads up to the root
  std::string key;
  std::string authority;  // whose certificates clients may show; empty: they are not asked for any
};

Result<TlsIdentity> read_tls_files(const std::string& certificate, const std::string& key);

/// TLS 1.2 with authenticated encryption and forward secrecy, and 1.3.
Result<std::shared_ptr<SSL_CTX>> make_tls(const TlsIdentity& identity);

}  // namespace sekisho
