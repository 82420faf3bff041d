// SPDX-License-Identifier: Apache-2.0
#include "key/signer.h"

#include <algorithm>

#include "base/crypto.h"

namespace sekisho {
namespace {

using key_wire::Ask;
using key_wire::WireAnswer;

constexpr std::chrono::seconds kLookEvery{1};
constexpr double kAtOnce = 200;  // signatures
constexpr double kPerSecond = 20;

}  // namespace

const Signer::Loaded* Signer::loaded(Time now, Steady moment) {
  if (!looked_at_ || moment - *looked_at_ >= kLookEvery) {
    looked_at_ = moment;
    auto key = load_(loaded_ ? loaded_->key.certificate.fingerprint : "");
    if (!key || *key) loaded_.reset();
    if (key && *key)
      if (const auto parts = parts_of((*key)->certificate))
        loaded_.emplace(Loaded{std::move(**key), *parts});
  }
  return loaded_ && loaded_->key.certificate.not_after > now ? &*loaded_ : nullptr;
}

bool Signer::too_many(uid_t user, Steady moment) {
  const auto [at, fresh] = allowances_.try_emplace(user, Allowance{kAtOnce, moment});
  Allowance& one = at->second;
  const double passed = std::chrono::duration<double>(moment - one.since).count();
  one = {std::min(kAtOnce, one.left + passed * kPerSecond), moment};
  if (one.left < 1) return true;
  one.left -= 1;
  return false;
}

std::string Signer::refused(WireAnswer why) {
  ++use_.refused;
  return write_module_answer(why);
}

std::string Signer::answer_module(uid_t user, std::string_view question, Time now, Steady moment) {
  if (!may_ask(user)) return refused(WireAnswer::not_yours);
  const auto asked = read_module_question(question);
  if (!asked) return refused(WireAnswer::malformed);
  const Loaded* key = loaded(now, moment);
  if (key == nullptr) return refused(WireAnswer::no_key);
  return asked->what == Ask::identity ? write_identity(key->parts)
                                      : module_signature(user, asked->digest, *key, moment);
}

std::string Signer::module_signature(uid_t user, const std::string& digest, const Loaded& key,
                                     Steady moment) {
  if (too_many(user, moment)) return refused(WireAnswer::too_many);
  const std::string signature = key.key.key.sign_digest(digest);
  if (signature.empty()) return refused(WireAnswer::no_key);
  ++use_.module;
  return write_module_signature(signature);
}

std::string Signer::answer_ssh(uid_t user, std::string_view question, Time now, Steady moment) {
  const SshQuestion asked = read_ssh_question(question);
  const Loaded* key = may_ask(user) ? loaded(now, moment) : nullptr;
  switch (asked.what) {
    case SshQuestion::What::list:
      return key == nullptr
                 ? write_ssh_list("", "")
                 : write_ssh_list(ssh_key(key->parts.point), "sekisho " + key->parts.name);
    case SshQuestion::What::sign:
      if (key != nullptr) return ssh_signature(user, asked, *key, moment);
      break;
    case SshQuestion::What::other:
      return write_ssh_failure();  // every client asks for what it then does without
  }
  ++use_.refused;
  return write_ssh_failure();
}

std::string Signer::ssh_signature(uid_t user, const SshQuestion& question, const Loaded& key,
                                  Steady moment) {
  const std::string own = ssh_key(key.parts.point);
  const bool good =
      question.key == own && is_ssh_sign_in(question.data, own) && !too_many(user, moment);
  const std::string signature = good ? key.key.key.sign_digest(sha256(question.data)) : "";
  if (signature.empty()) {
    ++use_.refused;
    return write_ssh_failure();
  }
  ++use_.ssh;
  return write_ssh_signature(signature);
}

}  // namespace sekisho
