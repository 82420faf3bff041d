// SPDX-License-Identifier: Apache-2.0
// pam_sekisho.so: whether somebody may log in here is asked of the guard (sekisho access guard), in
// `account`, and told to it in `session`. Whatever isn't a plain "allow" that came in time denies.
//
// In `session` it stands twice. First of all as "pam_sekisho.so key": which key they came in by, as
// sshd says, before a module has read what the person may write. And last: they come in.
//
// It lives in other programs' processes, as root: no memory of its own, no threads, no exceptions,
// two seconds at most. What it says and hears is in guard/knock.h.
#include <fcntl.h>
#include <poll.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <ctime>

namespace {

constexpr std::size_t kMostPacket = 16384;
constexpr long kWithinMs = 2000;
constexpr const char* kForm = "sekisho-1";

struct Options {
  const char* socket = "/run/sekisho-guard/door";
  const char* break_glass = nullptr;
  bool key = false;
};

long now_ms() {
  timespec time{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);
  return (time.tv_sec * 1000) + (time.tv_nsec / 1'000'000);
}

/// The value of "name=value"; null where it is another's.
const char* value_of(const char* argument, const char* name) {
  const std::size_t size = std::strlen(name);
  return std::strncmp(argument, name, size) == 0 && argument[size] == '=' ? argument + size + 1
                                                                          : nullptr;
}

bool read_options(pam_handle_t* pam, int count, const char** arguments, Options& options) {
  for (int at = 0; at < count; ++at) {
    if (const char* socket = value_of(arguments[at], "socket"); socket != nullptr)
      options.socket = socket;
    else if (const char* login = value_of(arguments[at], "break-glass"); login != nullptr)
      options.break_glass = login;
    else if (std::strcmp(arguments[at], "key") == 0)
      options.key = true;
    else {
      pam_syslog(pam, LOG_ERR, "unknown option '%s': nobody is let in", arguments[at]);
      return false;
    }
  }
  return true;
}

/// Parts that end in NUL, in memory that is there already.
class Packet {
 public:
  bool add(const char* text) {
    const std::size_t size = std::strlen(text) + 1;
    if (size > kMostPacket - size_) return false;
    std::memcpy(&bytes_[size_], text, size);
    size_ += size;
    return true;
  }
  const char* bytes() const { return &bytes_[0]; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_ = 0;
  char bytes_[kMostPacket]{};  // NOLINT(*-avoid-c-arrays): nothing of the standard library's
};

struct Answer {
  char bytes[kMostPacket + 1]{};  // NOLINT(*-avoid-c-arrays)
  bool allow = false;
  const char* ja = "";
  const char* en = "";
};

/// Of the answer's four parts, where there are just these.
bool read_answer(Answer& answer, std::size_t size) {
  const char* parts[4]{};  // NOLINT(*-avoid-c-arrays)
  std::size_t at = 0;
  for (const char*& part : parts) {
    part = &answer.bytes[at];
    const std::size_t length = ::strnlen(part, size - at);
    if (length == size - at) return false;
    at += length + 1;
  }
  if (at != size || std::strcmp(parts[0], kForm) != 0) return false;
  answer.allow = std::strcmp(parts[1], "allow") == 0;
  if (!answer.allow && std::strcmp(parts[1], "deny") != 0) return false;
  answer.ja = parts[2];
  answer.en = parts[3];
  return true;
}

bool wait_for(int socket, short events, long until) {
  while (true) {
    const long left = until - now_ms();
    if (left <= 0) return false;
    pollfd one{socket, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// Connected to a guard that is root's.
bool connect_to(int socket, const char* path, long until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) return false;
  std::memcpy(&address.sun_path[0], path, std::strlen(path));
  while (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // Full, for the moment.
    if ((errno != EAGAIN && errno != EINTR) || now_ms() >= until) return false;
    (void)::poll(nullptr, 0, 20);
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

bool exchange(int socket, const char* path, const Packet& packet, Answer& answer) {
  const long until = now_ms() + kWithinMs;
  if (!connect_to(socket, path, until) || !wait_for(socket, POLLOUT, until)) return false;
  if (::send(socket, packet.bytes(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
      static_cast<ssize_t>(packet.size()))
    return false;
  if (!wait_for(socket, POLLIN, until)) return false;
  const ssize_t count = ::recv(socket, &answer.bytes[0], kMostPacket, MSG_DONTWAIT);
  return count > 0 && read_answer(answer, static_cast<std::size_t>(count));
}

const char* text_item(pam_handle_t* pam, int which) {
  const void* item = nullptr;
  if (pam_get_item(pam, which, &item) != PAM_SUCCESS || item == nullptr) return "";
  return static_cast<const char*>(item);
}

/// What the guard says; no answer where it says nothing that can be understood.
bool ask_guard(pam_handle_t* pam, const Options& options, const char* what, const char* login,
               Answer& answer) {
  const char* auth_info = pam_getenv(pam, "SSH_AUTH_INFO_0");
  Packet packet;
  if (!packet.add(kForm) || !packet.add(what) || !packet.add(login) ||
      !packet.add(text_item(pam, PAM_RHOST)) || !packet.add(text_item(pam, PAM_SERVICE)) ||
      !packet.add(auth_info == nullptr ? "" : auth_info))
    return false;
  const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return false;
  const bool answered = exchange(socket, options.socket, packet, answer);
  (void)::close(socket);
  return answered;
}

/// Both languages, since it isn't known which the client's is.
void say(pam_handle_t* pam, int flags, const char* ja, const char* en) {
  if ((static_cast<unsigned>(flags) & PAM_SILENT) != 0) return;
  (void)pam_error(pam, "関所 Sekisho: %s\nSekisho: %s", ja, en);
}

bool allowed(pam_handle_t* pam, int flags, int count, const char** arguments, const char* what) {
  Options options;
  if (!read_options(pam, count, arguments, options)) return false;
  if (options.key) what = "key";
  const char* login = text_item(pam, PAM_USER);
  if (*login == '\0') return false;
  if (options.break_glass != nullptr && std::strcmp(login, options.break_glass) == 0) {
    pam_syslog(pam, LOG_ALERT,
               "BREAK-GLASS: %s: '%s' is let in from '%s' WITHOUT being asked about", what, login,
               text_item(pam, PAM_RHOST));
    return true;
  }
  Answer answer;
  if (!ask_guard(pam, options, what, login, answer)) {
    pam_syslog(pam, LOG_ERR, "%s: the guard at %s does not answer: '%s' is refused", what,
               options.socket, login);
    say(pam, flags,
        "見張り（sekisho access guard）が答えないため、接続できません。管理者に知らせてください。",
        "the guard (sekisho access guard) does not answer, so nobody is let in. Tell an "
        "administrator.");
    return false;
  }
  if (!answer.allow) {
    pam_syslog(pam, LOG_NOTICE, "%s: '%s' is refused: %s", what, login, answer.en);
    say(pam, flags, answer.ja, answer.en);
  }
  return answer.allow;
}

}  // namespace

#define SEEN_BY_PAM extern "C" __attribute__((visibility("default")))

SEEN_BY_PAM int pam_sm_acct_mgmt(pam_handle_t* pam, int flags, int argc, const char** argv) {
  return allowed(pam, flags, argc, argv, "account") ? PAM_SUCCESS : PAM_PERM_DENIED;
}

SEEN_BY_PAM int pam_sm_open_session(pam_handle_t* pam, int flags, int argc, const char** argv) {
  if (allowed(pam, flags, argc, argv, "open")) return PAM_SUCCESS;
  // sshd notes a session that PAM doesn't open, and goes on with it: it is ended here.
  if (std::strcmp(text_item(pam, PAM_SERVICE), "sshd") == 0) (void)::kill(::getpid(), SIGKILL);
  return PAM_SESSION_ERR;
}

/// A session ends when the last of its processes does: the guard sees that by itself.
SEEN_BY_PAM int pam_sm_close_session(pam_handle_t* /*pam*/, int /*flags*/, int /*argc*/,
                                     const char** /*argv*/) {
  return PAM_SUCCESS;
}
