// SPDX-License-Identifier: Apache-2.0
// PAM's stacks, held against the real libpam: stacks made at random of pam_debug, which returns
// what it is told, and asked through pam_authenticate.
#include <dlfcn.h>
#include <sys/mount.h>

#include "collect/host/pam.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

/// A part of libpam's interface (pam_appl.h), loaded without its development files.
struct Conversation {
  int (*ask)(int, const void**, void**, void*);
  void* data;
};
using Start = int (*)(const char*, const char*, const Conversation*, void**);
using Authenticate = int (*)(void*, int);

class StackMaker {
 public:
  explicit StackMaker(Dice& dice) : dice_(dice) {}

  std::vector<File> make() {
    files_ = {};
    file("svc", 0);
    return files_;
  }

 private:
  void file(const std::string& name, int depth) {
    std::string text;
    for (int count = 1 + dice_.below(5); count > 0; --count) text += line(depth) + "\n";
    files_.push_back({"/etc/pam.d/" + name, text});
  }

  std::string line(int depth) {
    if (depth < 2 && dice_.once_in(5)) {
      const std::string name = "part" + std::to_string(++made_);
      file(name, depth + 1);
      return dice_.word({"auth include ", "auth substack ", "@include "}) + name;
    }
    if (dice_.once_in(9))
      return dice_.word({"# auth required pam_permit.so", "account required pam_deny.so",
                         "AUTH\trequired pam_permit.so", "auth required pam_deny.so",
                         "-auth required pam_deny.so", "auth required pam_absent.so",
                         "-auth required pam_absent.so", "-auth requisite pam_absent.so",
                         "auth optional pam_absent.so", "-auth sufficient pam_absent.so",
                         "auth [module_unknown=1 default=ok] pam_absent.so",
                         "-auth [success=ok default=ignore] pam_absent.so",
                         "auth [default=1] pam_permit.so"});
    return "auth " +
           dice_.word({"required", "requisite", "sufficient", "optional", "Required",
                       "[success=1 default=ignore]", "[success=done default=die]",
                       "[success=ok auth_err=ignore default=bad]", "[default=ignore]",
                       "[success=2 auth_err=1 default=ok]", "[auth_err=reset default=ok]",
                       "[default=ok]", "[success=bad default=done]",
                       "[success=ok \\\n default=die]", "[ success=1 default=bad ]"}) +
           " pam_debug.so auth=" + dice_.word({"success", "success", "auth_err", "ignore"});
  }

  Dice& dice_;
  std::vector<File> files_;
  int made_ = 0;
};

std::string compare_all_stacks() {
  ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  void* library = ::dlopen("libpam.so.0", RTLD_NOW);
  if (library == nullptr) return "no libpam";
  const auto start = reinterpret_cast<Start>(::dlsym(library, "pam_start"));
  const auto authenticate = reinterpret_cast<Authenticate>(::dlsym(library, "pam_authenticate"));
  const auto end = reinterpret_cast<Authenticate>(::dlsym(library, "pam_end"));
  Dice dice(11);
  int passes = 0;
  const int all = cases(500, 5000);
  for (int i = 0; i < all; ++i) {
    const TempRoot root;
    std::string shown;
    // What libpam of this machine finds beside the absent one.
    for (const char* module : {"pam_debug.so", "pam_permit.so", "pam_deny.so"})
      root.add(std::string("/usr/lib/security/") + module);
    for (const File& file : StackMaker(dice).make()) {
      root.add(file.path, file.content);
      shown += "--- " + file.path + "\n" + file.content;
    }
    if (::mount(root.at("/etc/pam.d").c_str(), "/etc/pam.d", nullptr, MS_BIND, nullptr) != 0)
      return "no mount";
    const Conversation none{nullptr, nullptr};
    void* handle = nullptr;
    int real = start("svc", "root", &none, &handle);
    if (real == 0) real = authenticate(handle, 0);
    if (handle != nullptr) end(handle, real);
    ::umount2("/etc/pam.d", MNT_DETACH);
    const Machine machine(root.path());
    const auto stack = pam_stack(machine, "svc", "auth");
    const bool said = stack && pam_passes(*stack, [](const PamStep& step) {
                        const std::string what = step.rule.argument("auth").value_or("");
                        if (step.rule.module == "pam_permit.so" || what == "success")
                          return PamReturn::success;
                        return what == "ignore" ? PamReturn::ignore : PamReturn::failure;
                      });
    passes += real == 0 ? 1 : 0;
    if (said != (real == 0)) return fmt::format("libpam says {}, we say {}\n{}", real, said, shown);
  }
  return passes > all / 10 ? "" : "hardly any stack passes";
}

TEST(Pam, StacksEndAsLibpamEndsThem) {
  EXPECT_EQ(in_namespaces(CLONE_NEWNS, compare_all_stacks), "");
}

