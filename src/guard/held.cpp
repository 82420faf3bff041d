// SPDX-License-Identifier: Apache-2.0
#include "guard/held.h"

#include <algorithm>

namespace sekisho {
namespace {

constexpr std::size_t kMostRemembered = std::size_t{16} << 20U;

std::unexpected<Error> unreadable_memory(const std::filesystem::path& file) {
  return failure(
      "誰が接続しているかの記録を読めません。消す前に、接続中のセッションを終わらせてく"
      "ださい。",
      "what is remembered of who is in cannot be read; end their sessions before you "
      "remove it.",
      file.string());
}

}  // namespace

/// For each three lines: `held` and `ask` as the server is told, and the group's path.
Result<void> HeldSessions::recall() {
  const std::lock_guard lock(mutex_);
  const auto text = read_regular_file(file_, kMostRemembered);
  if (!text && text.error() == FileProblem::missing) return {};
  if (!text) return unreadable_memory(file_);
  const auto lines = split(std::string_view(*text), '\n');
  for (std::size_t at = 0; at + 2 < lines.size(); at += 3) {
    const auto held = read_from_enforcer(lines[at]);
    const auto ask = read_from_enforcer(lines[at + 1]);
    const auto* in = held ? std::get_if<SayHeld>(&*held) : nullptr;
    const auto* asked = ask ? std::get_if<AskToEnter>(&*ask) : nullptr;
    if (in == nullptr || asked == nullptr || !lines[at + 2].starts_with('/'))
      return unreadable_memory(file_);
    sessions_.emplace(in->handle, HeldSession{in->token, in->handle, *asked,
                                              SessionGroup(std::string(lines[at + 2]))});
  }
  return {};
}

Result<void> HeldSessions::remember() const {
  std::string text;
  for (const auto& [handle, session] : sessions_) {
    text += line_of(FromEnforcer(SayHeld{1, session.token, handle}));
    text += line_of(FromEnforcer(session.asked));
    text += session.group.path().string() + "\n";
  }
  return write_file_atomically(file_, text, 0600);
}

Result<void> HeldSessions::add(HeldSession session) {
  const std::lock_guard lock(mutex_);
  const CutHandle handle = session.handle;
  sessions_.emplace(handle, std::move(session));
  auto kept = remember();
  if (!kept) sessions_.erase(handle);
  return kept;
}

void HeldSessions::remove(const CutHandle& handle) {
  const std::lock_guard lock(mutex_);
  if (sessions_.erase(handle) > 0) (void)remember();
}

void HeldSessions::renew(const CutHandle& handle, const SessionToken& token) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(handle);
  if (found == sessions_.end()) return;
  found->second.token = token;
  (void)remember();
}

std::optional<HeldSession> HeldSessions::with(const SessionToken& token) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [handle, session] : sessions_)
    if (session.token.bytes() == token.bytes()) return session;
  return std::nullopt;
}

std::vector<HeldSession> HeldSessions::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<HeldSession> all;
  for (const auto& [handle, session] : sessions_) all.push_back(session);
  return all;
}

}  // namespace sekisho
