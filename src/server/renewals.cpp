// SPDX-License-Identifier: Apache-2.0
#include "server/renewals.h"

#include <utility>

#include <fmt/format.h>

namespace sekisho {

Renewals::Renewals(const ServerOptions& options)
    : options_(options), tls_({options.listen.tls_cert, options.listen.tls_key}) {}

void Renewals::tell(const Text& what, const Error& why) {
  const std::string reason = why.describe(Lang::en);
  if (std::exchange(told_[what.en], reason) == reason || !options_.tell) return;
  options_.tell({fmt::format("{}: {}", what.ja, why.describe(Lang::ja)),
                 fmt::format("{}: {}", what.en, why.describe(Lang::en))});
}

void Renewals::look_at_tls(bool all, HttpServer& console) {
  if (options_.listen.tls_cert.empty() || (!tls_.changed() && !all)) return;
  const auto read = read_tls_files(options_.listen.tls_cert, options_.listen.tls_key);
  const auto shown = read ? console.show(*read) : std::unexpected(read.error());
  const Text what{"新しい TLS の証明書を使えないため、前のものを使い続けます",
                  "the new TLS certificate cannot be used; the old one stays in use"};
  if (!shown) {
    tls_.forget();
    return tell(what, shown.error());
  }
  done(what);
  options_.say({"TLS の証明書を読み直しました。", "The TLS certificate was read anew."});
}

void Renewals::look_at_secrets(bool all) {
  const auto look = [&](const std::shared_ptr<SecretFile>& file, const Text& otherwise) {
    if (!file) return;
    if (const auto read = file->refresh(all); !read)
      tell(otherwise, read.error());
    else
      done(otherwise);
  };
  look(options_.oidc.secret_file,
       {"OpenID Connect の新しい秘密を読めないため、前のものを使い続けます",
        "the new OpenID Connect secret cannot be read; the old one stays in use"});
  look(options_.line_secret_file,
       {"ClickHouse の新しいパスワードを読めないため、前のものを使い続けます",
        "the new password of ClickHouse cannot be read; the old one stays in use"});
  look(options_.monitor.token,
       {"/metrics の新しいトークンを読めないため、前のものを使い続けます",
        "the new token for /metrics cannot be read; the old one stays in use"});
}

/// Once an hour: of a succession only days count.
bool Renewals::authorities_changed(Agents& agents) {
  const Time now = options_.clock();
  if (authorities_at_ && std::chrono::abs(now - *authorities_at_) < std::chrono::hours(1))
    return false;
  auto db = options_.connect(options_.database);
  const auto changed = db ? agents.refresh(**db) : std::unexpected(db.error());
  const Text what{"端末用の認証局を確かめられません",
                  "the authority for devices cannot be looked at"};
  if (changed) {
    authorities_at_ = now;
    done(what);
  } else {
    tell(what, changed.error());
  }
  return changed.value_or(false);
}

void Renewals::look_at_agents(Agents& agents, HttpServer& http) {
  const Time now = options_.clock();
  // One that was made by a clock that was ahead is no good before then.
  if (!authorities_changed(agents) && shown_ && now < shown_->until - kRenewedBefore &&
      now >= shown_->from - std::chrono::hours(1))
    return;
  const auto fresh = agents.identity();
  const auto shown = fresh ? http.show(fresh->tls) : std::unexpected(fresh.error());
  const Text what{"エージェント用の証明書を更新できません",
                  "the certificate for agents cannot be renewed"};
  if (shown) {
    shown_ = *fresh;
    done(what);
  } else {
    tell(what, shown.error());
  }
}

void Renewals::look(bool all, HttpServer& console, Agents* agents, HttpServer* agents_http) {
  const std::lock_guard lock(mutex_);
  look_at_tls(all, console);
  look_at_secrets(all);
  if (agents != nullptr && agents_http != nullptr) look_at_agents(*agents, *agents_http);
}

}  // namespace sekisho