TEST(Pam, WeakPasswordsAndLocksAreJudgedByTheWholeStack) {
  const std::string unix_password =
      "password [success=1 default=ignore] pam_unix.so obscure use_authtok yescrypt\npassword "
      "requisite pam_deny.so\npassword required pam_permit.so\n";
  const auto quality = [&](const std::string& line) {
    return File{"/etc/pam.d/common-password", line + "\n" + unix_password};
  };
  const std::string requisite = "password requisite pam_pwquality.so retry=3";
  const auto conf = [](const char* text) { return File{"/etc/security/pwquality.conf", text}; };
  const auto auth = [](const char* text) { return File{"/etc/pam.d/common-auth", text}; };
  for (const Case& c : std::vector<Case>{
           {"password-quality",
            pass,
            {quality(requisite), conf("minlen = 14\n")},
            "/etc/security/pwquality.conf"},
           {"password-quality",
            fail,
            {quality(requisite),
             conf("minlen = 6\n"),
             {"/etc/security/pwquality.conf.d/50.conf", "minlen = 14\n"}},
            "passwords of 6"},
           {"password-quality",
            pass,
            {quality(requisite), {"/etc/security/pwquality.conf.d/50.conf", "minlen = 14\n"}},
            ""},
           {"password-quality",
            fail,
            {quality(requisite), conf("minlen = 14\nenforcing = 0\n")},
            "get past"},
           {"password-quality",
            fail,
            {quality("password optional pam_pwquality.so minlen=14")},
            "get past"},
           {"password-quality",
            fail,
            {{"/etc/pam.d/common-password",
              "password sufficient pam_unix.so yescrypt\npassword requisite pam_pwquality.so "
              "minlen=14\n"}},
            "get past"},
           {"password-quality",
            fail,
            {quality("password [success=1 default=ignore] pam_pwquality.so minlen=14")},
            "get past"},
           {"password-quality",
            fail,
            {quality(requisite),
             conf("minlen = 12\ndcredit = 1\nucredit = 1\nlcredit = 1\nocredit = 1\n")},
            "passwords of 8"},
           {"password-quality",
            fail,
            {quality(requisite),
             conf("minlen = 14\n"),
             {"/etc/pam.d/system-auth", "password sufficient pam_unix.so\n"}},
            "not refused"},
           {"password-quality",
            fail,
            {quality("password requisite pam_passwdqc.so")},
            "passwords of 7"},
           {"password-quality",
            fail,
            {{"/etc/pam.d/login", "password required pam_unix.so\n"}},
            "not refused"},
           // Services' own stacks beside the shared ones.
           {"password-quality",
            fail,
            {quality(requisite + " minlen=14"),
             {"/etc/pam.d/passwd", "password required pam_unix.so\n"}},
            "not refused"},
           {"password-quality",
            pass,
            {quality(requisite + " minlen=14"),
             {"/etc/pam.d/passwd", "@include common-password\n"}},
            ""},
           {"password-quality",
            unknown,
            {quality(requisite + " minlen=14"), {"/etc/pam.d/passwd", "@include gone\n"}},
            "gone"},
           {"password-quality",
            fail,
            {quality("password [default=1] pam_permit.so\n" + requisite + " minlen=14")},
            "get past"},
           {"password-quality",
            unknown,
            {quality("password [success=1 default=ignore] pam_succeed_if.so user ingroup x\n" +
                     requisite + " minlen=14")},
            "can't be told"},
           // A module that isn't installed refuses nothing.
           {"password-quality",
            fail,
            {quality("-password [default=ignore] pam_pwquality.so minlen=14"),
             {"/usr/lib/security/pam_unix.so", ""},
             {"/usr/lib/security/pam_deny.so", ""},
             {"/usr/lib/security/pam_permit.so", ""}},
            "not refused"},
           {"password-quality", fail, {quality("-" + requisite + " minlen=14")}, "not refused"},
           {"password-lockout",
            unknown,
            {auth("auth required pam_tally2.so deny=3\nauth required pam_unix.so\n")},
            "pam_tally2"},
           {"password-lockout",
            fail,
            {auth("auth required pam_tally2.so deny=3\nauth required pam_unix.so\n"),
             {"/lib/x86_64-linux-gnu/security/pam_unix.so", ""}},
            "not locked out"},
           {"password-lockout",
            fail,
            {auth("auth required pam_faillock.so preauth deny=3\nauth sufficient "
                  "pam_unix.so\nauth [default=die] pam_faillock.so authfail\n"),
             {"/etc/pam.d/sshd", "auth required pam_unix.so\n"}},
            "not locked out"},
           {"password-lockout",
            fail,
            {auth("auth required pam_faillock.so preauth deny=3\nauth sufficient pam_unix.so\n")},
            "not counted"},
           {"password-lockout",
            fail,
            {auth("auth [default=ignore] pam_faillock.so preauth deny=3\nauth sufficient "
                  "pam_unix.so\nauth [default=die] pam_faillock.so authfail\n")},
            "locked account gets in"},
           {"password-lockout",
            fail,
            {auth("auth sufficient pam_unix.so\nauth requisite pam_faillock.so preauth\nauth "
                  "[default=die] pam_faillock.so authfail\n")},
            "locked account gets in"},
           {"password-lockout",
            fail,
            {auth("auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth "
                  "[default=die] pam_faillock.so authfail\n"),
             {"/etc/security/faillock.conf", "unlock_time = 1\n"}},
            "over after 1"},
           {"password-lockout",
            pass,
            {auth("auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\nauth "
                  "[default=die] pam_faillock.so authfail\n"),
             {"/etc/security/faillock.conf", "deny = 5\n"}},
            "5 failures (/etc/security/faillock.conf)"}})
    try_case(c);
}

}  // namespace
}  // namespace sekisho
